import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { runCommand } from './runCommand';
import type { CommandResult } from './runCommand';

interface Listing {
  readonly root: string;
  readonly harness: string;
  readonly totals: Readonly<Record<'always' | 'glob' | 'onDemand' | 'manual', number>>;
  readonly preambles: readonly { readonly tokens: number }[];
  readonly files: readonly {
    readonly path: string;
    readonly format: string;
    readonly mode: string;
    readonly tokens: number;
    readonly rawTokens: number;
    readonly catalogTokens: number;
    readonly droppedBytes: number;
    readonly tag: string | null;
    readonly description: string | null;
    readonly globs: readonly string[];
    readonly problems: readonly { readonly id: string; readonly severity: string; readonly line?: number }[];
  }[];
}

describe('context-cache instructions', () => {
  let top: string;
  let root: string;
  let home: string;

  const write = async (files: Readonly<Record<string, string | Uint8Array>>, below = root): Promise<void> => {
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(below, path)), { recursive: true });
      await writeFile(join(below, path), content);
    }
  };
  const run = async (...args: string[]): Promise<CommandResult> =>
    runCommand(['instructions', ...args], { cwd: root, env: { HOME: home, CONTEXT_CACHE_HOME: join(top, 'data') } });
  const list = async (...args: string[]): Promise<Listing> => {
    const result = await run(...args, '--json');
    ok(result.code < 2, result.messages);
    return JSON.parse(result.out) as Listing;
  };

  beforeEach(async () => {
    top = await mkdtemp(join(tmpdir(), 'context-cache-'));
    root = join(top, 'repo', 'ws');
    home = join(top, 'home');
    await mkdir(root, { recursive: true });
    await mkdir(home, { recursive: true });
  });

  afterEach(async () => {
    await rm(top, { recursive: true, force: true });
  });

  it('prints the documented shape', async () => {
    await write({
      'AGENTS.md': 'hello world',
      'instructions/a.md': '---\ntag: first\ndescription: When it matters.\n---\nBody.\n',
      '.github/instructions/ts.instructions.md': '---\napplyTo: "**/*.ts, **/*.tsx"\n---\nUse types.\n',
    });
    const { code, out, messages } = await run('--json');
    deepEqual([code, messages], [0, '']);
    const listing = JSON.parse(out) as Listing;
    deepEqual([listing.root, listing.harness], [root, 'all']);
    deepEqual(Object.keys(listing.totals), ['always', 'glob', 'onDemand', 'manual']);
    deepEqual(
      listing.files.map(({ path }) => path),
      ['.github/instructions/ts.instructions.md', 'AGENTS.md', 'instructions/a.md'],
    );
    const [ts, agents, library] = listing.files;
    deepEqual(Object.keys(ts!), [
      ...['path', 'format', 'mode', 'tokens', 'rawTokens', 'catalogTokens', 'droppedBytes', 'tag', 'description'],
      ...['globs', 'problems'],
    ]);
    deepEqual([ts!.mode, ts!.globs], ['glob', ['**/*.ts', '**/*.tsx']]);
    deepEqual(
      [agents!.format, agents!.mode, agents!.tokens, agents!.rawTokens, agents!.tag],
      ['agents-md', 'always', 2, 2, null],
    );
    deepEqual([library!.tag, library!.description, library!.mode], ['first', 'When it matters.', 'onDemand']);
    const entries = listing.files.reduce((sum, { catalogTokens }) => sum + catalogTokens, 0);
    equal(listing.totals.always, 2 + entries + 159);
  });

  it('takes the harness from the option, then from context-cache.yaml', async () => {
    await write({ 'context-cache.yaml': 'harness: codex\n', 'AGENTS.md': 'a', 'CLAUDE.md': 'c' });
    equal((await list()).harness, 'codex');
    const claude = await list('--harness', 'claude-code');
    deepEqual(
      claude.files.map(({ path }) => path),
      ['CLAUDE.md'],
    );
  });

  it('reports what is broken, counts the rest, and exits 1', async () => {
    await write({
      '.claude/skills/x/SKILL.md': '---\nname: x\ndescription: "open\n---\nStill counts.\n',
      'CLAUDE.md': 'fine',
    });
    const { code } = await run('--json');
    equal(code, 1);
    const { files } = await list('--harness', 'claude-code');
    const [skill, claude] = files;
    deepEqual(
      skill!.problems.map(({ id, severity, line }) => [id, severity, line]),
      [['front-matter', 'error', 3]],
    );
    ok(skill!.tokens > 0);
    deepEqual(claude!.problems, []);
    match((await run()).messages, /SKILL\.md:3:\d+: error front-matter: The front matter can't be read/);
  });

  it('shows dropped bytes and problems of the harness', async () => {
    await write({ 'AGENTS.md': 'word '.repeat(8_000) });
    const { files } = await list('--harness', 'codex');
    equal(files[0]!.droppedBytes, 40_000 - 32 * 1024);
    deepEqual(
      files[0]!.problems.map(({ id }) => id),
      ['cap'],
    );
  });

  it('sees the user’s files only when asked to, and the repository’s above always', async () => {
    await write({ '.git/HEAD': '', 'CLAUDE.md': 'repository' }, join(top, 'repo'));
    await write({ 'CLAUDE.md': 'beyond' }, top);
    await write({ '.claude/CLAUDE.md': 'user' }, home);
    await write({ 'CLAUDE.md': 'here' });
    const paths = async (...args: string[]): Promise<string[]> =>
      (await list('--harness', 'claude-code', ...args)).files.map(({ path }) => path);
    deepEqual(await paths(), ['../CLAUDE.md', 'CLAUDE.md']);
    const withUser = await paths('--user');
    deepEqual(
      withUser.filter((path) => path === '~/.claude/CLAUDE.md' || /^(?:\.\.\/)*CLAUDE\.md$/.test(path)).slice(-4),
      ['~/.claude/CLAUDE.md', '../../CLAUDE.md', '../CLAUDE.md', 'CLAUDE.md'],
    );
  });

  it('prints an aligned table in which nothing acts on the terminal', async () => {
    await write({ 'a\u001b[31mb/AGENTS.md': 'x', 'AGENTS.md': 'hello world' });
    const { code, out } = await run('--harness', 'codex');
    equal(code, 0);
    const lines = out.split('\n');
    match(lines[0]!, /^path +format +mode +tokens +entry +dropped bytes$/);
    match(lines[1]!, /^AGENTS\.md +agents-md +always +2 +0 +0$/);
    match(lines[2]!, /^a\\u001b\[31mb\/AGENTS\.md +agents-md +glob +1 /);
    match(out, /Tokens for Codex \(o200k_base\): always 2, glob 1, onDemand 0, manual 0\n$/);
  });

  it('says when there is nothing', async () => {
    const { code, out } = await run();
    equal(code, 0);
    match(out, /^No instruction files for All harnesses\.\n/);
  });

  it('refuses wrong use with 2 and a missing folder with 1, in a sentence', async () => {
    await write({ 'file.txt': 'x' });
    const wrong = await run('--harness', 'nobody');
    equal(wrong.code, 2);
    match(wrong.messages, /nobody.*claude-code/);
    equal((await run('--encoding', 'nothing')).code, 2);
    equal((await run('a', 'b')).code, 2);
    const missing = await run('nowhere');
    equal(missing.code, 1);
    match(missing.messages, /nowhere` does not exist\. Give an existing folder\./);
    match((await run('file.txt')).messages, /is not a folder/);
  });

  it('reports a mistake in context-cache.yaml at its line', async () => {
    await write({ 'context-cache.yaml': '\nharness: nobody\n' });
    const { code, messages } = await run();
    equal(code, 1);
    match(messages, /^context-cache\.yaml:2:10: error config: `harness` has an unknown value\./);
  });

  it('counts in the encoding that is asked for', async () => {
    await write({ 'AGENTS.md': '안녕하세요 세계' });
    const counts = [await list('--encoding', 'o200k_base'), await list('--encoding', 'cl100k_base')].map(
      ({ totals }) => totals.always,
    );
    ok(counts[0]! < counts[1]!, counts.join());
  });
});
