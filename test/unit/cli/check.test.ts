import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openGitFiles } from '../../../src/core/sources/gitFiles';
import { runCommand } from './runCommand';
import type { CommandResult } from './runCommand';

interface CheckOutput {
  readonly root: string;
  readonly harnesses: readonly { readonly harness: string; readonly totals: { readonly always: number } }[];
  readonly counts: { readonly error: number; readonly warning: number; readonly information: number };
  readonly findings: readonly { readonly id: string; readonly severity: string; readonly path: string | null }[];
  readonly baseline?: {
    readonly revision: string;
    readonly harnesses: readonly {
      readonly harness: string;
      readonly before: { readonly always: number };
      readonly after: { readonly always: number };
      readonly files: readonly { readonly path: string }[];
    }[];
  };
}

describe('context-cache check', function () {
  this.timeout(60_000);
  let top: string;
  let root: string;

  const write = async (files: Readonly<Record<string, string>>): Promise<void> => {
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), content);
    }
  };
  const run = async (...args: string[]): Promise<CommandResult> =>
    runCommand(['check', ...args], { cwd: root, env: { HOME: top, CONTEXT_CACHE_HOME: join(top, 'data') } });
  const json = async (...args: string[]): Promise<CheckOutput> => {
    const { code, out, messages } = await run(...args, '--json');
    ok(code < 2, messages);
    return JSON.parse(out) as CheckOutput;
  };
  const git = (...args: string[]): string =>
    execFileSync(
      'git',
      ['-c', 'user.name=Test', '-c', 'user.email=test@example.com', '-c', 'commit.gpgsign=false', '-C', root, ...args],
      { encoding: 'utf8', env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' } },
    );
  const commit = (): void => {
    git('init', '--quiet', '--initial-branch=main');
    git('add', '--all');
    git('commit', '--quiet', '--message', 'one');
  };

  beforeEach(async () => {
    top = await mkdtemp(join(tmpdir(), 'context-cache-'));
    root = join(top, 'ws');
    await mkdir(root);
  });

  afterEach(async () => {
    await rm(top, { recursive: true, force: true });
  });

  it('exits 0 without an error and 1 with one', async () => {
    await write({ 'AGENTS.md': 'Use tests. See [x](gone.md).' });
    const fine = await run();
    equal(fine.code, 0);
    match(fine.out, /^AGENTS\.md:1:20: warning dead-link: `gone\.md` is linked/);
    match(fine.out, /\n1 finding: 0 error, 1 warning, 0 information\.\n$/);
    await write({ 'context-cache.yaml': 'budgets: { files: { AGENTS.md: 3 } }' });
    const { code, out } = await run();
    equal(code, 1);
    match(out, /error budget: `AGENTS\.md` has \d+ tokens; the limit is 3\./);
  });

  it('prints each format', async () => {
    await write({ 'AGENTS.md': '[x](gone.md)' });
    const output = await json();
    deepEqual(output.counts, { error: 0, warning: 1, information: 0 });
    deepEqual(
      output.harnesses.map(({ harness }) => harness),
      ['codex'],
    );
    const sarif = JSON.parse((await run('--format', 'sarif')).out) as { runs: { results: unknown[] }[] };
    equal(sarif.runs[0]!.results.length, 1);
    match((await run('--format', 'junit')).out, /<testsuites name="context-cache" tests="1" failures="1">/);
    match((await run('--format', 'github')).out, /^::warning file=AGENTS\.md,line=1,/);
    match((await run('--format', 'markdown')).out, /\*\*warning\*\* `AGENTS\.md:1`/);
  });

  it('names paths from where it runs', async () => {
    await write({ 'sub/AGENTS.md': '[x](gone.md)' });
    match((await run('sub')).out, /^sub\/AGENTS\.md:1:5: /);
  });

  it('takes harnesses from the option, the configuration, or the files', async () => {
    await write({ 'AGENTS.md': 'x', 'CLAUDE.md': 'y', 'context-cache.yaml': 'harness: cursor' });
    const names = async (...args: string[]): Promise<string[]> =>
      (await json(...args)).harnesses.map(({ harness }) => harness);
    deepEqual(await names(), ['cursor']);
    deepEqual(await names('--harness', 'codex', 'claude-code'), ['claude-code', 'codex']);
  });

  it('checks prompts: manifest, lint, budget and lock file', async () => {
    await write({
      'prompts/a.prompt.yaml':
        'name: a\nmodels: [gpt-4o]\nbudget: 5\nparts:\n  - text: You are an agent that writes many good tests.\n',
      'prompts/b.prompt.yaml': 'name: b\nparts:\n  - file: gone.md\n',
    });
    await runCommand(['prompt', 'compile', 'prompts/a.prompt.yaml', '--out', 'prompts'], {
      cwd: root,
      env: { CONTEXT_CACHE_HOME: join(top, 'data') },
    });
    const errors = async (): Promise<string[]> =>
      (await json()).findings
        .filter(({ severity }) => severity === 'error')
        .map(({ id, path }) => `${id} ${path ?? ''}`);
    const before = await errors();
    ok(before.includes('budget prompts/a.prompt.yaml'), before.join());
    ok(
      before.some((line) => line.endsWith('prompts/b.prompt.yaml')),
      before.join(),
    );
    ok(!before.some((line) => line.startsWith('lock')), before.join());
    await write({ 'prompts/a.prompt.yaml': 'name: a\nparts:\n  - text: You are another agent.\n' });
    ok((await errors()).includes('lock prompts/a.prompt.lock.json'));
  });

  it('finds tags of the library that are not seeded', async () => {
    await write({ 'instructions/a.md': '---\ntag: a\ndescription: When A.\n---\nBody' });
    const ids = async (): Promise<string[]> => (await json()).findings.map(({ id }) => id);
    deepEqual(await ids(), []);
    await mkdir(join(root, '.iris', 'kv-cache', 'instructions'), { recursive: true });
    deepEqual(await ids(), ['unseeded-tag']);
  });

  it('refuses wrong use', async () => {
    equal((await run('--format', 'pdf')).code, 2);
    equal((await run('--harness', 'nobody')).code, 2);
    equal((await run('nowhere')).code, 1);
    const noRepository = await run('--baseline', 'main');
    equal(noRepository.code, 1);
    match(noRepository.messages, /`main` is no revision of a Git repository/);
  });

  describe('against a baseline', () => {
    it('reports only what a change adds, in tokens', async () => {
      await write({
        'AGENTS.md': 'Old rule. [old](gone.md)\n',
        'CLAUDE.md': '@AGENTS.md',
        '.gitignore': 'CLAUDE.local.md\n',
      });
      commit();
      await write({
        'AGENTS.md': `Old rule. [old](gone.md)\n${'word '.repeat(100)}\n[new](gone2.md)\n`,
        'CLAUDE.local.md': 'ignored by git',
        'GEMINI.md': 'not yet added',
      });
      const { findings, baseline } = await json('--baseline', 'HEAD');
      deepEqual(
        findings.map(({ id, path }) => [id, path]),
        [['dead-link', 'AGENTS.md']],
      );
      deepEqual(
        baseline!.harnesses.map(({ harness, files }) => [harness, files.map(({ path }) => path)]),
        [
          ['claude-code', ['CLAUDE.md']],
          ['codex', ['AGENTS.md']],
          ['gemini', ['GEMINI.md']],
        ],
      );
      const codex = baseline!.harnesses[1]!;
      const difference = codex.after.always - codex.before.always;
      ok(difference > 100);
      const text = await run('--baseline', 'HEAD');
      equal(text.code, 0);
      ok(text.out.includes(`Against HEAD:\n+${difference} always-on tokens in `), text.out);
      match((await run('--baseline', 'HEAD', '--format', 'markdown')).out, /^### Context cost against `HEAD`\n/);
    });

    it('says nothing when nothing changed, links and folders included', async () => {
      await write({ '.agents/skills/a/SKILL.md': '---\nname: a\ndescription: A.\n---\nx', 'pkg/AGENTS.md': 'x' });
      await mkdir(join(root, '.claude'));
      await symlink(join('..', '.agents', 'skills'), join(root, '.claude', 'skills'));
      await symlink(join('pkg', 'AGENTS.md'), join(root, 'AGENTS.md'));
      commit();
      const { findings, baseline } = await json('--baseline', 'main');
      deepEqual(findings, []);
      deepEqual(
        baseline!.harnesses.map(({ harness, files }) => [harness, files]),
        [
          ['claude-code', []],
          ['codex', []],
        ],
      );
    });

    it('works in a folder of the repository', async () => {
      await write({ 'sub/AGENTS.md': 'x', 'AGENTS.md': 'above' });
      commit();
      await write({ 'sub/AGENTS.md': 'x y z' });
      const { baseline } = await json('sub', '--baseline', 'HEAD');
      const [codex] = baseline!.harnesses;
      deepEqual(
        codex!.files.map(({ path }) => path),
        ['AGENTS.md'],
      );
      equal(codex!.after.always - codex!.before.always, 2);
    });

    it('does not take an option for a revision', async () => {
      await write({ 'AGENTS.md': 'x' });
      commit();
      const { code, messages } = await run('--baseline=--output=x');
      equal(code, 1);
      match(messages, /`--output=x` is no revision/);
    });
  });

  it('reads files of a commit as they are: binary, empty, large, linked in circles', async () => {
    const large = 'x'.repeat(300_000);
    await write({ 'a.md': 'text\n', 'empty.md': '', 'large.md': large, 'deep/er/b.md': 'b', 'nul.md': 'a\0b\n' });
    await symlink('a.md', join(root, 'link.md'));
    await symlink('circle.md', join(root, 'circle.md'));
    await symlink(join('..', 'out.md'), join(root, 'out.md'));
    commit();
    const files = await openGitFiles(root, 'HEAD', new AbortController().signal);
    try {
      const paths = ['a.md', 'empty.md', 'large.md', 'link.md', 'deep/er/b.md', 'nul.md'];
      const texts = await Promise.all(
        paths.map(async (path) => Buffer.from(await files.read(path, { maxBytes: 1e6 })).toString()),
      );
      deepEqual(texts, ['text\n', '', large, 'text\n', 'b', 'a\0b\n']);
      deepEqual((await files.stat('link.md')).realPath, 'a.md');
      equal((await files.stat('circle.md')).kind, 'outside');
      equal((await files.stat('out.md')).kind, 'outside');
      equal((await files.stat('deep')).kind, 'folder');
      equal((await files.list('deep')).length, 1);
      for (const failing of [files.read('none.md', { maxBytes: 9 }), files.stat('none'), files.list('none')]) {
        await rejects(failing, { code: 'not-found' });
      }
    } finally {
      files.dispose();
    }
  });
});
