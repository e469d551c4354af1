import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
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
  lutimesSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { SourceError } from '../../../src/core/errors';
import { folderError } from '../../../src/core/sources/folderErrors';
import { lockName } from '../../../src/core/sources/folderLock';
import { FolderTree } from '../../../src/core/sources/folderTree';
import { FolderWatch } from '../../../src/core/sources/folderWatch';
import { locateCache } from '../../../src/core/sources/locateCache';
import { describeFileTree, failsWith } from './fileTreeContract';

function temporaryFolder(): { root: string; dispose: () => void } {
  const base = realpathSync(mkdtempSync(join(tmpdir(), 'context-cache-')));
  const root = join(base, 'tree');
  mkdirSync(root);
  return {
    root,
    dispose: () => {
      rmSync(base, { recursive: true, force: true });
    },
  };
}

describeFileTree('a local folder', async () => {
  const { root, dispose } = temporaryFolder();
  return Promise.resolve({
    tree: new FolderTree(root),
    root,
    dispose: async () => {
      dispose();
      return Promise.resolve();
    },
  });
});

describe('a local folder', () => {
  let folder: ReturnType<typeof temporaryFolder>;

  beforeEach(() => {
    folder = temporaryFolder();
  });

  afterEach(() => {
    folder.dispose();
  });

  it('keeps the time of a content where one is given, and gives it the present else', async () => {
    const tree = new FolderTree(folder.root);
    const modifiedMs = Date.UTC(2024, 1, 29, 12);
    const before = Date.now();
    await tree.commit({
      writes: [
        { path: 'old', bytes: Buffer.from('x'), modifiedMs },
        { path: 'new', bytes: Buffer.from('x') },
      ],
    });
    assert.equal(statSync(join(folder.root, 'old')).mtimeMs, modifiedMs);
    // File systems round times differently.
    assert.ok(statSync(join(folder.root, 'new')).mtimeMs >= before - 2000);
  });

  it('creates its root with the first write, not before', async () => {
    const root = join(folder.root, '.iris/kv-cache');
    const tree = new FolderTree(root);
    const { folders } = await tree.scan({ folders: [''] });
    assert.ok(folders.get('') instanceof SourceError);
    await failsWith(tree.commit({ removes: ['task/a'] }), 'not-found');
    assert.ok(!existsSync(root));
    await tree.commit({ writes: [{ path: 'task/a', bytes: Buffer.from('x') }] });
    assert.deepEqual(readdirSync(root), ['task']);
  });

  it('opens a FIFO neither for long nor at all', async () => {
    execFileSync('mkfifo', [join(folder.root, 'pipe')]);
    const tree = new FolderTree(folder.root);
    const { folders, files } = await tree.scan({ folders: [''], files: ['pipe'] });
    const listing = folders.get('');
    assert.ok(Array.isArray(listing));
    assert.deepEqual(
      listing.map((entry: { kind: string }) => entry.kind),
      ['other'],
    );
    const file = files.get('pipe');
    assert.ok(file instanceof SourceError && file.code === 'unsupported');
  });

  it('follows links to its root, which a person chose, but none below it', async () => {
    symlinkSync(folder.root, `${folder.root}-link`);
    const tree = new FolderTree(`${folder.root}-link`);
    await tree.commit({ writes: [{ path: 'task/a', bytes: Buffer.from('x') }] });
    assert.equal(readFileSync(join(folder.root, 'task/a'), 'utf8'), 'x');
  });

  it('tidies up after a process that was killed long ago, and leaves fresh and foreign files alone', async () => {
    const old = join(folder.root, '.context-cache-0b6f.tmp');
    const fresh = join(folder.root, '.context-cache-1b6f.tmp');
    const foreign = join(folder.root, '.context-cache-notes.txt');
    for (const path of [old, fresh, foreign]) {
      writeFileSync(path, 'half');
    }
    const longAgo = new Date(Date.now() - 2 * 3_600_000);
    utimesSync(old, longAgo, longAgo);
    utimesSync(foreign, longAgo, longAgo);
    await new FolderTree(folder.root).commit({ writes: [{ path: 'a', bytes: Buffer.from('x') }] });
    assert.deepEqual([old, fresh, foreign].map(existsSync), [false, true, true]);
  });

  it('takes over the lock of a process that died', async () => {
    const lock = join(folder.root, lockName);
    writeFileSync(lock, '1\n');
    const longAgo = new Date(Date.now() - 60_000);
    utimesSync(lock, longAgo, longAgo);
    await new FolderTree(folder.root).commit({ writes: [{ path: 'a', bytes: Buffer.from('x') }] });
    assert.deepEqual(readdirSync(folder.root), ['a']);
  });

  it('takes over a stale lock that is a link, without looking where it leads', async () => {
    const lock = join(folder.root, lockName);
    const outside = join(dirname(folder.root), 'outside');
    writeFileSync(outside, `${process.pid}\n`);
    const longAgo = new Date(Date.now() - 60_000);
    for (const target of [outside, join(folder.root, 'nowhere')]) {
      symlinkSync(target, lock);
      lutimesSync(lock, longAgo, longAgo);
      await new FolderTree(folder.root).commit({ writes: [{ path: 'a', bytes: Buffer.from('x') }] });
      assert.deepEqual(readdirSync(folder.root), ['a']);
    }
    assert.equal(readFileSync(outside, 'utf8'), `${process.pid}\n`);
  });

  it('waits for a lock that is held, until it is cancelled', async () => {
    writeFileSync(join(folder.root, lockName), '1\n');
    const abort = new AbortController();
    const commit = new FolderTree(folder.root).commit(
      { writes: [{ path: 'a', bytes: Buffer.from('x') }] },
      { signal: abort.signal },
    );
    setImmediate(() => {
      abort.abort();
    });
    await failsWith(commit, 'cancelled');
    assert.deepEqual(readdirSync(folder.root), [lockName]);
  });

  it('keeps trees of several instances apart from one another while they write', async () => {
    const trees = Array.from({ length: 6 }, () => new FolderTree(folder.root));
    writeFileSync(join(folder.root, 'list'), '');
    const { createHash } = await import('node:crypto');
    await Promise.all(
      trees.map(async (tree, index) => {
        for (let done = false; !done;) {
          const before = Buffer.from(await tree.read('list'));
          try {
            await tree.commit({
              expect: [{ path: 'list', sha256: createHash('sha256').update(before).digest('hex') }],
              writes: [{ path: 'list', bytes: Buffer.concat([before, Buffer.from(`${index}\n`)]) }],
            });
            done = true;
          } catch (error) {
            assert.ok(error instanceof SourceError && error.code === 'conflict');
          }
        }
      }),
    );
    assert.deepEqual(readFileSync(join(folder.root, 'list'), 'utf8').trim().split('\n').sort(), [
      '0',
      '1',
      '2',
      '3',
      '4',
      '5',
    ]);
  });

  it('refuses a read-only folder with a reason, and changes nothing', async () => {
    mkdirSync(join(folder.root, 'task'));
    for (const path of [dirname(folder.root), folder.root, join(folder.root, 'task')]) {
      chmodSync(path, 0o555);
    }
    const user = process.geteuid?.();
    try {
      if (user === 0) {
        process.seteuid?.(65_534); // The superuser may write anywhere.
      }
      const tree = new FolderTree(folder.root);
      await failsWith(tree.commit({ writes: [{ path: 'task/a', bytes: Buffer.from('x') }] }), 'forbidden');
      const { folders } = await tree.scan({ folders: ['task'] });
      assert.deepEqual(folders.get('task'), []);
    } finally {
      process.seteuid?.(user ?? 0);
      for (const path of [dirname(folder.root), folder.root, join(folder.root, 'task')]) {
        chmodSync(path, 0o755);
      }
    }
    assert.deepEqual(readdirSync(folder.root), ['task']);
  });

  it('reports a folder that may not be read as that folder alone', async () => {
    mkdirSync(join(folder.root, 'task'));
    writeFileSync(join(folder.root, 'a'), 'x');
    chmodSync(dirname(folder.root), 0o755);
    chmodSync(join(folder.root, 'task'), 0o000);
    const user = process.geteuid?.();
    try {
      if (user === 0) {
        process.seteuid?.(65_534);
      }
      const { folders, files } = await new FolderTree(folder.root).scan({ folders: ['task'], files: ['a', 'task/b'] });
      for (const item of [folders.get('task'), files.get('task/b')]) {
        assert.ok(item instanceof SourceError && item.code === 'forbidden');
      }
      assert.ok(files.get('a') instanceof Uint8Array);
    } finally {
      process.seteuid?.(user ?? 0);
      chmodSync(join(folder.root, 'task'), 0o755);
    }
  });

  it('explains every error of the file system', () => {
    const cases = {
      EACCES: 'forbidden',
      EROFS: 'forbidden',
      ENOSPC: 'quota',
      EDQUOT: 'quota',
      EMFILE: 'unavailable',
      ENAMETOOLONG: 'unsupported',
      EIO: 'unavailable',
    };
    for (const [code, expected] of Object.entries(cases)) {
      const error = folderError(Object.assign(new Error(`${code}: it failed`), { code }), 'task/a');
      assert.equal(error.code, expected);
      assert.match(error.message, /task\/a/);
      assert.notEqual(error.nextStep, '');
    }
  });
});

describe('a watched folder', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let watch: FolderWatch | undefined;
  let notify: (() => void) | undefined;

  beforeEach(() => {
    folder = temporaryFolder();
  });

  afterEach(() => {
    watch?.dispose();
    watch = undefined;
    folder.dispose();
  });

  async function start(root: string): Promise<void> {
    watch = new FolderWatch(root, () => notify?.());
    await watch.ready;
    // Arming itself counts as a possible change.
    await change(() => undefined);
  }

  async function change(act: () => void): Promise<void> {
    const changed = new Promise<void>((resolve) => {
      notify = resolve;
    });
    act();
    await changed;
    await watch?.ready;
  }

  it('tells of an index that is rewritten in place or replaced', async () => {
    mkdirSync(join(folder.root, 'task'));
    await start(folder.root);
    await change(() => {
      writeFileSync(join(folder.root, 'task/_index.json'), '{}');
    });
    await change(() => {
      writeFileSync(join(folder.root, 'task/_index.json'), '{"a": 1}');
    });
    await new FolderTree(folder.root).commit({ writes: [{ path: 'task/a', bytes: Buffer.from('x') }] });
    await change(() => undefined);
  });

  it('notices folders that appear, also the root itself, and one that is made anew', async () => {
    const root = join(folder.root, '.iris/kv-cache');
    await start(root);
    await change(() => {
      mkdirSync(root, { recursive: true });
    });
    for (let round = 0; round < 2; round += 1) {
      await change(() => {
        mkdirSync(join(root, 'task'));
      });
      await change(() => {
        writeFileSync(join(root, 'task/_index.json'), '{}');
      });
      await change(() => {
        rmSync(join(root, 'task'), { recursive: true });
      });
    }
  });
});

describe('locateCache', () => {
  let folder: ReturnType<typeof temporaryFolder>;

  beforeEach(() => {
    folder = temporaryFolder();
  });

  afterEach(() => {
    folder.dispose();
  });

  it('takes a workspace and the kv-cache folder itself', async () => {
    const cache = join(folder.root, '.iris/kv-cache');
    mkdirSync(cache, { recursive: true });
    assert.equal(await locateCache(folder.root), cache);
    assert.equal(await locateCache(cache), cache);
  });

  it('takes a copy of a cache under another name', async () => {
    mkdirSync(join(folder.root, 'task'));
    writeFileSync(join(folder.root, 'task/_index.json'), '{}');
    assert.equal(await locateCache(folder.root), folder.root);
  });

  it('says so when there is none, and where one would be', async () => {
    mkdirSync(join(folder.root, 'task'));
    await failsWith(locateCache(folder.root), 'not-found');
    await failsWith(locateCache(join(folder.root, 'absent')), 'not-found');
    assert.equal(await locateCache(folder.root, { create: true }), join(folder.root, '.iris/kv-cache'));
    writeFileSync(join(folder.root, 'file'), '');
    await failsWith(locateCache(join(folder.root, 'file')), 'unsupported');
  });

  it('refuses a cache behind a link of the workspace', async () => {
    mkdirSync(join(folder.root, 'elsewhere/kv-cache'), { recursive: true });
    symlinkSync('elsewhere', join(folder.root, '.iris'));
    await failsWith(locateCache(folder.root), 'forbidden');
    await failsWith(locateCache(folder.root, { create: true }), 'forbidden');
  });
});
