import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSnapshot } from '../../../src/core/cache/snapshot';
import { MirrorStore } from '../../../src/core/mirror/mirrorStore';
import { refreshMirror } from '../../../src/core/mirror/refresh';
import { systemClock } from '../../../src/core/ports';
import { CommandTree } from '../../../src/core/sources/commandTree';
import { FolderTree } from '../../../src/core/sources/folderTree';
import { VersionStore } from '../../../src/core/versions/versionStore';
import { figuresWanted } from '../../support/figures';
import { bundleProcesses } from '../cache/processes/bundle';
import { filesBelow } from '../cache/writing';
import { FaultyCache } from './faultyCache';
import { numbers } from './numbers';
import { mountTinyDisk } from './tinyDisk';
import type { TinyDisk } from './tinyDisk';

describe('a place that fails', function () {
  this.timeout(240_000);
  let faulty: FaultyCache;

  beforeEach(() => {
    faulty = new FaultyCache();
    mkdirSync(faulty.cache.path('task'), { recursive: true });
  });

  afterEach(() => {
    faulty.dispose();
  });

  describe('because its disk is full', () => {
    let disk: TinyDisk;
    let processes: string;
    let mounted: string;
    const cleanUps: (() => Promise<void> | void)[] = [];

    beforeEach(async function () {
      const folder = realpathSync(mkdtempSync(join(tmpdir(), 'context-cache-disk-')));
      cleanUps.push(() => {
        rmSync(folder, { recursive: true, force: true });
      });
      mounted = folder;
      const made = await mountTinyDisk(folder, 160);
      if ('reason' in made) {
        this.currentTest!.title += `: skipped, ${made.reason}`;
        this.skip();
      }
      disk = made;
      cleanUps.push(async () => made.stop());
      const bundled = await bundleProcesses();
      cleanUps.push(() => {
        rmSync(bundled, { recursive: true, force: true });
      });
      processes = bundled;
    });

    afterEach(async () => {
      for (const cleanUp of cleanUps.splice(0).reverse()) {
        await cleanUp();
      }
    });

    /** A process of ours that writes until it is done; what it says goes into the record. */
    async function write(root: string, data: string, turns: number): Promise<void> {
      const [program, ...args] = [...disk.inside, process.execPath, join(processes, 'ourWriter.js')];
      const child = spawn(program, [...args, root, data, 'w', String(turns), 'task'], {
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let output = '';
      let errors = '';
      child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
      await once(child, 'close');
      for (const line of output.split('\n').slice(0, -1)) {
        const [verb, key] = line.split(' ') as [string, string];
        if (verb === 'failed') {
          faulty.noteFailure(key);
        } else if (verb === 'put' || verb === 'delete') {
          faulty.note(key, verb === 'put' ? `value of ${key} `.repeat(20) : undefined);
        }
      }
      // A history that can't be kept ends the operation before anything is written.
      assert.ok(errors === '' || errors.includes('ENOSPC'), errors);
    }

    it('reports what does not fit, and keeps what it acknowledged', async () => {
      await write(mounted, faulty.data, 120);
      await faulty.check(disk.path);
      const { acknowledged, reported } = faulty.figures('the disk of the sandbox is full');
      assert.ok(acknowledged > 10 && reported > 10, `${acknowledged} done, ${reported} failed`);
    });

    it('does the same at the far end of a command', async () => {
      const tree = new CommandTree({ id: 'command:disk', label: 'disk', command: disk.inside, root: mounted });
      await faulty.put(tree, 'kept', 'small');
      await faulty.refresh(tree);
      for (let turn = 0; turn < (figuresWanted ? 30 : 8); turn += 1) {
        await faulty.put(tree, `big-${turn}`, String(turn).repeat(30_000));
      }
      await faulty.check(disk.path);
      await faulty.checkMirror(tree);
      const { acknowledged, reported } = faulty.figures('the disk at the far end of a command is full');
      assert.ok(acknowledged > 1 && reported > 0, `${acknowledged} done, ${reported} failed`);
      assert.equal(await faulty.delete(tree, 'big-0'), 'done');
      assert.equal(await faulty.put(tree, 'again', 'there is room again'), 'done');
      await faulty.check(disk.path);
    });

    it('changes no sandbox when the disk of the history is full', async () => {
      writeFileSync(join(disk.path, 'filler'), Buffer.alloc(100 * 1024));
      await write(faulty.cache.root, mounted, 60);
      await faulty.check();
      const { acknowledged } = faulty.figures('the disk of the mirror and the history is full');
      assert.ok(acknowledged > 0 && acknowledged < 60, `${acknowledged} done`);
      rmSync(join(disk.path, 'filler'));
      const store = new VersionStore(disk.path);
      const mirror = new MirrorStore(join(disk.path, 'mirror'), store);
      await refreshMirror(faulty.cache.tree, mirror, store, { clock: systemClock });
      assert.ok((await mirror.lastSeen(faulty.cache.tree.id, '')) !== undefined);
    });
  });

  it('because it may not be written reports that, and changes nothing', async () => {
    // The superuser may write anywhere.
    const isRoot = process.getuid?.() === 0;
    const command = isRoot ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : ['env'];
    const { root } = faulty.cache;
    const tree = new CommandTree({ id: 'command:denied', label: 'denied', command, root });
    chmodSync(faulty.cache.outside('.'), 0o755);
    await faulty.prepare('kept', 'as it was');
    await faulty.refresh(tree);
    const before = filesBelow(root);
    for (const folder of [faulty.cache.path('task'), root]) {
      chmodSync(folder, 0o555);
    }
    try {
      assert.equal(await faulty.put(tree, 'new', 'x'), 'failed');
      assert.equal(await faulty.put(tree, 'kept', 'y'), 'failed');
      assert.equal(await faulty.delete(tree, 'kept'), 'failed');
      await faulty.check();
      await faulty.checkMirror(tree);
      assert.deepEqual(filesBelow(root), before);
    } finally {
      for (const folder of [root, faulty.cache.path('task')]) {
        chmodSync(folder, 0o755);
      }
    }
    faulty.figures('permission denied, behind a command');
  });
});

describe('windows and clocks', function () {
  this.timeout(240_000);

  it('lose nothing when the clock jumps, and number versions in the order in which they were made', async () => {
    const faulty = new FaultyCache();
    try {
      const random = numbers(20_251_112);
      const clock = { now: () => Date.UTC(2026, 0, 1) + ((random() % 800) - 400) * 86_400_000 };
      await faulty.prepare('kept', 'as it was');
      await faulty.refresh(faulty.cache.tree);
      const texts: string[] = ['as it was'];
      for (let turn = 0; turn < (figuresWanted ? 200 : 40); turn += 1) {
        const text = `value ${turn}`;
        assert.equal(await faulty.put(faulty.cache.tree, 'kept', text, clock), 'done');
        texts.push(text);
        assert.equal(await faulty.put(faulty.cache.tree, `new-${turn}`, text, clock), 'done');
        if (turn % 3 === 0) {
          assert.equal(await faulty.delete(faulty.cache.tree, `new-${turn}`, clock), 'done');
        }
        await faulty.check();
      }
      const { id } = faulty.cache.tree;
      const versions = await faulty.history.versions({ sourceId: id, scope: 'task', key: 'kept' });
      const contents = await Promise.all(versions.map(async ({ content }) => faulty.history.content(content!.sha256!)));
      assert.deepEqual(
        contents.map((bytes) => Buffer.from(bytes!).toString()),
        texts,
      );
      await faulty.refresh(faulty.cache.tree);
      await faulty.checkMirror(faulty.cache.tree);
      faulty.figures('a clock that jumps by up to 400 days either way');
    } finally {
      faulty.dispose();
    }
  });

  it('lose nothing when two windows write, look and keep at once, each with a store of its own on one folder', async () => {
    const faulty = new FaultyCache();
    try {
      await faulty.prepare('kept', 'as it was');
      const turns = figuresWanted ? 60 : 12;
      const windows = await Promise.all(
        ['left', 'right'].map(async (name) => {
          const tree = new FolderTree(faulty.cache.root);
          const store = new VersionStore(join(faulty.data, 'versions'));
          const mirror = new MirrorStore(join(faulty.data, 'mirror'), store);
          await refreshMirror(tree, mirror, store, { clock: systemClock });
          return { name, tree, store, mirror };
        }),
      );
      await Promise.all(
        windows.map(async ({ name, tree, store, mirror }) => {
          for (let turn = 0; turn < turns; turn += 1) {
            await faulty.put(tree, `${name}-${turn}`, `value ${turn} of ${name}`);
            if (turn % 4 === 3) {
              await faulty.delete(tree, `${name}-${turn - 1}`);
            }
            await refreshMirror(tree, mirror, store, { clock: systemClock });
          }
        }),
      );
      await faulty.check();
      for (const { tree, store, mirror } of windows) {
        await refreshMirror(tree, mirror, store, { clock: systemClock });
        const seen = await mirror.lastSeen(tree.id, 'closed');
        const [far, near] = await Promise.all(
          [seen!.tree, tree].map(async (place) => readSnapshot(place, { clock: systemClock, verifyValues: true })),
        );
        const keys = ({ scopes }: NonNullable<typeof far>) =>
          scopes.flatMap(({ entries }) => entries.map(({ key, contentSha256 }) => [key, contentSha256]));
        assert.deepEqual(keys(far!), keys(near!));
        const latest = await store.latest(tree.id);
        assert.deepEqual(
          latest
            .filter(({ content }) => content !== undefined)
            .map(({ key }) => key)
            .sort(),
          keys(near!)
            .map(([key]) => key)
            .sort(),
        );
      }
      const { reported } = faulty.figures('two windows write and refresh at once');
      assert.equal(reported, 0);
    } finally {
      faulty.dispose();
    }
  });
});
