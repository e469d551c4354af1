import assert from 'node:assert/strict';
import type { FileTree } from '../../../src/core/fileTree';
import { readSnapshot } from '../../../src/core/cache/snapshot';
import { planInvalidate } from '../../../src/core/cache/plans/invalidate';
import type { PlanSource } from '../../../src/core/cache/plans/planBuilder';
import { planPut } from '../../../src/core/cache/plans/put';
import { isSourceError } from '../../../src/core/errors';
import { systemClock } from '../../../src/core/ports';
import { HttpTree } from '../../../src/core/sources/httpTree';
import { SshTree } from '../../../src/core/sources/sshTree';
import { startCuttingProxy } from '../../support/cuttingProxy';
import type { CuttingProxy } from '../../support/cuttingProxy';
import { figuresWanted } from '../../support/figures';
import { originalKey, startOriginalApi } from '../../support/originalApi';
import type { OriginalApi } from '../../support/originalApi';
import { startSlowProxy } from '../../support/slowProxy';
import { startSshServer } from '../../support/sshServer';
import type { SshServer } from '../../support/sshServer';
import { FaultyCache } from './faultyCache';
import { numbers } from './numbers';

const scope = 'task';
const value = 'a value of some length, so that a cut has something to meet '.repeat(40);

/** One change of each kind, in turn. */
const kinds = ['new', 'replaced', 'deleted'] as const;

describe('a link that breaks', function () {
  this.timeout(600_000);
  let faulty: FaultyCache;
  let proxy: CuttingProxy;

  beforeEach(() => {
    faulty = new FaultyCache();
  });

  afterEach(() => {
    faulty.dispose();
  });

  function planOf(source: PlanSource, kind: (typeof kinds)[number], key: string, text: string) {
    return kind === 'deleted'
      ? planInvalidate(source, { entries: [{ scope, key }] })
      : planPut(source, { scope, originalKey: key, bytes: Buffer.from(text), ttlHours: 1000 });
  }

  /**
   * Makes a change of each kind once, to see how many bytes it takes, and then again and again with the link cut at
   * places spread over them; every other time it stays down until the change has failed.
   */
  async function cutEverywhere(
    connect: () => FileTree,
    cutsEachWay: number,
    changes: readonly (typeof kinds)[number][] = kinds,
  ): Promise<void> {
    await faulty.prepare('kept', 'as it was');
    const first = connect();
    await faulty.refresh(first);
    first.dispose?.();
    for (const kind of changes) {
      for (const direction of ['up', 'down'] as const) {
        let length = 0;
        for (let turn = -1; turn < cutsEachWay; turn += 1) {
          const key = kind === 'replaced' ? 'kept' : `${kind}-${direction}-${turn + 1}`;
          if (kind === 'deleted') {
            await faulty.prepare(key, 'to be deleted');
          }
          const text = kind === 'deleted' ? undefined : `${value}${direction} ${turn}`;
          const tree = connect();
          const source = { tree, snapshot: await readSnapshot(tree, { clock: systemClock }) };
          const before = proxy.passed[direction];
          if (turn >= 0) {
            proxy.cutAfter(direction, Math.floor((length * turn) / cutsEachWay));
            proxy.down = false;
          }
          const staysDown = turn % 2 === 1;
          const watch = staysDown ? watchCut(proxy) : undefined;
          await faulty.apply(source, key, text, planOf(source, kind, key, text ?? ''));
          watch?.();
          length = turn < 0 ? proxy.passed[direction] - before : length;
          proxy.mend();
          tree.dispose?.();
          await faulty.checkMirror(tree);
          await faulty.check();
        }
        assert.ok(length > 100, `${length} bytes ${direction}`);
      }
    }
    const healed = connect();
    assert.equal(await faulty.put(healed, 'kept', 'after all'), 'done');
    await faulty.refresh(healed);
    healed.dispose?.();
    await faulty.check();
  }

  describe('to a host over SSH', () => {
    let server: SshServer;

    before(async function () {
      this.timeout(900_000); // It may have to be installed.
      server = await startSshServer();
    });

    after(async () => {
      await server.stop();
    });

    function connectThrough(port: number, name: string): () => SshTree {
      const configFile = server.configure(name, [
        'Host loopback',
        `Port ${port}`,
        `HostKeyAlias ${name}`,
        'StrictHostKeyChecking no',
      ]);
      return () => new SshTree({ host: 'loopback', root: faulty.cache.root, configFile });
    }

    it('costs nothing that was acknowledged, wherever it breaks in a write', async () => {
      proxy = await startCuttingProxy(server.port);
      try {
        const connect = connectThrough(proxy.port, 'cut');
        await (figuresWanted ? cutEverywhere(connect, 8) : cutEverywhere(connect, 2, ['replaced']));
      } finally {
        await proxy.stop();
      }
      const { tries, reported } = faulty.figures('the connection dies in the middle of a write, over SSH');
      assert.ok(reported > tries / 8, `${reported} of ${tries} failed`);
    });

    it('may be slow: 200 ms there and back change nothing but the time', async () => {
      const slow = await startSlowProxy(server.port, 200);
      const tree = connectThrough(slow.port, 'late')();
      try {
        for (let turn = 0; turn < (figuresWanted ? 5 : 1); turn += 1) {
          assert.equal(await faulty.put(tree, `late-${turn}`, `${value}${turn}`), 'done');
          await faulty.check();
        }
        if (figuresWanted) {
          assert.equal(await faulty.delete(tree, 'late-0'), 'done');
        }
        await faulty.refresh(tree);
        await faulty.check();
        await faulty.checkMirror(tree);
      } finally {
        tree.dispose();
        await slow.stop();
      }
      assert.equal(faulty.figures('200 ms there and back, over SSH').reported, 0);
    });
  });

  describe('to the HTTP API', () => {
    let api: OriginalApi;

    beforeEach(async () => {
      api = await startOriginalApi(faulty.cache.root);
      proxy = await startCuttingProxy(api.port);
    });

    afterEach(async () => {
      await proxy.stop();
      await api.stop();
    });

    function connect(): HttpTree {
      const url = api.url.replace(`:${api.port}`, `:${proxy.port}`);
      return new HttpTree({ url, key: async () => Promise.resolve(originalKey), timeoutMs: 20_000 });
    }

    it('costs nothing that was acknowledged, wherever it breaks in a write', async () => {
      await cutEverywhere(connect, figuresWanted ? 60 : 12);
      const { tries, reported } = faulty.figures('the connection dies in the middle of a write, over HTTP');
      assert.ok(reported > tries / 8, `${reported} of ${tries} failed`);
    });

    it('may carry garbage: that is an error, and the mirror stays as it was', async () => {
      await faulty.prepare('kept', 'as it was');
      const tree = connect();
      await faulty.refresh(tree);
      let failures = 0;
      for (let turn = 0; turn < (figuresWanted ? 300 : 60); turn += 1) {
        proxy.garble = (chunk) => garbled(chunk, turn);
        try {
          await faulty.put(connect(), `garbage-${turn}`, value);
        } catch (error) {
          assert.ok(isSourceError(error), String(error));
          faulty.noteFailure(`garbage-${turn}`);
          failures += 1;
        }
        proxy.garble = undefined;
        await faulty.checkMirror(tree);
        await faulty.check();
      }
      assert.ok(failures > 10, `${failures} were noticed while reading`);
      faulty.figures('the far end answers with garbage, over HTTP');
    });
  });
});

/** Keeps the link down from the moment at which it was cut; returns what ends the watch. */
function watchCut(proxy: CuttingProxy): () => void {
  const timer = setInterval(() => {
    proxy.down ||= proxy.isCut;
  }, 1);
  return () => {
    clearInterval(timer);
  };
}

/** The same chunk for the same turn, with some bytes replaced, cut or repeated. */
function garbled(chunk: Buffer, turn: number): Buffer {
  const copy = Buffer.from(chunk);
  const random = numbers(turn * 2654435761 + chunk.length);
  for (let change = 0; change <= turn % 4; change += 1) {
    copy[random() % Math.max(copy.length, 1)] = random() % 256;
  }
  return turn % 5 === 4 ? Buffer.concat([copy.subarray(0, random() % copy.length), copy]) : copy;
}
