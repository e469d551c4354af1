import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applyPlan } from '../../../src/core/cache/apply';
import { fingerprintOf } from '../../../src/core/cache/fingerprint';
import { planUndo } from '../../../src/core/cache/plans/undo';
import { readSnapshot } from '../../../src/core/cache/snapshot';
import { systemClock } from '../../../src/core/ports';
import { VersionStore } from '../../../src/core/versions/versionStore';
import { recordFigures } from '../../support/figures';
import { bundleProcesses } from './processes/bundle';
import { TemporaryCache } from './temporaryCache';
import { filesBelow } from './writing';

/** How many processes are killed, each at a random moment. */
const kills = 200;

describe('a process that is killed while it writes', () => {
  let processes: string;
  let data: string;
  let cache: TemporaryCache;

  before(async () => {
    processes = await bundleProcesses();
  });

  after(() => {
    rmSync(processes, { recursive: true, force: true });
  });

  beforeEach(() => {
    cache = new TemporaryCache();
    data = realpathSync(mkdtempSync(join(tmpdir(), 'context-cache-data-')));
  });

  afterEach(() => {
    cache.dispose();
    rmSync(data, { recursive: true, force: true });
  });

  /** Starts a writer and kills it after `ms`; returns what it had acknowledged. */
  async function killedWriter(name: string, ms: number): Promise<string[]> {
    const child = spawn(process.execPath, [join(processes, 'ourWriter.js'), cache.root, data, name, '1000', 'task'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
    const started = once(child.stdout, 'data');
    const ended = once(child, 'close');
    await Promise.race([started, ended]);
    const timer = setTimeout(() => child.kill('SIGKILL'), ms);
    await ended;
    clearTimeout(timer);
    return output.split('\n').slice(0, -1);
  }

  it(`leaves a tree that the original reads, and all that it acknowledged, ${kills} times`, async () => {
    const present = new Map<string, boolean>();
    const undone = { last: '' };
    let acknowledged = 0;
    for (let kill = 0; kill < kills; kill += 1) {
      const lines = await killedWriter(`w${kill}`, Math.random() * 60);
      for (const line of lines) {
        const [verb, key, operation] = line.split(' ') as [string, string, string];
        assert.notEqual(verb, 'failed', line);
        if (verb === 'deleting') {
          present.delete(key); // It may have been done when the process could not say so any more.
          continue;
        }
        acknowledged += 1;
        if (verb !== 'bump') {
          present.set(key, verb === 'put');
          undone.last = operation;
        }
      }
      assertTree(present);
    }
    const none = { reported: 0, lost: 0, unreadable: 0 }; // Each would have failed the run by now.
    recordFigures({ fault: '`kill -9` of a writing process, at a random moment', tries: kills, acknowledged, ...none });
    assert.ok(present.size > kills / 2, `only ${present.size} keys were acknowledged`);

    // The store opens, and knows how to take every operation back, also the one that was broken off.
    const history = new VersionStore(data);
    const operations = await history.operations(cache.tree.id);
    const latest = operations.findIndex(({ id }) => id === undone.last);
    for (const { id } of operations.slice(0, latest + 1)) {
      const source = { tree: cache.tree, snapshot: await readSnapshot(cache.tree, { clock: systemClock }) };
      const report = await applyPlan(await planUndo(source, id, history), {
        tree: cache.tree,
        history,
        clock: systemClock,
      });
      assert.deepEqual(
        report.results.filter(({ outcome }) => outcome === 'failed'),
        [],
      );
    }
  }).timeout(600_000);

  it('damages nothing in the version store', async () => {
    await killedWriter('a', 200);
    const before = Object.keys(filesBelow(data)).filter((path) => path.startsWith('objects'));
    const history = new VersionStore(data);
    for (const path of before) {
      const sha256 = path.slice(path.lastIndexOf('/') + 1, -'.gz'.length);
      assert.ok((await history.content(sha256)) !== undefined, `${path} is damaged`);
    }
    assert.ok((await history.latest(cache.tree.id)).length > 0);
  }).timeout(60_000);

  function assertTree(present: ReadonlyMap<string, boolean>): void {
    const path = cache.path('task/_index.json');
    if (!existsSync(path)) {
      assert.equal(present.size, 0);
      return;
    }
    const index = JSON.parse(readFileSync(path, 'utf8')) as Record<string, Record<string, unknown>>;
    for (const [key, entry] of Object.entries(index)) {
      assert.equal(entry['fingerprint'], fingerprintOf(readFileSync(cache.path('task', key))), key);
    }
    for (const [key, isPresent] of present) {
      assert.equal(key in index, isPresent, `${key} was acknowledged as ${isPresent ? 'put' : 'deleted'}`);
    }
    const strange = readdirSync(cache.path('task')).filter((name) => name.startsWith('.'));
    assert.deepEqual(strange, []);
  }
});
