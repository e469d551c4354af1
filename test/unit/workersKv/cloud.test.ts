import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describeError } from '../../../src/core/errors';
import { VersionStore } from '../../../src/core/versions/versionStore';
import { KvApi, listNamespaces } from '../../../src/core/workersKv/kvApi';
import { applyKvPurge, resumeKvPurge } from '../../../src/core/workersKv/purge';
import { PurgeJournal } from '../../../src/core/workersKv/purgeJournal';
import { planKvPurge } from '../../../src/core/workersKv/purgePlan';
import { readKvSnapshot } from '../../../src/core/workersKv/snapshot';
import { kvSourceId, parseKvTarget } from '../../../src/core/workersKv/target';
import { cloudToken, startCloudKvServer } from '../../support/cloudKvServer';
import type { CloudKvServer } from '../../support/cloudKvServer';
import { videoKey, videoWrites } from '../../support/videoEntries';

const nowMs = 1_795_208_600_000;
const clock = { now: () => nowMs };

describe('Workers KV at Cloudflare', () => {
  let cloud: CloudKvServer;
  let home: string;
  let waits: number[];

  beforeEach(async () => {
    cloud = await startCloudKvServer();
    cloud.namespaces.set('entries', new Map()).set('versions', new Map());
    home = await mkdtemp(path.join(tmpdir(), 'context-cache-kv-'));
    waits = [];
  });
  afterEach(async () => {
    await cloud.stop();
    await rm(home, { recursive: true, force: true });
  });

  function open(fields: Readonly<Record<string, string>> = {}, token: string | undefined = cloudToken) {
    const target = parseKvTarget({
      account: 'acc',
      namespace: 'entries',
      versionsNamespace: 'versions',
      baseUrl: cloud.baseUrl,
      ...fields,
    });
    const api = new KvApi(target, {
      token: async () => Promise.resolve(token),
      wait: async (ms) => {
        waits.push(ms);
        await Promise.resolve();
      },
    });
    return {
      api,
      target,
      clock,
      history: new VersionStore(path.join(home, 'versions'), { clock }),
      journal: new PurgeJournal(path.join(home, 'purges')),
    };
  }

  const entries = ['a', 'b', 'c'].map((name) => ({
    path: `videos/cats/${name}.mp4`,
    derivative: 'mobile',
    createdAt: nowMs - 1000,
  }));

  async function filled(fields: Readonly<Record<string, string>> = {}) {
    const context = open(fields);
    await context.api.entries.writeAll(entries.flatMap(videoWrites));
    cloud.requests.length = 0;
    return { ...context, snapshot: await readKvSnapshot(context.api, { nowMs }) };
  }

  it('writes and deletes in bulk, and takes over the keys that failed one by one', async () => {
    const context = await filled();
    cloud.stubborn.add(videoKey(entries[1]!));
    const plan = planKvPurge(context.snapshot, { mode: 'video' }, 'all', { target: context.target });
    const report = await applyKvPurge(plan, context);
    assert.deepEqual(
      report.results.map(({ outcome }) => outcome),
      ['done', 'failed', 'done'],
    );
    assert.equal(cloud.requests.filter((request) => request.endsWith('/bulk/delete')).length, 1);
    assert.deepEqual([...cloud.namespaces.get('entries')!.keys()], [videoKey(entries[1]!)]);
    // What failed is left in the journal, and done by resuming.
    const [unfinished] = await context.journal.unfinished(kvSourceId(context.target));
    assert.equal(unfinished!.left, 1);
    const resumed = await resumeKvPurge(unfinished!.id, context);
    assert.deepEqual(
      resumed.results.map(({ outcome }) => outcome),
      ['done'],
    );
    assert.equal(cloud.namespaces.get('entries')!.size, 0);
  });

  it('purges the edge by tag after the namespace, and only when there is a zone', async () => {
    const context = await filled({ zone: 'zone1' });
    const tag = 'video-p-cats-a.mp4';
    const plan = planKvPurge(context.snapshot, { path: 'videos/cats/a.mp4' }, 'a', { target: context.target });
    assert.deepEqual(plan.edgeTags, [tag]);
    const report = await applyKvPurge(plan, context);
    assert.deepEqual(report.results.at(-1), { id: `edge: ${tag}`, outcome: 'done' });
    assert.deepEqual(cloud.purgedTags, [[tag]]);
    assert.ok(
      cloud.requests.findIndex((request) => request.includes('purge_cache')) >
        cloud.requests.findIndex((request) => request.endsWith('bulk/delete')),
    );
    const without = planKvPurge(context.snapshot, { tag }, 'a', { target: { zone: undefined } });
    assert.deepEqual(without.edgeTags, []);
  });

  it('says what tags take with them at the edge beyond the namespace', async () => {
    const { snapshot, target } = await filled({ zone: 'zone1' });
    const plan = planKvPurge(snapshot, { tag: 'video-d-mobile', path: 'videos/cats/a.mp4' }, 'a', { target });
    assert.deepEqual(plan.edgeTags, ['video-d-mobile']);
    assert.match(plan.warnings.join(' '), /also take 2 entries that stay/);
  });

  it('keeps the edge for later when it is refused there', async () => {
    const context = await filled({ zone: 'zone1' });
    cloud.failNext(/purge_cache/, 403);
    const plan = planKvPurge(context.snapshot, { derivative: 'mobile' }, 'mobile', { target: context.target });
    const report = await applyKvPurge(plan, context);
    assert.equal(report.results.at(-1)!.outcome, 'failed');
    assert.equal(cloud.namespaces.get('entries')!.size, 0);
    const resumed = await resumeKvPurge(report.purgeId!, context);
    assert.deepEqual(resumed.results, [{ id: 'edge: video-d-mobile', outcome: 'done' }]);
    assert.deepEqual(cloud.purgedTags, [['video-d-mobile']]);
  });

  it('waits as long as it is told to when there were too many requests', async () => {
    cloud.failNext(/GET .*keys/, 429, { 'retry-after': '7' }, 2);
    const { api } = open();
    assert.deepEqual(await api.entries.list(), []);
    assert.deepEqual(waits, [7000, 7000]);
    cloud.failNext(/GET .*keys/, 429, { 'retry-after': '900' });
    await assert.rejects(api.entries.list(), { code: 'rate-limited', retryAfterMs: 900_000 });
  });

  it('tries again what broke off, and not for ever', async () => {
    cloud.failNext(/GET .*keys/, 502, {}, 1);
    const { api } = open();
    assert.deepEqual(await api.entries.list(), []);
    cloud.failNext(/GET .*keys/, 503, {}, 99);
    await assert.rejects(api.entries.list(), { code: 'unavailable' });
  });

  it('follows the cursor through pages, and stops when it goes round in circles', async () => {
    const { api } = open();
    await api.entries.writeAll(
      Array.from({ length: 2500 }, (_, index) => ({ key: `k${String(index).padStart(4, '0')}`, value: Buffer.of(1) })),
    );
    cloud.requests.length = 0;
    assert.equal((await api.entries.list()).length, 2500);
    assert.equal(cloud.requests.length, 3);
  });

  it('reads a range without the rest', async () => {
    const { api } = open();
    await api.entries.writeAll([{ key: 'k', value: Buffer.from('0123456789') }]);
    const part = await api.entries.read('k', { offset: 2, length: 3 });
    assert.deepEqual([Buffer.from(part.bytes).toString(), part.totalBytes, part.atEnd], ['234', 10, false]);
    const end = await api.entries.read('k', { offset: 8, length: 5 });
    assert.deepEqual([Buffer.from(end.bytes).toString(), end.atEnd], ['89', true]);
    const behind = await api.entries.read('k', { offset: 50, length: 5 });
    assert.equal(behind.bytes.byteLength, 0);
  });

  it('stops at a signal, before and while it waits', async () => {
    const { api } = open();
    await assert.rejects(api.entries.list({ signal: AbortSignal.abort() }), { code: 'cancelled' });
    const abort = new AbortController();
    cloud.failNext(/keys/, 429, { 'retry-after': '200' });
    const slow = new KvApi(open().target, { token: async () => Promise.resolve(cloudToken) });
    const listing = slow.entries.list({ signal: abort.signal });
    setImmediate(() => {
      abort.abort();
    });
    await assert.rejects(listing, { code: 'cancelled' });
  });

  it('says nothing of the token in any error', async () => {
    const wrong = 'cf_wrong-token-123456';
    const problems: unknown[] = [];
    const collect = async (work: Promise<unknown>): Promise<void> => {
      await assert.rejects(work, (error: unknown) => {
        problems.push(error);
        return true;
      });
    };
    await collect(open({}, wrong).api.entries.list());
    await collect(open({}, `${wrong}\n`).api.entries.list());
    await collect(open({ baseUrl: 'http://127.0.0.1:1' }, wrong).api.entries.list());
    await collect(
      new KvApi(parseKvTarget({ account: 'a', namespace: 'n' }), {
        token: async () => Promise.resolve(''),
      }).entries.list(),
    );
    assert.equal(problems.length, 4);
    for (const problem of problems) {
      assert.ok(
        !`${describeError(problem)} ${JSON.stringify(problem)} ${(problem as Error).stack ?? ''}`.includes(wrong),
      );
    }
    assert.throws(() => open({ baseUrl: 'http://elsewhere.example/api' }), { code: 'forbidden' });
  });

  it('leaves the purge in the journal when the token is refused in the middle', async () => {
    const context = await filled();
    const plan = planKvPurge(context.snapshot, { mode: 'video' }, 'all', { target: context.target });
    cloud.failNext(/bulk\/delete/, 403);
    const report = await applyKvPurge(plan, context);
    assert.deepEqual(
      report.results.map(({ outcome }) => outcome),
      ['failed', 'failed', 'failed'],
    );
    assert.notEqual(report.purgeId, undefined);
    assert.equal(cloud.namespaces.get('entries')!.size, 3);
  });

  it('tells of a namespace and an account that are not there', async () => {
    const missing = open({ namespace: 'nowhere' });
    await assert.rejects(missing.api.entries.list(), { code: 'not-found' });
    const options = { baseUrl: cloud.baseUrl, token: async () => Promise.resolve(cloudToken) };
    await assert.rejects(listNamespaces('another', options), { code: 'not-found' });
    assert.deepEqual(await listNamespaces('acc', options), [
      { id: 'entries', title: 'title of entries' },
      { id: 'versions', title: 'title of versions' },
    ]);
  });
});
