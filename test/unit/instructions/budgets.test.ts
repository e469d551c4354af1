import { deepEqual, equal } from 'node:assert/strict';
import { defaultConfig } from '../../../src/core/config';
import type { BudgetConfig } from '../../../src/core/config';
import { accountFor } from '../../../src/core/instructions/accountFor';
import { alwaysThreshold, checkBudgets, fileThreshold, severityOf } from '../../../src/core/instructions/budgets';
import type { MeasuredTokens } from '../../../src/core/instructions/budgets';
import type { FormatId, HarnessId } from '../../../src/core/instructions/model';
import { indexOf, lengthCounts } from './support';

async function budgetFindings(
  harness: HarnessId,
  files: Readonly<Record<string, string>>,
  budgets: Partial<BudgetConfig> = {},
): Promise<(readonly [severity: string, path: string | undefined])[]> {
  const counts = lengthCounts();
  const account = await accountFor(harness, await indexOf(files), counts);
  const findings = await checkBudgets(account, { ...defaultConfig.budgets, ...budgets }, counts);
  equal(
    findings.every(({ id }) => id === 'budget'),
    true,
  );
  return findings.map(({ severity, path }) => [severity, path] as const);
}

describe('budgets', () => {
  const defaults: readonly (readonly [format: FormatId, warn: number, error: number])[] = [
    ['agents-md', 6_000, 12_000],
    ['claude-md', 6_000, 12_000],
    ['gemini-md', 6_000, 12_000],
    ['instructions-md', 4_000, 8_000],
    ['skill', 3_000, 6_000],
    ['cursor-rules', 2_000, 4_000],
    ['prompt-md', 2_000, 4_000],
    ['agent', 2_000, 4_000],
  ];
  for (const [format, warn, error] of defaults) {
    it(`of ${format} by default: ${warn} and ${error}`, () => {
      deepEqual(fileThreshold('x', format, defaultConfig.budgets), { warn, error });
    });
  }

  it('are kept up to the number itself', () => {
    const threshold = { warn: 10, error: 20 };
    deepEqual(
      [10, 11, 20, 21].map((tokens) => severityOf(tokens, threshold)),
      [undefined, 'warning', 'warning', 'error'],
    );
  });

  it('hold for the text as it is loaded', async () => {
    deepEqual(await budgetFindings('claude-code', { 'CLAUDE.md': `@a.md`, 'a.md': 'x'.repeat(6_000) }), [
      ['warning', '/ws/CLAUDE.md'],
    ]);
    deepEqual(await budgetFindings('cursor', { '.cursor/rules/a.mdc': `---\n#${'x'.repeat(9_000)}\n---\nshort` }), []);
  });

  it('are compared with, and tell, what the tokens are where they are judged', async () => {
    const counts = lengthCounts();
    const account = await accountFor('codex', await indexOf({ 'AGENTS.md': 'x'.repeat(4_000) }), counts);
    const budgets = { ...defaultConfig.budgets, always: { warn: 7_000, error: 9_000 } };
    deepEqual(await checkBudgets(account, budgets, counts), []);
    const measure = (tokens: number): MeasuredTokens => ({ tokens: 2 * tokens, shown: `~${2 * tokens}` });
    const findings = await checkBudgets(account, budgets, counts, { measure });
    deepEqual(
      findings.map(({ severity, message }) => [severity, message]),
      [
        ['warning', 'Codex: ~8000 tokens are in every request; 7000 are advised at most.'],
        ['warning', '`AGENTS.md` has ~8000 tokens; 6000 are advised at most.'],
      ],
    );
  });

  it('hold for what is in every request', async () => {
    deepEqual(
      await budgetFindings('codex', { 'AGENTS.md': 'x'.repeat(5_000) }, { always: { warn: 100, error: 4_999 } }),
      [['error', undefined]],
    );
    deepEqual(
      await budgetFindings(
        'codex',
        { 'AGENTS.md': 'x'.repeat(5_000) },
        { harnesses: { codex: { warn: 1, error: 9_999 } } },
      ),
      [['warning', undefined]],
    );
    deepEqual(alwaysThreshold('cursor', defaultConfig.budgets), { warn: 8_000, error: 10_000 });
  });

  it('hold for descriptions', async () => {
    const skill = (length: number): Readonly<Record<string, string>> => ({
      '.claude/skills/a/SKILL.md': `---\nname: a\ndescription: ${'d'.repeat(length)}\n---\nx`,
    });
    deepEqual(await budgetFindings('claude-code', skill(200)), []);
    deepEqual(await budgetFindings('claude-code', skill(201)), [['warning', '/ws/.claude/skills/a/SKILL.md']]);
    deepEqual(await budgetFindings('claude-code', skill(501)), [['error', '/ws/.claude/skills/a/SKILL.md']]);
  });

  it('can be set by path, which goes before format', () => {
    const budgets: BudgetConfig = {
      ...defaultConfig.budgets,
      formats: { 'agents-md': { warn: 1, error: 2 } },
      files: [
        { pattern: 'pkg/**', warn: 3, error: 4 },
        { pattern: 'AGENTS.md', warn: 5, error: 6 },
      ],
    };
    const errors = ['pkg/AGENTS.md', 'src/AGENTS.md', 'AGENTS.md', 'other/CLAUDE.md'].map(
      (path) => fileThreshold(path, 'agents-md', budgets).error,
    );
    deepEqual(errors, [4, 6, 6, 2]);
  });
});
