import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { defaultConfig, parseConfig } from '../../../src/core/config';
import { formatIds, harnessIds } from '../../../src/core/instructions/model';

const parse = (text: string): ReturnType<typeof parseConfig> => parseConfig(text, '/ws/context-cache.yaml');

describe('context-cache.yaml', () => {
  it('is all defaults when it is empty', () => {
    for (const text of ['', '# nothing\n', '---\n', 'budgets:\nlibrary:\n']) {
      deepEqual(parse(text), { config: defaultConfig, findings: [] }, text);
    }
  });

  it('sets everything', () => {
    const { config, findings } = parse(`
harness: claude-code
library: [instructions, ./docs/agents/]
prompts: prompts/*.prompt.yaml
budgets:
  always: 9000
  harnesses:
    codex: { warn: 1, error: 2 }
  formats:
    skill: { error: 100 }
  files:
    "AGENTS.md": 1000
    docs/**: { warn: 5 }
  prompts:
    agent: 3000
  description: { warn: 10, error: 20 }
lint:
  CB01: error
  CB09: off
  CB16: false
`);
    deepEqual(findings, []);
    deepEqual(config, {
      harness: 'claude-code',
      library: ['instructions', 'docs/agents'],
      prompts: ['prompts/*.prompt.yaml'],
      budgets: {
        always: { warn: 7200, error: 9000 },
        harnesses: { codex: { warn: 1, error: 2 } },
        formats: { skill: { warn: 100, error: 100 } },
        files: [
          { pattern: 'AGENTS.md', warn: 800, error: 1000 },
          { pattern: 'docs/**', warn: 5, error: Number.MAX_SAFE_INTEGER },
        ],
        prompts: [{ pattern: 'agent', warn: 2400, error: 3000 }],
        description: { warn: 10, error: 20 },
      },
      lint: { CB01: 'error', CB09: 'off', CB16: 'off' },
    });
  });

  const mistakes: readonly (readonly [
    text: string,
    severity: string,
    line: number,
    character: number,
    words: RegExp,
  ])[] = [
    ['harness: claud', 'error', 0, 9, /unknown value/],
    ['\nbugdets: {}', 'warning', 1, 0, /unknown key `bugdets`/],
    ['budgets: 5', 'error', 0, 9, /not a map/],
    ['budgets:\n  always: many', 'error', 1, 10, /not a number of tokens/],
    ['budgets:\n  always: -1', 'error', 1, 10, /not a number of tokens/],
    ['budgets:\n  always: 1.5', 'error', 1, 10, /not a number of tokens/],
    ['budgets:\n  always: { warn: 5, error: 2 }', 'error', 1, 10, /warns above/],
    ['budgets:\n  formats:\n    skills: 5', 'warning', 2, 4, /unknown key `skills`/],
    ['budgets:\n  files: [a]', 'error', 1, 9, /not a map/],
    ['library: [a, 5]', 'error', 0, 13, /not a text/],
    ['library: ../other', 'error', 0, 9, /out of the workspace/],
    ['library: /abs', 'error', 0, 9, /out of the workspace/],
    ['library: C:\\abs', 'error', 0, 9, /out of the workspace/],
    ['lint:\n  CB21: error', 'warning', 1, 8, /no lint rule/],
    ['lint:\n  CB01: loud', 'error', 1, 8, /unknown value/],
    ['- a', 'error', 0, 0, /not a map/],
    ['a: [', 'error', 0, 4, /not valid YAML/],
    ['harness: *x', 'error', 0, 9, /unknown value/],
    ['"a": 1\n? [x]\n: 2', 'warning', 0, 0, /unknown key/],
  ];
  for (const [text, severity, line, character, words] of mistakes) {
    it(`places a mistake: ${JSON.stringify(text)}`, () => {
      const { findings } = parse(text);
      const [finding] = findings;
      ok(finding !== undefined);
      match(finding.message, words);
      deepEqual(
        [finding.id, finding.severity, finding.path, finding.range?.startLine, finding.range?.startCharacter],
        ['config', severity, '/ws/context-cache.yaml', line, character],
      );
    });
  }

  it('keeps what is in order beside a mistake', () => {
    const { config } = parse('harness: nope\nbudgets: { always: x, description: 50 }\nlibrary: [lib, 5]');
    equal(config.harness, undefined);
    deepEqual(config.budgets.always, defaultConfig.budgets.always);
    deepEqual(config.budgets.description, { warn: 40, error: 50 });
    deepEqual(config.library, ['lib']);
  });

  it('never throws', () => {
    const piece = fc.constantFrom(
      ...[
        'budgets:',
        'harness: ',
        'lint:',
        'files:',
        '\n',
        '\n  ',
        '\n    ',
        '- ',
        '[',
        ']',
        '{',
        '}',
        '&a ',
        '*a',
        '5',
      ],
      ...['warn: ', 'error: ', ',', ': ', '"', "'", '? ', '!!x ', '\t', '__proto__: ', 'all', '~', '|'],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const { config } = parse(pieces.join(''));
        ok(config.budgets.always.warn <= config.budgets.always.error);
      }),
      { numRuns: 3000, seed: 20261121 },
    );
    const { findings } = parse('['.repeat(100_000));
    equal(findings[0]?.severity, 'error');
  });

  it('has a schema that knows the same words', () => {
    interface Schema {
      readonly properties: Readonly<Record<string, Schema>>;
      readonly enum?: readonly string[];
      readonly default?: unknown;
    }
    const path = join(__dirname, '..', '..', '..', 'media', 'schemas', 'context-cache.schema.json');
    const schema = JSON.parse(readFileSync(path, 'utf8')) as Schema;
    deepEqual(Object.keys(schema.properties).sort(), Object.keys(defaultConfig).sort());
    const { budgets, harness } = schema.properties;
    deepEqual(Object.keys(budgets!.properties).sort(), Object.keys(defaultConfig.budgets).sort());
    deepEqual(budgets!.properties['always']!.default, defaultConfig.budgets.always);
    deepEqual(budgets!.properties['description']!.default, defaultConfig.budgets.description);
    deepEqual(harness!.enum, harnessIds);
    deepEqual(Object.keys(budgets!.properties['harnesses']!.properties), [...harnessIds]);
    deepEqual(Object.keys(budgets!.properties['formats']!.properties), [...formatIds]);
  });
});
