import { deepEqual, equal } from 'node:assert/strict';
import type { FormatId, LoadMode } from '../../../src/core/instructions/model';
import { formatOf, formats } from '../../../src/core/instructions/formats/table';
import { formatIds } from '../../../src/core/instructions/model';
import { fileAt, indexOf, userRoot } from './support';

const head = (...lines: string[]): string => `---\n${lines.join('\n')}\n---\nText.\n`;

type Row = readonly [path: string, content: string, format: FormatId, mode: LoadMode, patterns?: readonly string[]];

const workspaceRows: readonly Row[] = [
  ['.github/copilot-instructions.md', 'x', 'copilot-instructions', 'always'],
  ['.github/instructions/all.instructions.md', head("applyTo: '**'"), 'instructions-md', 'always', ['**']],
  ['.github/instructions/all2.instructions.md', head('applyTo: "**/*"'), 'instructions-md', 'always', ['**/*']],
  ['.github/instructions/all3.instructions.md', head('applyTo: "*"'), 'instructions-md', 'always', ['**/*']],
  [
    '.github/instructions/deep/ts.instructions.md',
    head('name: TS', 'applyTo: "src/*.ts,**/*.{ts,tsx}"'),
    'instructions-md',
    'glob',
    ['**/src/*.ts', '**/*.{ts,tsx}'],
  ],
  ['.github/instructions/raw.instructions.md', head('applyTo: **/*.py'), 'instructions-md', 'glob', ['**/*.py']],
  ['.github/instructions/desc.instructions.md', head('description: When.'), 'instructions-md', 'onDemand'],
  ['.github/instructions/none.instructions.md', 'plain', 'instructions-md', 'manual'],
  ['AGENTS.md', 'x', 'agents-md', 'always'],
  ['AGENTS.override.md', 'x', 'agents-md', 'always'],
  ['pkg/a/AGENTS.md', 'x', 'agents-md', 'glob', ['pkg/a/**']],
  ['CLAUDE.md', 'x', 'claude-md', 'always'],
  ['CLAUDE.local.md', 'x', 'claude-md', 'always'],
  ['.claude/CLAUDE.md', 'x', 'claude-md', 'always'],
  ['pkg/CLAUDE.md', 'x', 'claude-md', 'glob', ['pkg/**']],
  ['pkg/.claude/CLAUDE.md', 'x', 'claude-md', 'glob', ['pkg/**']],
  ['.claude/rules/style.md', 'x', 'claude-rules', 'always'],
  ['.claude/rules/deep/api.md', head('paths:', '  - "src/api/**/*.ts"'), 'claude-rules', 'glob', ['src/api/**/*.ts']],
  ['.claude/rules/one.md', head('paths: "*.md, docs/**"'), 'claude-rules', 'glob', ['*.md', 'docs/**']],
  ['pkg/.claude/rules/style.md', 'x', 'claude-rules', 'glob', ['pkg/**']],
  ['.claude/skills/pdf/SKILL.md', head('name: pdf', 'description: Reads PDF.'), 'skill', 'onDemand'],
  ['.github/skills/a/SKILL.md', head('name: a', 'description: A.'), 'skill', 'onDemand'],
  ['.agents/skills/b/SKILL.md', head('name: b', 'description: B.'), 'skill', 'onDemand'],
  ['.gemini/skills/c/SKILL.md', head('name: c', 'description: C.'), 'skill', 'onDemand'],
  ['.github/prompts/review.prompt.md', head('description: Reviews.'), 'prompt-md', 'manual'],
  ['.github/agents/plan.agent.md', head('description: Plans.'), 'agent', 'onDemand'],
  ['.claude/agents/review.md', head('name: review', 'description: Reviews.'), 'agent', 'onDemand'],
  ['.cursor/rules/always.mdc', head('alwaysApply: true', 'globs: *.ts'), 'cursor-rules', 'always'],
  ['.cursor/rules/deep/ts.mdc', head('globs: *.ts,src/**/*.tsx'), 'cursor-rules', 'glob', ['**/*.ts', 'src/**/*.tsx']],
  ['.cursor/rules/list.mdc', head('globs: ["*.ts"]', 'alwaysApply: false'), 'cursor-rules', 'glob', ['**/*.ts']],
  ['.cursor/rules/ask.mdc', head('description: When.', 'globs:', 'alwaysApply: false'), 'cursor-rules', 'onDemand'],
  ['.cursor/rules/none.mdc', head('alwaysApply: false'), 'cursor-rules', 'manual'],
  ['pkg/.cursor/rules/ts.mdc', head('globs: "*.ts"'), 'cursor-rules', 'glob', ['pkg/**/*.ts']],
  ['pkg/.cursor/rules/on.mdc', head('alwaysApply: true'), 'cursor-rules', 'glob', ['pkg/**']],
  ['.cursorrules', 'x', 'cursor-rules', 'always'],
  ['.windsurf/rules/a.md', head('trigger: always_on'), 'windsurf-rules', 'always'],
  ['.windsurf/rules/g.md', head('trigger: glob', 'globs: *.go'), 'windsurf-rules', 'glob', ['**/*.go']],
  ['.devin/rules/d.md', head('trigger: model_decision', 'description: When.'), 'windsurf-rules', 'onDemand'],
  ['.devin/rules/m.md', head('trigger: manual'), 'windsurf-rules', 'manual'],
  ['.windsurfrules', 'x', 'windsurf-rules', 'always'],
  ['.clinerules/a.md', 'x', 'cline-rules', 'always'],
  ['.clinerules/b.txt', 'x', 'cline-rules', 'always'],
  ['.clinerules/c.md', head('paths: ["src/**"]'), 'cline-rules', 'glob', ['src/**']],
  ['GEMINI.md', 'x', 'gemini-md', 'always'],
  ['pkg/GEMINI.md', 'x', 'gemini-md', 'glob', ['pkg/**']],
  ['.kiro/steering/product.md', 'x', 'kiro-steering', 'always'],
  ['.kiro/steering/a.md', head('inclusion: always'), 'kiro-steering', 'always'],
  [
    '.kiro/steering/f.md',
    head('inclusion: fileMatch', 'fileMatchPattern: ["src/**/*.tsx", "*.css"]'),
    'kiro-steering',
    'glob',
    ['src/**/*.tsx', '**/*.css'],
  ],
  ['.kiro/steering/u.md', head('inclusion: auto', 'name: u', 'description: When.'), 'kiro-steering', 'onDemand'],
  ['.kiro/steering/m.md', head('inclusion: manual'), 'kiro-steering', 'manual'],
  ['.roo/rules/a.md', 'x', 'roo-rules', 'always'],
  ['.roo/rules-code/deep/b.txt', 'x', 'roo-rules', 'always'],
  ['.kilocode/rules/a.md', 'x', 'kilo-rules', 'always'],
  ['.continue/rules/a.md', 'x', 'continue-rules', 'always'],
  ['.continue/rules/b.md', head('alwaysApply: true', 'globs: "*.ts"'), 'continue-rules', 'always'],
  ['.continue/rules/c.md', head('globs: "**/*.ts"'), 'continue-rules', 'glob', ['**/*.ts']],
  ['.continue/rules/d.md', head('regex: "^import "'), 'continue-rules', 'glob', ['**']],
  ['.continue/rules/e.md', head('alwaysApply: false', 'description: When.'), 'continue-rules', 'onDemand'],
  ['.continue/rules/f.md', head('alwaysApply: false'), 'continue-rules', 'manual'],
  ['instructions/research.md', head('tag: research', 'description: When.'), 'library', 'onDemand'],
  ['instructions/deep/style.md', head('name: style', 'mode: always'), 'library', 'always'],
  ['instructions/ts.md', head('mode: glob', 'globs: "*.ts"'), 'library', 'glob', ['**/*.ts']],
  ['instructions/by-hand.md', head('mode: manual'), 'library', 'manual'],
];

const userRows: readonly Row[] = [
  ['.claude/CLAUDE.md', 'x', 'claude-md', 'always'],
  ['.claude/rules/a.md', 'x', 'claude-rules', 'always'],
  ['.claude/projects/-ws/memory/MEMORY.md', 'x', 'claude-memory', 'always'],
  ['.claude/projects/-ws/memory/topic.md', head('type: project', 'description: D.'), 'claude-memory', 'onDemand'],
  ['.claude/skills/s/SKILL.md', head('name: s', 'description: S.'), 'skill', 'onDemand'],
  ['.copilot/skills/s/SKILL.md', head('name: s', 'description: S.'), 'skill', 'onDemand'],
  ['.agents/skills/s/SKILL.md', head('name: s', 'description: S.'), 'skill', 'onDemand'],
  ['.copilot/copilot-instructions.md', 'x', 'copilot-instructions', 'always'],
  ['.copilot/instructions/a.instructions.md', head('applyTo: "**"'), 'instructions-md', 'always', ['**']],
  ['.codex/AGENTS.md', 'x', 'agents-md', 'always'],
  ['.gemini/GEMINI.md', 'x', 'gemini-md', 'always'],
  ['.kiro/steering/a.md', 'x', 'kiro-steering', 'always'],
  ['.codeium/windsurf/memories/global_rules.md', 'x', 'windsurf-rules', 'always'],
  ['.continue/rules/a.md', 'x', 'continue-rules', 'always'],
];

const contentsOf = (rows: readonly Row[]): Record<string, string> =>
  Object.fromEntries(rows.map(([path, content]) => [path, content]));

describe('formats', () => {
  it('are listed once each, with every id', () => {
    deepEqual([...formats.map(({ id }) => id)].sort(), [...formatIds].sort());
  });

  describe('in a workspace', () => {
    for (const [path, content, format, mode, patterns = []] of workspaceRows) {
      it(`${path}: ${mode}`, async () => {
        const index = await indexOf({ [path]: content });
        const file = fileAt(index, path);
        deepEqual(
          { format: file.format, mode: file.mode, patterns: file.globs.map((glob) => glob.pattern) },
          { format, mode, patterns },
        );
      });
    }

    it('are all found together, with no finding that is not asked for', async () => {
      const index = await indexOf(contentsOf(workspaceRows));
      deepEqual(
        index.files.map(({ path }) => path),
        workspaceRows.map(([path]) => path).sort(),
      );
      const problems = index.files.flatMap((file) =>
        file.problems.map(({ id, message }) => `${file.path} ${id} ${message}`),
      );
      deepEqual(problems, []);
    });
  });

  it('are found below the home folder', async () => {
    const index = await indexOf(
      {},
      {
        roots: [
          userRoot({ ...contentsOf(userRows), '.claude/projects/-other/memory/MEMORY.md': 'x', 'AGENTS.md': 'x' }),
        ],
      },
    );
    deepEqual(
      index.files.map(({ shownPath, format, mode }) => [shownPath, format, mode]),
      [...userRows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, , format, mode]) => [`~/${path}`, format, mode]),
    );
  });

  for (const path of [
    'docs/agents.md',
    'docs/CLAUDE.md.bak',
    'src/skills/SKILL.md',
    '.github/instructions/readme.md',
    '.cursor/rules/readme.md',
    '.clinerules/workflows/a.md',
    'instructions/README.md',
    'instructions/data.json',
    'packages/x/instructions/a.md',
    '.github/agents/README.md',
    'constructions/a.md',
  ]) {
    it(`do not claim ${path}`, () => {
      equal(formatOf({ path, rootKind: 'workspace', libraryFolders: ['instructions'] }), undefined);
    });
  }

  it('take a name in another case at the root, and say so', async () => {
    const index = await indexOf({ 'claude.md': 'x', '.claude/skills/x/skill.md': head('name: x', 'description: X.') });
    deepEqual(
      index.files.map((file) => [file.path, file.format, file.problems.map(({ id, fix }) => [id, fix])]),
      [
        ['.claude/skills/x/skill.md', 'skill', [['file-name-case', 'Rename it to `SKILL.md`.']]],
        ['claude.md', 'claude-md', [['file-name-case', 'Rename it to `CLAUDE.md`.']]],
      ],
    );
  });

  const fieldRows: readonly (readonly [path: string, content: string, line: number, words: RegExp])[] = [
    ['.claude/skills/x/SKILL.md', head('name: x'), 0, /no `description`/],
    ['.claude/skills/x/SKILL.md', head('description: d'), 0, /no `name`/],
    ['.claude/skills/x/SKILL.md', head('description: d', 'name: y'), 2, /named `y`, but its folder `x`/],
    ['.claude/skills/x/SKILL.md', head(`name: ${'n'.repeat(65)}`, 'description: d'), 1, /65 characters; 64/],
    ['.claude/skills/x/SKILL.md', head('name: x', `description: ${'d'.repeat(1025)}`), 2, /1025 characters; 1024/],
    ['.claude/agents/x.md', head('name: x'), 0, /no `description`/],
    [
      '.claude/rules/x.md',
      head('paths: "{a,b,c,d}{a,b,c,d}{a,b,c,d}{a,b,c,d}{a,b,c,d}"'),
      1,
      /more than 1000 patterns/,
    ],
    ['.windsurf/rules/x.md', head('trigger: glob'), 1, /never loaded/],
    ['.windsurf/rules/x.md', head('trigger: sometimes'), 1, /not known/],
    ['.windsurf/rules/x.md', head('trigger: model_decision'), 1, /without a `description`/],
    ['.kiro/steering/x.md', head('inclusion: fileMatch'), 1, /never loaded/],
    ['.kiro/steering/x.md', head('inclusion: auto'), 1, /without a `description`/],
    ['.continue/rules/x.md', head('regex: "("'), 1, /not a regular expression/],
    ['instructions/x.md', head('mode: daily'), 1, /counts as onDemand/],
    ['instructions/x.md', head('tags: []', 'ttlHours: soon'), 2, /not a number above 0/],
    ['instructions/x.md', head('description: [a]'), 1, /not a text/],
    ['.cursor/rules/x.mdc', head('alwaysApply: maybe'), 1, /neither true nor false/],
    ['.cursor/rules/x.mdc', head('globs: [1]'), 1, /not a pattern/],
  ];
  for (const [path, content, line, words] of fieldRows) {
    it(`report ${words.source} in ${path}`, async () => {
      const { problems } = fileAt(await indexOf({ [path]: content }), path);
      const found = problems.find((problem) => words.test(problem.message));
      equal(found?.id, 'front-matter-field', JSON.stringify(problems));
      equal(found.range?.startLine, line);
      equal(found.path, `/ws/${path}`);
    });
  }

  it('name a library file by tag, name or file', async () => {
    const index = await indexOf({
      'instructions/a.md': head('tag: one', 'name: two'),
      'instructions/b.md': head('name: two'),
      'instructions/c.md': 'x',
    });
    deepEqual(
      index.files.map(({ name }) => name),
      ['one', 'two', 'c'],
    );
  });

  it('advise against long texts', async () => {
    const index = await indexOf({ 'CLAUDE.md': 'line\n'.repeat(200), 'pkg/CLAUDE.md': 'line\n'.repeat(201) });
    deepEqual(
      index.files.map(({ problems }) => problems.map(({ id }) => id)),
      [[], ['long-file']],
    );
  });
});
