import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
  linkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SourceError } from '../../../src/core/errors';
import { FolderTree } from '../../../src/core/sources/folderTree';
import { CommandTree } from '../../../src/core/sources/commandTree';
import { installWithApt } from '../../support/host/aptPackages';
import { describeFileTree, failsWith, sha256 } from './fileTreeContract';

function temporaryFolder(): { root: string; base: string; dispose: () => Promise<void> } {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'context-cache-')));
  const root = join(base, "it's a tree");
  mkdirSync(root);
  return {
    root,
    base,
    dispose: async () => {
      rmSync(base, { recursive: true, force: true });
      return Promise.resolve();
    },
  };
}

/** Runs its arguments, as `docker exec` does. */
const keeping = ['env'];
/** Joins its arguments for another shell, as `ssh` does. */
const joining = ['sh', '-c', 'exec sh -c "$*"', 'joining'];

function treeOf(root: string, command: readonly string[], idleMs?: number): CommandTree {
  return new CommandTree({ id: 'test:', label: 'test', command, root, ...(idleMs === undefined ? {} : { idleMs }) });
}

function describeCommand(name: string, command: readonly string[]): void {
  describeFileTree(name, async () => {
    const { root, dispose } = temporaryFolder();
    return Promise.resolve({ tree: treeOf(root, command), root, dispose });
  });

  it(`keeps the time of a content through ${name}, and gives it the present where none is given`, async () => {
    const { root, dispose } = temporaryFolder();
    try {
      const modifiedMs = Date.UTC(2024, 1, 29, 12);
      const before = Date.now();
      await treeOf(root, command).commit({
        writes: [
          { path: 'old', bytes: Buffer.from('x'), modifiedMs },
          { path: 'new', bytes: Buffer.from('x') },
        ],
      });
      assert.equal(statSync(join(root, 'old')).mtimeMs, modifiedMs);
      assert.ok(statSync(join(root, 'new')).mtimeMs >= before - 2000);
    } finally {
      await dispose();
    }
  });
}

async function findBusybox(): Promise<string> {
  const places = ['/bin/busybox', '/usr/bin/busybox'];
  const find = (): string | undefined => places.find((path) => existsSync(path));
  if (find() === undefined) {
    await installWithApt(['busybox'], 'A far end with nothing but busybox');
  }
  const found = find();
  assert.ok(found !== undefined, `busybox is at none of ${places.join(', ')}`);
  return found;
}

describeCommand('a command that keeps its arguments', keeping);
describeCommand('a command that joins its arguments', joining);
describe('with nothing but busybox', () => {
  const tools = mkdtempSync(join(tmpdir(), 'context-cache-busybox-'));

  before(async function () {
    this.timeout(900_000); // It may have to be installed.
    const busybox = await findBusybox();
    for (const tool of [
      'sh',
      'cat',
      'printf',
      'stat',
      'find',
      'xargs',
      'tar',
      'mktemp',
      'mv',
      'mkdir',
      'rm',
      'sha256sum',
      'chmod',
      'chown',
      'id',
      'date',
      'sleep',
    ]) {
      writeFileSync(join(tools, tool), `#!${busybox} sh\nexec ${busybox} ${tool} "$@"\n`);
      chmodSync(join(tools, tool), 0o755);
    }
  });

  after(() => {
    rmSync(tools, { recursive: true, force: true });
  });

  describeCommand('busybox', ['env', '-i', `PATH=${tools}`]);
});

describe('a tree behind a command', () => {
  let folder: ReturnType<typeof temporaryFolder>;

  beforeEach(() => {
    folder = temporaryFolder();
  });

  afterEach(async () => folder.dispose());

  it('takes one run for a scan and for a write, after two to see how arguments arrive', async () => {
    const log = join(folder.base, 'log');
    const tree = treeOf(folder.root, ['sh', '-c', `echo run >> ${log}; exec "$@"`, 'counting']);
    const runs = () => readFileSync(log, 'utf8').trim().split('\n').length;
    mkdirSync(join(folder.root, 'task'));
    for (let index = 0; index < 50; index += 1) {
      writeFileSync(join(folder.root, `task/${index}`), 'x');
    }
    await tree.scan({
      folders: ['', 'task', 'absent'],
      files: Array.from({ length: 50 }, (_, index) => `task/${index}`),
    });
    assert.equal(runs(), 1);
    await tree.commit({ writes: [{ path: 'task/a', bytes: Buffer.from('x') }] });
    assert.equal(runs(), 4);
    await tree.commit({ writes: [{ path: 'task/a', bytes: Buffer.from('y') }] });
    assert.equal(runs(), 5);
  });

  it('reads hard links as the files that they are', async () => {
    writeFileSync(join(folder.root, 'a'), 'same');
    linkSync(join(folder.root, 'a'), join(folder.root, 'b'));
    const { files } = await treeOf(folder.root, keeping).scan({ files: ['a', 'b'] });
    assert.deepEqual(
      [...files.values()].map((bytes) => Buffer.from(bytes as Uint8Array).toString()),
      ['same', 'same'],
    );
  });

  it('creates its root with the first write, not before', async () => {
    const root = join(folder.root, '.iris/kv-cache');
    const tree = treeOf(root, keeping);
    const { folders, files } = await tree.scan({ folders: [''], files: ['task/a'] });
    for (const item of [folders.get(''), files.get('task/a')]) {
      assert.ok(item instanceof SourceError && item.code === 'not-found');
    }
    await failsWith(tree.commit({ removes: ['task/a'] }), 'not-found');
    assert.ok(!existsSync(root));
    await tree.commit({ writes: [{ path: 'task/a', bytes: Buffer.from('x') }] });
    assert.deepEqual(readdirSync(root, { recursive: true }).sort(), ['task', 'task/a']);
  });

  it('changes nothing when the connection dies in the middle of a write', async () => {
    writeFileSync(join(folder.root, 'a'), 'old');
    for (const bytes of [0, 1, 511, 512, 513, 5_000, 100_000]) {
      const tree = treeOf(folder.root, [
        'sh',
        '-c',
        `case $1 in sh) head -c ${bytes} | "$@" ;; *) exec "$@" ;; esac`,
        'cut',
      ]);
      await failsWith(
        tree.commit({
          writes: [
            { path: 'a', bytes: Buffer.alloc(100_000, 'x') },
            { path: 'b', bytes: Buffer.from('y') },
          ],
        }),
        'unavailable',
        'forbidden',
      );
      assert.deepEqual(readdirSync(folder.root), ['a'], `after ${bytes} bytes`);
      assert.equal(readFileSync(join(folder.root, 'a'), 'utf8'), 'old');
    }
  });

  it('notices an answer that breaks off', async () => {
    writeFileSync(join(folder.root, 'a'), Buffer.alloc(50_000, 'x'));
    for (const bytes of [60, 100, 2_000, 40_000, 51_000]) {
      const tree = treeOf(folder.root, ['sh', '-c', `"$@" | head -c ${bytes}`, 'cut']);
      await failsWith(tree.scan({ folders: [''], files: ['a'] }), 'unavailable', 'protocol');
    }
  });

  it('lets a greeting pass, but no terminal and no garbage', async () => {
    writeFileSync(join(folder.root, 'a'), 'x');
    const greeting = treeOf(folder.root, ['sh', '-c', 'echo Welcome; echo "Last login: today"; exec "$@"', 'login']);
    assert.equal(Buffer.from(await greeting.read('a')).toString(), 'x');
    await failsWith(
      treeOf(folder.root, ['sh', '-c', `"$@" | sed 's/$/\\r/'`, 'tty']).read('a'),
      'protocol',
      'unavailable',
    );
    await failsWith(treeOf(folder.root, ['sh', '-c', 'cat >/dev/null; echo garbage', 'garbage']).read('a'), 'protocol');
    await failsWith(
      treeOf(folder.root, ['sh', '-c', 'cat; echo', 'garbage']).commit({
        writes: [{ path: 'a', bytes: Buffer.from('y') }],
      }),
      'unsupported',
    );
    assert.equal(readFileSync(join(folder.root, 'a'), 'utf8'), 'x');
  });

  it('explains a program that is missing, fails or hangs', async () => {
    await failsWith(treeOf(folder.root, ['no-such-program']).read('a'), 'unavailable');
    const failing = treeOf(folder.root, ['sh', '-c', 'echo "Error: No such container: x" >&2; exit 1']);
    await assert.rejects(failing.read('a'), /exit code 1: Error: No such container: x/);
    await failsWith(treeOf(folder.root, ['sleep', '100'], 50).read('a'), 'unavailable', 'timeout');
    await failsWith(treeOf(folder.root, ['sh', '-c', 'sleep 100'], 50).read('a'), 'timeout');
  });

  it('stops a running command when it is cancelled', async () => {
    const abort = new AbortController();
    const read = treeOf(folder.root, ['sh', '-c', 'sleep 100']).read('a', { signal: abort.signal });
    setImmediate(() => {
      abort.abort();
    });
    await failsWith(read, 'cancelled');
  });

  it('never runs anything that a name or a path says', async () => {
    const root = join(folder.base, "$(touch x)'`touch y`; touch z #");
    mkdirSync(root);
    for (const command of [keeping, joining]) {
      const tree = treeOf(root, command);
      await tree.commit({ writes: [{ path: "$(touch a)/'; touch b; '", bytes: Buffer.from('x') }] });
      assert.equal(Buffer.from(await tree.read("$(touch a)/'; touch b; '")).toString(), 'x');
      assert.deepEqual(readdirSync(root), ['$(touch a)']);
      assert.deepEqual(readdirSync(folder.base).length, 2);
    }
  });

  it('refuses a root that is not absolute and a command that is empty', () => {
    assert.throws(() => treeOf('relative', keeping), SourceError);
    assert.throws(() => treeOf('/x', []), SourceError);
  });

  it('tidies up after a connection that died long ago', async () => {
    const old = join(folder.root, '.context-cache-aaaaaaaaaa');
    const fresh = join(folder.root, '.context-cache-bbbbbbbbbb');
    for (const path of [old, fresh]) {
      mkdirSync(path);
      writeFileSync(join(path, 'f0'), 'half');
    }
    const longAgo = new Date(Date.now() - 2 * 3_600_000);
    utimesSync(old, longAgo, longAgo);
    await treeOf(folder.root, keeping).commit({ writes: [{ path: 'a', bytes: Buffer.from('x') }] });
    assert.deepEqual(readdirSync(folder.root).sort(), ['.context-cache-bbbbbbbbbb', 'a']);
  });

  it('takes over the lock of a connection that died, and shares it with local processes', async () => {
    const lock = join(folder.root, '.context-cache-lock');
    writeFileSync(lock, '1\n');
    const longAgo = new Date(Date.now() - 120_000);
    utimesSync(lock, longAgo, longAgo);
    const tree = treeOf(folder.root, keeping);
    await tree.commit({ writes: [{ path: 'a', bytes: Buffer.from('x') }] });
    assert.deepEqual(readdirSync(folder.root), ['a']);
    writeFileSync(join(folder.root, 'count'), '');
    const trees = [tree, new FolderTree(folder.root), treeOf(folder.root, joining), new FolderTree(folder.root)];
    await Promise.all(
      trees
        .flatMap((one) => [one, one])
        .map(async (one) => {
          for (let done = false; !done;) {
            const before = Buffer.from(await one.read('count'));
            try {
              await one.commit({
                expect: [{ path: 'count', sha256: sha256(before) }],
                writes: [{ path: 'count', bytes: Buffer.concat([before, Buffer.from('x')]) }],
              });
              done = true;
            } catch (error) {
              assert.ok(error instanceof SourceError && error.code === 'conflict', String(error));
            }
          }
        }),
    );
    assert.equal(readFileSync(join(folder.root, 'count'), 'utf8'), 'x'.repeat(8));
  });
});
