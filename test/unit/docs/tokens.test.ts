import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { settingIds } from '../../../src/contributions';
import { promptThreshold } from '../../../src/core/check/checkPrompts';
import { defaultConfig, parseConfig } from '../../../src/core/config';
import type { BudgetConfig, Threshold } from '../../../src/core/config';
import { alwaysThreshold, fileThreshold, severityOf } from '../../../src/core/instructions/budgets';
import { harnessIds } from '../../../src/core/instructions/model';
import type { HarnessId } from '../../../src/core/instructions/model';
import type { MeasuredPrompt } from '../../../src/core/prompts/measure';
import { estimateRules } from '../../../src/core/tokens/estimates';
import { maxMeasuredLength } from '../../../src/vscode/tokens/measuredLength';
import { projectRoot } from '../../support/places';

const page = readFileSync(join(projectRoot, 'media', 'docs', 'tokens.md'), 'utf8');

function block(language: string): string {
  const found = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(page);
  assert.ok(found !== null, `There is no block of ${language}.`);
  return found[1]!;
}

function thresholdFor(kind: string, name: string, budgets: BudgetConfig): Threshold | undefined {
  switch (kind) {
    case 'file':
      return fileThreshold(name, 'agents-md', budgets);
    case 'harness':
      return alwaysThreshold(name as HarnessId, budgets);
    default: {
      const measured = { budget: undefined, prompt: { name } } as MeasuredPrompt;
      return promptThreshold(measured, 'prompts/x.prompt.yaml', budgets);
    }
  }
}

describe('the page on tokens', () => {
  it('tells every kind of estimate with its factor and band', () => {
    const rows = [...page.matchAll(/^\| ([^|]+) \| estimate: (\S+) × `(\w+)` \| (\S+)–(\S+) × \|$/gm)];
    assert.deepEqual(
      rows.map(([, label, ...numbers]) => [label, ...numbers]).sort(),
      Object.values(estimateRules)
        .map(({ label, factor, encoding, low, high }) => [label, factor, encoding, low, high].map(String))
        .sort(),
    );
  });

  it('has an example of shared limits that does what its table says', () => {
    const { config, findings } = parseConfig(block('yaml'), 'context-cache.yaml');
    assert.deepEqual(findings, []);
    assert.deepEqual(config.budgets.always, defaultConfig.budgets.always);
    const rows = [...page.matchAll(/^\| (file|harness|prompt) `([^`]+)` \| (\d+) \| (\w+) \|$/gm)];
    assert.ok(rows.length >= 8);
    for (const [row, kind, name, tokens, told] of rows) {
      const threshold = thresholdFor(kind!, name!, config.budgets);
      assert.ok(threshold !== undefined, row);
      assert.equal(severityOf(Number(tokens), threshold) ?? 'nothing', told, row);
    }
  });

  it('has an example of settings that are the same limits', () => {
    const settings = JSON.parse(block('json')) as Readonly<Record<string, unknown>>;
    const known: readonly string[] = settingIds;
    assert.deepEqual(
      Object.keys(settings).filter((id) => !known.includes(id)),
      [],
    );
    const { budgets } = parseConfig(block('yaml'), 'context-cache.yaml').config;
    const limits = (name: string): [string, Threshold][] =>
      Object.entries(settings[`contextCache.tokens.${name}`] as Record<string, { soft: number; hard: number }>).map(
        ([key, { soft, hard }]) => [key, { warn: soft, error: hard }],
      );
    assert.deepEqual(limits('harnessLimits'), Object.entries(budgets.harnesses));
    const byPattern = (shared: BudgetConfig['files']): [string, Threshold][] =>
      shared.map(({ pattern, ...threshold }) => [pattern, threshold]);
    assert.deepEqual(limits('limits'), byPattern(budgets.files));
    assert.deepEqual(limits('promptLimits'), byPattern(budgets.prompts));
    assert.ok(limits('harnessLimits').every(([id]) => (harnessIds as readonly string[]).includes(id)));
  });

  it('names the length from which a document is not taken apart', () => {
    assert.match(page, new RegExp(`more than ${maxMeasuredLength / 1024} KiB of text`));
  });
});
