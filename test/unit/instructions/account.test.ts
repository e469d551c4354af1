import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import { accountFor } from '../../../src/core/instructions/accountFor';
import type { AccountedFile, AccountOptions, InstructionAccount } from '../../../src/core/instructions/accountFor';
import { harnesses } from '../../../src/core/instructions/account/table';
import type { HarnessId, LoadMode } from '../../../src/core/instructions/model';
import { harnessIds } from '../../../src/core/instructions/model';
import type { InstructionRoot } from '../../../src/core/instructions/instructionRoot';
import { MemoryFiles } from './memoryFiles';
import type { MemoryFile } from './memoryFiles';
import { indexOf, lengthCounts, userRoot } from './support';

type Files = Readonly<Record<string, string | MemoryFile>>;

interface More extends AccountOptions {
  readonly user?: Files;
  readonly ancestor?: Files;
}

/** Tokens are UTF-16 units here. */
async function account(harness: HarnessId, files: Files, more: More = {}): Promise<InstructionAccount> {
  const roots: InstructionRoot[] = more.user === undefined ? [] : [userRoot(more.user)];
  if (more.ancestor !== undefined) {
    const above = new MemoryFiles(more.ancestor, '/');
    roots.push({ id: 'up', kind: 'ancestor', label: '/', shownPrefix: '../', files: above });
  }
  return accountFor(harness, await indexOf(files, { roots }), lengthCounts(), more);
}

function fileOf(result: InstructionAccount, path: string): AccountedFile {
  const found = result.files.find(({ file }) => file.shownPath === path);
  ok(found !== undefined, `${path} is not among ${result.files.map(({ file }) => file.shownPath).join(', ')}`);
  return found;
}

const seen = (result: InstructionAccount): string[] =>
  result.files.map(({ file, mode }) => `${file.shownPath} ${mode}`);
const texts = (result: InstructionAccount): Record<string, string> =>
  Object.fromEntries(result.files.map(({ file, text }) => [file.shownPath, text]));
const skill = (name: string, description = 'D.', more = ''): string =>
  `---\nname: ${name}\ndescription: ${description}\n${more}---\nBody ${name}`;

describe('accounting', () => {
  it('knows every harness once', () => {
    deepEqual(
      harnesses.map(({ id }) => id),
      [...harnessIds],
    );
  });

  it('adds up: texts by mode, entries and preambles to what is always there', async () => {
    const result = await account('copilot', {
      'AGENTS.md': 'always',
      '.github/instructions/a.instructions.md': '---\napplyTo: "**"\n---\nall',
      '.github/instructions/g.instructions.md': '---\napplyTo: "*.ts"\n---\nglob!',
      '.github/instructions/d.instructions.md': '---\ndescription: When.\n---\ndemand!!',
      '.github/instructions/m.instructions.md': 'by hand',
      '.github/prompts/p.prompt.md': 'prompt',
    });
    const entries = result.files.reduce((sum, { catalogTokens }) => sum + catalogTokens, 0);
    ok(entries > 0);
    deepEqual(result.totals, {
      always: 'always'.length + 'all'.length + entries + 159,
      glob: 'glob!'.length,
      onDemand: 'demand!!'.length,
      manual: 'by hand'.length + 'prompt'.length,
    });
    const withEntry = result.files.filter(({ catalogTokens }) => catalogTokens > 0).map(({ file }) => file.path);
    deepEqual(
      withEntry,
      ['a', 'd', 'g', 'm'].map((name) => `.github/instructions/${name}.instructions.md`),
    );
    deepEqual(
      result.preambles.map(({ tokens, because }) => [tokens, because.length]),
      [[159, 4]],
    );
  });

  it('can be cancelled', async () => {
    const abort = new AbortController();
    const index = await indexOf({ 'AGENTS.md': 'x' });
    abort.abort();
    const counts = lengthCounts();
    counts.countAll = async (_texts, options) => {
      options?.signal?.throwIfAborted();
      return Promise.resolve([]);
    };
    await rejects(accountFor('codex', index, counts, { signal: abort.signal }), { code: 'cancelled' });
  });

  describe('what each harness sees', () => {
    const everything: Files = {
      '.github/copilot-instructions.md': 'a',
      '.github/instructions/x.instructions.md': 'b',
      '.github/prompts/x.prompt.md': 'c',
      '.github/agents/x.agent.md': 'd',
      '.github/skills/gh/SKILL.md': skill('gh'),
      '.claude/skills/cl/SKILL.md': skill('cl'),
      '.agents/skills/ag/SKILL.md': skill('ag'),
      '.gemini/skills/ge/SKILL.md': skill('ge'),
      '.claude/agents/y.md': 'e',
      '.claude/rules/r.md': 'f',
      'AGENTS.md': 'g',
      'pkg/AGENTS.md': 'h',
      'CLAUDE.md': 'i',
      'GEMINI.md': 'j',
      '.cursor/rules/r.mdc': 'k',
      '.cursorrules': 'l',
      '.windsurf/rules/r.md': 'm',
      '.clinerules/r.md': 'n',
      '.kiro/steering/r.md': 'o',
      '.roo/rules/r.md': 'p',
      '.kilocode/rules/r.md': 'q',
      '.continue/rules/r.md': 'r',
      'instructions/r.md': 's',
    };
    const rows: Readonly<Record<Exclude<HarnessId, 'all'>, readonly string[]>> = {
      'claude-code': [
        '.claude/agents/y.md onDemand',
        '.claude/rules/r.md always',
        '.claude/skills/cl/SKILL.md onDemand',
        'CLAUDE.md always',
        'pkg/AGENTS.md glob',
      ],
      copilot: [
        '.agents/skills/ag/SKILL.md onDemand',
        '.claude/skills/cl/SKILL.md onDemand',
        '.github/agents/x.agent.md onDemand',
        '.github/copilot-instructions.md always',
        '.github/instructions/x.instructions.md manual',
        '.github/prompts/x.prompt.md manual',
        '.github/skills/gh/SKILL.md onDemand',
        'AGENTS.md always',
        'pkg/AGENTS.md onDemand',
      ],
      'copilot-cli': [
        '.agents/skills/ag/SKILL.md onDemand',
        '.claude/skills/cl/SKILL.md onDemand',
        '.github/agents/x.agent.md onDemand',
        '.github/copilot-instructions.md always',
        '.github/instructions/x.instructions.md manual',
        '.github/skills/gh/SKILL.md onDemand',
        'AGENTS.md always',
        'CLAUDE.md always',
        'GEMINI.md always',
      ],
      codex: ['.agents/skills/ag/SKILL.md onDemand', 'AGENTS.md always', 'pkg/AGENTS.md glob'],
      cursor: [
        '.agents/skills/ag/SKILL.md onDemand',
        '.claude/skills/cl/SKILL.md onDemand',
        '.cursor/rules/r.mdc manual',
        '.cursorrules always',
        'AGENTS.md always',
        'pkg/AGENTS.md glob',
      ],
      windsurf: ['.windsurf/rules/r.md always', 'AGENTS.md always', 'pkg/AGENTS.md glob'],
      cline: ['.clinerules/r.md always', 'AGENTS.md always', 'pkg/AGENTS.md glob'],
      gemini: ['.agents/skills/ag/SKILL.md onDemand', '.gemini/skills/ge/SKILL.md onDemand', 'GEMINI.md always'],
      kiro: ['.kiro/steering/r.md always'],
      roo: ['.roo/rules/r.md always'],
      kilo: ['.kilocode/rules/r.md always'],
      continue: ['.continue/rules/r.md always'],
      'context-cache': ['instructions/r.md onDemand'],
    };
    for (const [harness, expected] of Object.entries(rows)) {
      it(harness, async () => {
        deepEqual(seen(await account(harness as HarnessId, everything)), expected);
      });
    }

    it('all: each file once, by the harness that it is made for', async () => {
      const result = await account('all', everything);
      deepEqual(
        result.files.map(({ file }) => file.path),
        Object.keys(everything).sort(),
      );
      equal(fileOf(result, 'pkg/AGENTS.md').mode, 'glob');
      const sums: Record<LoadMode, number> = { always: 159, glob: 0, onDemand: 0, manual: 0 };
      for (const { mode, tokens, catalogTokens } of result.files) {
        sums[mode] += tokens;
        sums.always += catalogTokens;
      }
      deepEqual(result.totals, sums);
    });

    it('has every catalogue entry go back to one file', async () => {
      for (const harness of harnessIds) {
        for (const { file, catalogText, catalogTokens } of (await account(harness, everything)).files) {
          equal(catalogTokens, catalogText.length);
          ok(catalogText === '' || catalogText.includes(file.name) || catalogText.includes(file.path), file.path);
        }
      }
    });
  });

  describe('Claude Code', () => {
    it('expands imports, strips block comments and front matter, and keeps code', async () => {
      const result = await account('claude-code', {
        'CLAUDE.md': 'Read @docs/a.md and `@docs/b.md`.\n<!-- note @docs/c.md -->\nEnd <!-- inline -->.',
        'docs/a.md': 'A\n<!-- gone -->\n',
        'docs/b.md': 'B',
        'docs/c.md': 'C',
        '.claude/rules/r.md': '---\npaths: "src/**"\n---\nRule @../../docs/b.md',
      });
      deepEqual(texts(result), {
        'CLAUDE.md': 'Read @docs/a.md and `@docs/b.md`.\nEnd <!-- inline -->.\nA\n',
        '.claude/rules/r.md': 'Rule @../../docs/b.md\nB',
      });
    });

    it('follows 4 hops', async () => {
      const chain = Object.fromEntries(
        Array.from({ length: 6 }, (_, at) => [`c${at + 1}.md`, `T${at + 1} @c${at + 2}.md`]),
      );
      const { text } = fileOf(await account('claude-code', { 'CLAUDE.md': '@c1.md', ...chain }), 'CLAUDE.md');
      match(text, /T4/);
      ok(!text.includes('T5 '));
    });

    it('does not run in circles, and loads a text once', async () => {
      const result = await account('claude-code', {
        'CLAUDE.md': '@a.md @a.md @.claude/rules/r.md',
        'a.md': 'AAA @b.md',
        'b.md': 'BBB @a.md @CLAUDE.md',
        '.claude/rules/r.md': 'RRR',
        'pkg/CLAUDE.md': 'PPP @../a.md @../c.md',
        'c.md': 'CCC',
      });
      deepEqual(texts(result), {
        'CLAUDE.md': '@a.md @a.md @.claude/rules/r.md\nAAA @b.md\nBBB @a.md @CLAUDE.md\nRRR',
        '.claude/rules/r.md': '',
        'pkg/CLAUDE.md': 'PPP @../a.md @../c.md\nCCC',
      });
      match(fileOf(result, '.claude/rules/r.md').why, /Loaded already/);
    });

    it('reads AGENTS.md only where no CLAUDE.md is', async () => {
      const files = { 'AGENTS.md': 'A', 'pkg/AGENTS.md': 'B', 'AGENTS.override.md': 'C' };
      deepEqual(seen(await account('claude-code', files)), ['AGENTS.md always', 'pkg/AGENTS.md glob']);
      deepEqual(seen(await account('claude-code', { ...files, 'CLAUDE.local.md': 'L' })), [
        'AGENTS.md always',
        'CLAUDE.local.md always',
        'pkg/AGENTS.md glob',
      ]);
      deepEqual(seen(await account('claude-code', { ...files, '.claude/CLAUDE.md': 'L', 'pkg/CLAUDE.md': 'P' })), [
        '.claude/CLAUDE.md always',
        'pkg/CLAUDE.md glob',
      ]);
    });

    it('skips files above 4 MiB and says so', async () => {
      const size = 4 * 1024 * 1024 + 1;
      const result = await account('claude-code', {
        'CLAUDE.md': 'x'.repeat(size),
        'pkg/CLAUDE.md': 'x'.repeat(size - 1),
      });
      deepEqual([fileOf(result, 'CLAUDE.md').tokens, fileOf(result, 'CLAUDE.md').droppedBytes], [0, size]);
      equal(fileOf(result, 'pkg/CLAUDE.md').tokens, size - 1);
      deepEqual(
        result.findings.map(({ id, path }) => [id, path]),
        [['cap', '/ws/CLAUDE.md']],
      );
      equal(result.droppedBytes, size);
    });

    it('loads 200 lines or 25 KiB of its memory', async () => {
      const memory = (content: string): Promise<InstructionAccount> =>
        account('claude-code', {}, { user: { '.claude/projects/-ws/memory/MEMORY.md': content } });
      const lines = Array.from({ length: 250 }, (_, at) => `line ${at + 1}`).join('\n');
      const byLines = (await memory(lines)).files[0]!;
      ok(byLines.text.endsWith('line 200\n'));
      equal(byLines.droppedBytes, lines.length - byLines.text.length);
      const byBytes = (await memory('é'.repeat(20_000))).files[0]!;
      equal(Buffer.byteLength(byBytes.text), 25 * 1024);
      equal(byBytes.droppedBytes, 40_000 - 25 * 1024);
      const short = await memory('short');
      deepEqual([short.files[0]!.droppedBytes, short.findings], [0, []]);
    });

    it('loads managed and user files and those above the workspace first', async () => {
      const result = await account(
        'claude-code',
        { 'CLAUDE.md': 'project @shared.md', 'shared.md': 'S' },
        {
          user: { '.claude/CLAUDE.md': 'user', '.claude/rules/a.md': 'rule' },
          ancestor: { 'CLAUDE.md': 'above', 'AGENTS.md': 'not read' },
        },
      );
      deepEqual(seen(result).sort(), [
        '../CLAUDE.md always',
        'CLAUDE.md always',
        '~/.claude/CLAUDE.md always',
        '~/.claude/rules/a.md always',
      ]);
    });

    it('lists skills by 1,536 characters of description within 1 % of the window', async () => {
      const long = await account('claude-code', { '.claude/skills/a/SKILL.md': skill('a', 'd'.repeat(1600)) });
      deepEqual(
        long.findings.map(({ id }) => id),
        ['cap'],
      );
      equal(long.files[0]!.droppedBytes, 64);
      ok(
        long.files[0]!.catalogText.includes('d'.repeat(1536)) && !long.files[0]!.catalogText.includes('d'.repeat(1537)),
      );

      const many = Object.fromEntries(
        Array.from({ length: 12 }, (_, at) => [
          `.claude/skills/s${at + 10}/SKILL.md`,
          skill(`s${at + 10}`, 'd'.repeat(1000)),
        ]),
      );
      const full = await account('claude-code', many);
      const overflowing = full.findings.filter(({ id }) => id === 'catalogue-overflow');
      equal(overflowing.length, 5);
      ok(full.files.every(({ file, catalogText }) => catalogText.includes(file.name)));
      const wide = await account('claude-code', many, { windowTokens: 1_000_000 });
      deepEqual(wide.findings, []);
    });

    it('does not list skills that the model may not choose, nor those of folders', async () => {
      const result = await account('claude-code', {
        '.claude/skills/a/SKILL.md': skill('a', 'D.', 'disable-model-invocation: true\n'),
        'pkg/.claude/skills/b/SKILL.md': skill('b'),
        '.claude/skills/c/SKILL.md': skill('c'),
      });
      deepEqual(
        result.files.map(({ file, mode, catalogTokens }) => [file.name, mode, catalogTokens > 0]),
        [
          ['a', 'manual', false],
          ['c', 'onDemand', true],
          ['b', 'onDemand', false],
        ],
      );
    });
  });

  describe('Copilot', () => {
    it('lists a skill in full up to 15,000 characters, then by name up to 5,000, then not at all', async () => {
      const many = Object.fromEntries(
        Array.from({ length: 201 }, (_, at) => {
          const name = `skill-${String(at).padStart(3, '0')}`;
          return [`.github/skills/${name}/SKILL.md`, skill(name, 'd'.repeat(500))];
        }),
      );
      const result = await account('copilot', many);
      const full = result.files.filter(({ catalogText }) => catalogText.includes('ddd'));
      const names = result.files.filter(({ catalogText }) => catalogText !== '' && !catalogText.includes('ddd'));
      const total = (files: readonly AccountedFile[]): number =>
        files.reduce((sum, one) => sum + one.catalogText.length, 0);
      ok(total(full) <= 15_000 && total(full) > 14_000, String(total(full)));
      ok(total(names) <= 5_000 && total(names) > 4_900, String(total(names)));
      equal(result.findings.length, 201 - full.length);
      match(result.findings.at(-1)!.message, /does not list `skill-200` at all/);
      match(result.findings[0]!.message, /by its name alone/);
    });

    it('lists an AGENTS.md in a folder by its path', async () => {
      const { catalogText, mode } = fileOf(await account('copilot', { 'pkg/AGENTS.md': 'x' }), 'pkg/AGENTS.md');
      equal(mode, 'onDemand');
      match(catalogText, /<file>pkg\/AGENTS\.md<\/file>/);
    });

    it('puts the fixed text there only because of a list', async () => {
      deepEqual((await account('copilot', { 'AGENTS.md': 'x' })).preambles, []);
    });

    it('sees the user’s files', async () => {
      const user = {
        '.copilot/copilot-instructions.md': 'u',
        '.copilot/instructions/a.instructions.md': '---\napplyTo: "**"\n---\nA',
        '.copilot/skills/s/SKILL.md': skill('s'),
        '.claude/CLAUDE.md': 'not Copilot’s',
      };
      deepEqual(seen(await account('copilot', {}, { user })), [
        '~/.copilot/copilot-instructions.md always',
        '~/.copilot/instructions/a.instructions.md always',
        '~/.copilot/skills/s/SKILL.md onDemand',
      ]);
    });
  });

  describe('Copilot CLI', () => {
    it('expands mentions inside the repository', async () => {
      const result = await account('copilot-cli', {
        '.github/copilot-instructions.md': 'See @style.md and @../../out.md.',
        '.github/style.md': 'STYLE @more.md',
        '.github/more.md': 'MORE',
      });
      equal(result.files[0]!.text, 'See STYLE @more.md and @../../out.md.');
      equal(
        (await account('copilot', { '.github/copilot-instructions.md': '@a.md', '.github/a.md': 'A' })).files[0]!.text,
        '@a.md',
      );
    });

    it('counts identical files once', async () => {
      const result = await account('copilot-cli', { 'AGENTS.md': 'same', 'CLAUDE.md': 'same', 'GEMINI.md': 'other' });
      equal(result.totals.always, 'same'.length + 'other'.length);
      match(fileOf(result, 'CLAUDE.md').why, /The same text as `AGENTS.md`/);
    });
  });

  describe('Codex', () => {
    it('takes one file a folder, the override first', async () => {
      const result = await account(
        'codex',
        { 'AGENTS.md': 'base', 'AGENTS.override.md': 'over', 'pkg/AGENTS.md': 'pkg' },
        { user: { '.codex/AGENTS.md': 'user', '.codex/AGENTS.override.md': 'user over' } },
      );
      deepEqual(seen(result), [
        'AGENTS.override.md always',
        'pkg/AGENTS.md glob',
        '~/.codex/AGENTS.override.md always',
      ]);
      deepEqual(
        result.findings.map(({ id, path }) => [id, path]),
        [
          ['shadowed', '/ws/AGENTS.md'],
          ['shadowed', '/home/me/.codex/AGENTS.md'],
        ],
      );
    });

    it('drops the tail of each chain of folders above 32 KiB', async () => {
      const kib = (count: number): string => 'x'.repeat(count * 1024);
      const result = await account(
        'codex',
        {
          'AGENTS.md': kib(20),
          'a/AGENTS.md': kib(10),
          'a/b/AGENTS.md': kib(5),
          'a/b/c/AGENTS.md': kib(1),
          'z/AGENTS.md': kib(8),
        },
        { ancestor: { 'AGENTS.md': kib(1) }, user: { '.codex/AGENTS.md': kib(30) } },
      );
      deepEqual(
        Object.fromEntries(result.files.map(({ file, droppedBytes }) => [file.shownPath, droppedBytes / 1024])),
        {
          '../AGENTS.md': 0,
          'AGENTS.md': 0,
          'a/AGENTS.md': 0,
          'a/b/AGENTS.md': 4,
          'a/b/c/AGENTS.md': 1,
          'z/AGENTS.md': 0,
          '~/.codex/AGENTS.md': 0,
        },
      );
      deepEqual(
        result.findings.map(({ id, path }) => [id, path]),
        [
          ['cap', '/ws/a/b/AGENTS.md'],
          ['cap', '/ws/a/b/c/AGENTS.md'],
        ],
      );
      match(result.findings[0]!.message, /its last 4096 bytes/);
      match(result.findings[1]!.message, /all of it/);
    });

    it('cuts no character in two', async () => {
      const result = await account('codex', { 'AGENTS.md': `x${'é'.repeat(20_000)}` });
      equal(Buffer.byteLength(result.files[0]!.text), 32 * 1024 - 1);
      equal(result.files[0]!.droppedBytes, 40_001 - (32 * 1024 - 1));
      ok(!result.files[0]!.text.includes('\uFFFD'));
    });
  });

  it('Cursor strips front matter and lists rules by description', async () => {
    const result = await account('cursor', {
      '.cursor/rules/a.mdc': '---\nalwaysApply: true\n---\nA',
      '.cursor/rules/d.mdc': '---\ndescription: When.\n---\nD',
      '.cursor/rules/m.mdc': '---\n---\nM',
    });
    deepEqual(
      result.files.map(({ text, mode, catalogTokens }) => [text, mode, catalogTokens > 0]),
      [
        ['A', 'always', false],
        ['D', 'onDemand', true],
        ['M', 'manual', false],
      ],
    );
  });

  it('Windsurf loads 12,000 characters of a rule and 6,000 of the global one', async () => {
    const result = await account(
      'windsurf',
      {
        '.windsurf/rules/a.md': `---\ntrigger: always_on\n---\n${'é'.repeat(12_001)}`,
        '.devin/rules/b.md': `---\ntrigger: model_decision\ndescription: When.\n---\n${'x'.repeat(12_000)}`,
      },
      { user: { '.codeium/windsurf/memories/global_rules.md': 'x'.repeat(6_010) } },
    );
    deepEqual(
      result.files.map(({ tokens, droppedBytes, catalogTokens }) => [tokens, droppedBytes, catalogTokens > 0]),
      [
        [12_000, 0, true],
        [12_000, 2, false],
        [6_000, 10, false],
      ],
    );
    equal(result.findings.length, 2);
  });

  describe('Gemini', () => {
    it('puts imports in their place, up to 5 levels, not in code, and keeps comments', async () => {
      const chain = Object.fromEntries(
        Array.from({ length: 7 }, (_, at) => [`c${at + 1}.md`, `T${at + 1} @c${at + 2}.md`]),
      );
      const result = await account('gemini', { 'GEMINI.md': '<!-- c -->\nSee @c1.md `@c2.md`', ...chain });
      const { text } = result.files[0]!;
      match(text, /^<!-- c -->\nSee <!-- Imported from: c1\.md -->\nT1 /);
      match(text, /T5 @c6\.md/);
      match(text, /`@c2\.md`$/);
    });

    it('reads the names that its settings give', async () => {
      const files = { 'AGENTS.md': 'A', 'GEMINI.md': 'G', 'pkg/AGENTS.md': 'P' };
      const named = (settings: string): Promise<InstructionAccount> =>
        account('gemini', { ...files, '.gemini/settings.json': settings });
      deepEqual(seen(await named('{"context": {"fileName": ["AGENTS.md", "GEMINI.md"]}}')), [
        'AGENTS.md always',
        'GEMINI.md always',
        'pkg/AGENTS.md glob',
      ]);
      deepEqual(seen(await named('{"contextFileName": "AGENTS.md"}')), ['AGENTS.md always', 'pkg/AGENTS.md glob']);
      for (const unusable of ['', 'no json', '[]', '{"context": 1}', '{"contextFileName": 5}']) {
        deepEqual(seen(await named(unusable)), ['GEMINI.md always']);
      }
      const user = { '.gemini/settings.json': '{"contextFileName": "AGENTS.md"}', '.gemini/GEMINI.md': 'U' };
      deepEqual(seen(await account('gemini', files, { user })), ['AGENTS.md always', 'pkg/AGENTS.md glob']);
    });

    it('warns of files that 200 folders may not reach', async () => {
      const folders = Object.fromEntries(Array.from({ length: 201 }, (_, at) => [`d${at}/x.ts`, '']));
      const result = await account('gemini', { ...folders, 'pkg/GEMINI.md': 'x' });
      deepEqual(
        result.findings.map(({ id }) => id),
        ['folder-limit'],
      );
      deepEqual((await account('gemini', { ...folders, 'GEMINI.md': 'x' })).findings, []);
    });
  });

  it('Kiro expands links to files once', async () => {
    const result = await account('kiro', {
      '.kiro/steering/a.md': '---\ninclusion: auto\ndescription: When.\n---\nUse #[[file:api.yaml]].',
      'api.yaml': 'API #[[file:more.yaml]]',
      'more.yaml': 'MORE',
    });
    const [file] = result.files;
    equal(file!.text, 'Use API #[[file:more.yaml]].');
    ok(file!.catalogTokens > 0);
  });

  it('Roo and Kilo load whole files', async () => {
    const files = { '.roo/rules-code/a.md': '---\nx: y\n---\nR', '.kilocode/rules/a.md': '---\nx: y\n---\nK' };
    equal((await account('roo', files)).totals.always, '---\nx: y\n---\nR'.length);
    equal((await account('kilo', files)).totals.always, '---\nx: y\n---\nK'.length);
  });

  it('Continue and Cline strip front matter', async () => {
    const result = await account('continue', {
      '.continue/rules/a.md': '---\nalwaysApply: false\ndescription: W.\n---\nC',
    });
    deepEqual([result.files[0]!.text, result.files[0]!.catalogTokens > 0], ['C', true]);
    equal((await account('cline', { '.clinerules/a.md': '---\npaths: ["a/**"]\n---\nL' })).totals.glob, 1);
  });

  it('the library costs an index entry for each instruction on demand', async () => {
    const result = await account('context-cache', {
      'instructions/a.md': '---\ntag: a\ndescription: When A.\n---\nA',
      'instructions/b.md': '---\ntag: b\nmode: always\n---\nBB',
    });
    equal(fileOf(result, 'instructions/a.md').catalogText, '- `a`: When A.\n');
    equal(result.totals.always, '- `a`: When A.\n'.length + '---\ntag: b\nmode: always\n---\nBB'.length);
    equal(result.totals.onDemand, fileOf(result, 'instructions/a.md').file.rawTokens);
  });
});
