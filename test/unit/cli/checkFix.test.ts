import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { writeFixes } from '../../../src/cli/check/fix';
import { isSourceError } from '../../../src/core/errors';
import { filesBelow } from '../cache/writing';
import { runCommand } from './runCommand';
import type { CommandResult } from './runCommand';

const manifest = [
  'name: agent',
  'parts:',
  '  - text: "You are an agent."',
  '  - file: rules.md',
  '  - text: "Tools: {json.dumps(tools)}"',
  '',
].join('\n');

describe('context-cache check --fix', function () {
  this.timeout(60_000);
  let top: string;
  let root: string;

  beforeEach(async () => {
    top = await realpath(await mkdtemp(join(tmpdir(), 'context-cache-')));
    root = join(top, 'ws');
    await mkdir(root);
  });

  afterEach(async () => {
    await rm(top, { recursive: true, force: true });
  });

  const write = async (files: Readonly<Record<string, string>>): Promise<void> => {
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), content);
    }
  };
  const read = async (path: string): Promise<string> => readFile(join(root, path), 'utf8');
  const run = async (args: readonly string[], answer = false): Promise<CommandResult> =>
    runCommand(['check', ...args], { cwd: root, answer, env: { HOME: top, CONTEXT_CACHE_HOME: join(top, 'data') } });

  const broken = {
    'AGENTS.md': '\uFEFF# Rules\n\nIn /home/karin/app you build.\n',
    'agent.prompt.yaml': manifest,
    'rules.md': 'Session {{session_id}}\n\ncafe\u0301\n',
    'other/notes.md': 'In /home/karin/app, and no instruction.\n',
  };

  it('makes the quick fixes of the editor in instructions, manifests and the files of their parts', async () => {
    await write(broken);
    const { code, messages } = await run(['--fix', '--yes']);
    assert.equal(code, 0, messages);
    assert.match(messages, /^AGENTS\.md: .+$/m);
    assert.match(messages, /^agent\.prompt\.yaml: Sort the names$/m);
    assert.match(messages, /^Wrote 3 file\(s\)\.$/m);
    assert.equal(await read('AGENTS.md'), '# Rules\n\nIn ~/app you build.\n');
    assert.match(await read('agent.prompt.yaml'), /json\.dumps\(tools, sort_keys=True\)/);
    assert.match(await read('rules.md'), /café/);
    assert.equal(await read('other/notes.md'), broken['other/notes.md']);
    // Nothing is left that could be fixed, and nothing of ours lies about.
    const again = await run(['--fix', '--yes']);
    assert.match(again.messages, /Nothing can be fixed by itself\./);
    assert.deepEqual((await readdir(root)).sort(), ['AGENTS.md', 'agent.prompt.yaml', 'other', 'rules.md']);
  });

  it('declares the variable in the manifest that a part is given', async () => {
    await write({
      'agent.prompt.yaml': 'name: agent\nparts:\n  - file: rules.md\n',
      'rules.md': 'Session ${randomUUID()}\n',
    });
    const { messages } = await run(['--fix', '--yes']);
    assert.match(messages, /session variable \{\{session_id\}\}/);
    assert.equal(await read('rules.md'), 'Session {{session_id}}\n');
    assert.match(await read('agent.prompt.yaml'), /session_id:\s*(?:\{ ?)?kind: session/);
  });

  it('makes only those that are safe unseen with --fix safe, as Fix All does', async () => {
    await write(broken);
    await run(['--fix', 'safe', '--yes']);
    assert.equal(await read('AGENTS.md'), '# Rules\n\nIn /home/karin/app you build.\n');
    assert.equal(await read('agent.prompt.yaml'), manifest);
    assert.match(await read('rules.md'), /café/);
  });

  it('prints a difference that Git applies, and writes nothing, with --dry-run', async () => {
    await write(broken);
    const before = filesBelow(root);
    const { code, out } = await run(['--fix', '--dry-run']);
    assert.equal(code, 0);
    assert.deepEqual(filesBelow(root), before);
    await writeFile(join(top, 'fixes.patch'), out);
    execFileSync('git', ['apply', '--unsafe-paths', join(top, 'fixes.patch')], {
      cwd: root,
      env: { ...process.env, GIT_CEILING_DIRECTORIES: top, GIT_CONFIG_GLOBAL: '/dev/null' },
    });
    const patched = filesBelow(root);
    await write(broken);
    await run(['--fix', '--yes']);
    assert.deepEqual(filesBelow(root), patched);

    await write(broken);
    const json = JSON.parse((await run(['--fix', '--dry-run', '--json'])).out) as {
      readonly dryRun: boolean;
      readonly fixes: readonly { readonly path: string; readonly titles: readonly string[] }[];
    };
    assert.equal(json.dryRun, true);
    assert.deepEqual(
      json.fixes.map(({ path }) => path),
      ['AGENTS.md', 'agent.prompt.yaml', 'rules.md'],
    );
  });

  it('asks first, and writes nothing without a yes', async () => {
    await write(broken);
    const before = filesBelow(root);
    const refused = await run(['--fix']);
    assert.equal(refused.code, 1);
    assert.match(refused.messages, /Nothing was written/);
    assert.deepEqual(filesBelow(root), before);
    const agreed = await run(['--fix'], true);
    assert.match(agreed.messages, /Wrote 3 file\(s\)\./);
  });

  it('leaves alone what lies outside, behind a link or above, and what is no text', async () => {
    const outside = join(top, 'outside');
    await mkdir(outside);
    await writeFile(join(outside, 'rules.md'), 'cafe\u0301 in /home/karin/app\n');
    await writeFile(join(outside, 'CLAUDE.md'), 'In /home/karin/app\n');
    await write({ 'agent.prompt.yaml': 'name: agent\nparts:\n  - file: rules.md\n  - file: ../outside/rules.md\n' });
    await symlink(join(outside, 'rules.md'), join(root, 'rules.md'));
    await symlink(join(outside, 'CLAUDE.md'), join(root, 'CLAUDE.md'));
    await writeFile(
      join(root, 'AGENTS.md'),
      Buffer.from([0x49, 0x6e, 0xff, 0x20, ...Buffer.from('/home/karin/app\n')]),
    );
    const [before, beforeOutside] = [filesBelow(root), filesBelow(outside)];
    const { messages } = await run(['--fix', '--yes']);
    assert.match(messages, /Nothing can be fixed by itself\./);
    assert.deepEqual([filesBelow(root), filesBelow(outside)], [before, beforeOutside]);
  });

  it('repairs the file that a link inside of the folder leads to, and keeps the link and the mode', async () => {
    await write({ 'docs/rules.md': 'cafe\u0301\n', 'agent.prompt.yaml': 'name: agent\nparts:\n  - file: rules.md\n' });
    await chmod(join(root, 'docs/rules.md'), 0o640);
    await symlink('docs/rules.md', join(root, 'rules.md'));
    await run(['--fix', '--yes']);
    assert.ok((await lstat(join(root, 'rules.md'))).isSymbolicLink());
    assert.equal(await read('docs/rules.md'), 'café\n');
    assert.equal((await lstat(join(root, 'docs/rules.md'))).mode & 0o777, 0o640);
  });

  it('writes all files or none, and none that changed since it was read', async () => {
    await write(broken);
    const before = filesBelow(root);
    const fixes = [
      { path: 'rules.md', before: broken['rules.md'], after: 'anew', titles: [] },
      { path: 'AGENTS.md', before: 'another text', after: 'anew', titles: [] },
    ];
    await assert.rejects(writeFixes(root, fixes, new AbortController().signal), (error) =>
      isSourceError(error, 'conflict'),
    );
    const leading = [{ path: '../outside.md', before: '', after: 'anew', titles: [] }];
    await assert.rejects(writeFixes(root, [fixes[0]!, ...leading], new AbortController().signal), isSourceError);
    assert.deepEqual(filesBelow(root), before);
  });

  it('obeys comments and the configuration that switch a rule off', async () => {
    await write({
      'AGENTS.md': 'In /home/karin/app <!-- context-cache-ignore CB17 -->\n',
      'CLAUDE.md': 'cafe\u0301\n',
      'context-cache.yaml': 'lint:\n  CB09: off\n',
    });
    const before = filesBelow(root);
    assert.match((await run(['--fix', '--yes'])).messages, /Nothing can be fixed by itself\./);
    assert.deepEqual(filesBelow(root), before);
  });

  it('is not for a comparison, and its options are for nothing else', async () => {
    assert.equal((await run(['--fix', '--baseline', 'HEAD'])).code, 2);
    const alone = await run(['--dry-run']);
    assert.deepEqual([alone.code, alone.messages.includes('--dry-run is about --fix')], [2, true]);
    assert.equal((await run(['--fix', 'most'])).code, 2);
  });
});
