import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { KvApi } from '../../../src/core/workersKv/kvApi';
import { VersionStore } from '../../../src/core/versions/versionStore';
import { applyKvBump, planKvBump } from '../../../src/core/workersKv/bump';
import { chunkKey } from '../../../src/core/workersKv/entryKeys';
import { kvFindings } from '../../../src/core/workersKv/findings';
import { manifestFindings } from '../../../src/core/workersKv/manifests';
import { applyKvPurge, resumeKvPurge } from '../../../src/core/workersKv/purge';
import { PurgeJournal } from '../../../src/core/workersKv/purgeJournal';
import { planKvPrune, planKvPurge } from '../../../src/core/workersKv/purgePlan';
import { readKvValue } from '../../../src/core/workersKv/readValue';
import { selectKv } from '../../../src/core/workersKv/select';
import { readKvSnapshot } from '../../../src/core/workersKv/snapshot';
import { kvSourceId } from '../../../src/core/workersKv/target';
import type { KvTarget } from '../../../src/core/workersKv/target';
import { applyKvUndo, planKvUndo } from '../../../src/core/workersKv/undo';
import { countingApi, startMiniflareKv } from '../../support/miniflareKv';
import type { MiniflareKv } from '../../support/miniflareKv';
import { versionWrite, videoKey, videoWrites } from '../../support/videoEntries';
import type { VideoEntry } from '../../support/videoEntries';
import { runCommand } from '../cli/runCommand';

const nowMs = 1_795_208_600_000;
const clock = { now: () => nowMs };
const minute = 60_000;

describe('Workers KV on workerd', function () {
  this.timeout(120_000);
  let kv: MiniflareKv;
  let home: string;

  before(async () => {
    kv = await startMiniflareKv();
    home = await mkdtemp(path.join(tmpdir(), 'context-cache-kv-'));
  });
  after(async () => {
    await kv.stop();
    await rm(home, { recursive: true, force: true });
  });

  function open(target = kv.freshTarget()) {
    const { api, requests } = countingApi(target);
    return {
      target,
      api,
      requests,
      clock,
      history: new VersionStore(path.join(home, 'versions'), { clock }),
      journal: new PurgeJournal(path.join(home, 'workers-kv', 'purges')),
    };
  }

  async function fill(api: KvApi, entries: readonly VideoEntry[]): Promise<void> {
    await kv.fill(api.target.namespace, entries.flatMap(videoWrites));
  }

  async function snapshotOf(api: KvApi) {
    return readKvSnapshot(api, { nowMs });
  }

  const clip = { path: 'videos/cats/clip.mp4', derivative: 'mobile', createdAt: nowMs - minute };
  const big = { path: 'videos/cats/big.mp4', derivative: 'desktop', createdAt: nowMs - minute, chunks: [700, 700, 30] };

  it('lists 2,000 keys with their metadata in two pages', async () => {
    const { api, requests } = open();
    const entries = Array.from({ length: 2000 }, (_, index) => ({
      path: `videos/many/${String(index).padStart(4, '0')}.mp4`,
      derivative: index % 10 === 0 ? 'mobile' : 'desktop',
      createdAt: nowMs - minute,
    }));
    await fill(api, entries);
    requests.length = 0;
    const { entries: listed } = await snapshotOf(api);
    assert.deepEqual(
      listed.map(({ key }) => key),
      entries.map(videoKey).sort(),
    );
    assert.ok(listed.every(({ tags, sizeBytes, state }) => tags.length === 3 && sizeBytes! > 0 && state === 'fresh'));
    assert.equal(requests.filter((request) => request.includes('/keys?')).length, 3, 'two pages, and the versions');

    // A tag takes a tenth of them with it; the others stay.
    const context = { ...open({ ...kv.freshTarget(), namespace: api.target.namespace }) };
    const plan = planKvPurge(await snapshotOf(context.api), { tag: 'video-d-mobile' }, 'tag', {
      target: context.target,
      keep: { keys: 0, bytes: 0 },
    });
    assert.equal(plan.keyCount, 200);
    assert.deepEqual(plan.warnings, ['This can’t be undone: the values are not kept.']);
    const report = await applyKvPurge(plan, context);
    assert.equal(report.results.filter(({ outcome }) => outcome === 'done').length, 200);
    const left = await snapshotOf(context.api);
    assert.equal(left.entries.length, 1800);
    assert.ok(left.entries.every(({ derivative }) => derivative === 'desktop'));
  });

  it('shows a chunked value as one entry, and reads the parts of it that are asked for', async () => {
    const { api, requests } = open();
    await fill(api, [clip, big]);
    const { entries, orphanChunks } = await snapshotOf(api);
    assert.deepEqual(
      entries.map(({ key, sizeBytes, chunks, state }) => [key, sizeBytes, chunks?.length, state]),
      [
        [videoKey(big), 1430, 3, 'fresh'],
        [videoKey(clip), Buffer.byteLength(`value of ${videoKey(clip)}`), undefined, 'fresh'],
      ],
    );
    assert.deepEqual(orphanChunks, []);
    requests.length = 0;
    const part = await readKvValue(api, entries[0]!, { offset: 690, length: 20 });
    assert.deepEqual([...part.bytes], [...Array<number>(10).fill(1), ...Array<number>(10).fill(2)]);
    assert.deepEqual([part.totalBytes, part.atEnd], [1430, false]);
    assert.equal(requests.length, 2, 'only the chunks that hold the part');
    const whole = await readKvValue(api, entries[0]!, { length: 10_000 });
    assert.deepEqual([whole.bytes.byteLength, whole.atEnd], [1430, true]);
  });

  it('takes a bounded part of a value, though the local server sends all of it', async () => {
    const { api } = open();
    await api.entries.write({ key: 'long', value: Buffer.alloc(3_000_000, 'x') });
    await api.entries.write({ key: 'empty', value: new Uint8Array() });
    const part = await api.entries.read('long', { offset: 10, length: 100 });
    assert.deepEqual([part.bytes.byteLength, part.atEnd], [100, false]);
    const all = await api.entries.read('long', { offset: 2_999_950, length: 100 });
    assert.deepEqual([all.bytes.byteLength, all.atEnd], [50, true]);
    const none = await api.entries.read('empty', { length: 100 });
    assert.deepEqual([none.bytes.byteLength, none.atEnd], [0, true]);
    await assert.rejects(api.entries.read('nowhere', { length: 1 }), { code: 'not-found' });
  });

  it('finds a key among those that begin with it', async () => {
    const { api } = open();
    await api.entries.writeAll(['a', 'ab', 'b'].map((key) => ({ key, value: Buffer.from(key), metadata: { key } })));
    assert.deepEqual((await api.entries.find('a'))?.metadata, { key: 'a' });
    assert.deepEqual((await api.entries.find('ab'))?.metadata, { key: 'ab' });
    assert.equal(await api.entries.find('abc'), undefined);
    assert.deepEqual(
      [...(await api.entries.readTexts(['a', 'none']))],
      [
        ['a', 'a'],
        ['none', undefined],
      ],
    );
  });

  it('bumps a version, shows the drift, keeps the history and takes it back', async () => {
    const context = open();
    const { api, history, target } = context;
    await fill(api, [clip, big]);
    await api.versions!.writeAll([versionWrite(videoKey(clip), 1, nowMs - minute)]);
    const before = await snapshotOf(api);
    const plan = planKvBump(before, before.entries, 'both');
    assert.deepEqual(
      plan.items.map(({ from, to }) => [from, to]),
      [
        [undefined, 2],
        [1, 2],
      ],
    );
    const report = await applyKvBump(plan, context);
    assert.deepEqual(
      report.results.map(({ outcome }) => outcome),
      ['done', 'done'],
    );
    const bumped = await snapshotOf(api);
    assert.deepEqual(
      bumped.entries.map(({ states, entryVersion, version }) => [states, entryVersion, version?.version]),
      [
        [['stale'], 1, 2],
        [['stale'], 1, 2],
      ],
    );
    assert.equal(bumped.entries[1]!.version!.createdMs, nowMs - minute, 'who made the record stays known');
    assert.equal(kvFindings(bumped).filter(({ id }) => id === 'version-drift').length, 2);
    const address = { sourceId: kvSourceId(target), scope: 'versions', key: bumped.entries[1]!.versionKey };
    assert.deepEqual(
      (await history.versions(address)).map(({ author }) => author),
      ['sandbox', 'put'],
    );

    const undone = await applyKvUndo(await planKvUndo(report.operationId!, context), context);
    assert.deepEqual(
      undone.results.map(({ outcome }) => outcome),
      ['done', 'done'],
    );
    const after = await snapshotOf(api);
    assert.deepEqual([...after.versions!.values()], [...before.versions!.values()]);
    // Undoing is an operation, too.
    const again = await applyKvUndo(await planKvUndo(undone.operationId!, context), context);
    assert.equal(again.results.length, 2);
    assert.deepEqual([...(await snapshotOf(api)).versions!.values()], [...bumped.versions!.values()]);
  });

  it('leaves a version alone that somebody else has bumped since the plan', async () => {
    const context = open();
    const { api } = context;
    await fill(api, [clip]);
    const plan = planKvBump(await snapshotOf(api), (await snapshotOf(api)).entries, 'it');
    await api.versions!.writeAll([versionWrite(videoKey(clip), 7, nowMs)]);
    const report = await applyKvBump(plan, context);
    assert.deepEqual(
      report.results.map(({ outcome }) => outcome),
      ['skipped'],
    );
    assert.equal(report.operationId, undefined);
    assert.equal((await snapshotOf(api)).entries[0]!.version!.version, 7);
  });

  it('brings a purged entry back to the byte, chunks and all', async () => {
    const context = open();
    const { api } = context;
    await fill(api, [clip, big]);
    const before = await snapshotOf(api);
    const plan = planKvPurge(before, { path: 'videos/cats/*' }, 'cats', { target: context.target });
    assert.deepEqual(plan.warnings, []);
    const report = await applyKvPurge(plan, context);
    assert.equal(report.purgeId, undefined);
    assert.deepEqual(await api.entries.list(), []);
    const undo = await planKvUndo(report.operationId!, context);
    const undone = await applyKvUndo(undo, context);
    assert.equal(undone.results.filter(({ outcome }) => outcome === 'done').length, 5);
    const after = await snapshotOf(api);
    assert.deepEqual(after.entries, before.entries);
    const value = await readKvValue(api, after.entries[0]!, { length: 5000 });
    assert.deepEqual(
      [...value.bytes],
      [700, 700, 30].flatMap((size, index) => Array<number>(size).fill(index + 1)),
    );
  });

  it('goes on with a purge that was interrupted, and never leaves a manifest without its chunks', async () => {
    const context = open();
    const { api, journal, target } = context;
    const many = Array.from({ length: 150 }, (_, index) => ({
      ...big,
      path: `videos/big/${String(index)}.mp4`,
      chunks: [8, 8],
    }));
    await fill(api, [...many, clip]);
    const plan = planKvPurge(await snapshotOf(api), { derivative: 'desktop' }, 'desktop', {
      target,
      keep: { keys: 0, bytes: 0 },
    });
    assert.equal(plan.keyCount, 450);
    const abort = new AbortController();
    const first = await applyKvPurge(plan, context, {
      signal: abort.signal,
      progress: {
        report: ({ done }) => {
          if (done >= 60) {
            abort.abort();
          }
        },
      },
    });
    assert.equal(first.cancelled, true);
    const interrupted = await snapshotOf(api);
    assert.ok(interrupted.entries.length > 1 && interrupted.entries.length < 151);
    assert.deepEqual(
      interrupted.entries.flatMap(({ chunkProblems }) => chunkProblems),
      [],
    );
    assert.ok(interrupted.orphanChunks.length > 0);

    const [unfinished] = await journal.unfinished(kvSourceId(target));
    assert.equal(unfinished!.id, first.purgeId);
    assert.ok(unfinished!.left < 450 && unfinished!.left > 0);
    // What is made again meanwhile stays.
    const remade = { ...many[149]!, createdAt: nowMs + minute };
    await fill(api, [remade]);
    // Another process knows it from the journal alone.
    const second = await resumeKvPurge(first.purgeId!, { ...open(target), journal });
    assert.equal(second.purgeId, undefined);
    assert.equal(second.results.filter(({ outcome }) => outcome === 'skipped').length > 0, true);
    assert.equal(second.results.filter(({ outcome }) => outcome === 'failed').length, 0);
    const after = await snapshotOf(api);
    assert.deepEqual(
      after.entries.map(({ key, state }) => [key, state]),
      [
        [videoKey(remade), 'fresh'],
        [videoKey(clip), 'fresh'],
      ],
    );
    assert.deepEqual(after.orphanChunks, []);
    assert.deepEqual(await journal.unfinished(kvSourceId(target)), []);
    await assert.rejects(resumeKvPurge(first.purgeId!, context), { name: 'UserError' });
  });

  it('prunes what has expired, which stays in Workers KV by itself', async () => {
    const context = open();
    const { api } = context;
    await fill(api, [
      { ...clip, expiresAt: nowMs - 1 },
      { ...big, expiresAt: nowMs + 10 * minute },
    ]);
    const plan = planKvPrune(await snapshotOf(api), { target: context.target });
    assert.deepEqual(
      plan.items.map(({ key, reason, kept }) => [key, reason, kept]),
      [[videoKey(clip), 'expired', true]],
    );
    await applyKvPurge(plan, context);
    assert.deepEqual(
      (await snapshotOf(api)).entries.map(({ key }) => key),
      [videoKey(big)],
    );
  });

  it('finds orphan chunks and broken manifests, and purges the chunks', async () => {
    const context = open();
    const { api } = context;
    await fill(api, [big, { ...big, derivative: 'gone' }]);
    await api.entries.deleteAll([chunkKey(videoKey(big), 1), videoKey({ ...big, derivative: 'gone' })]);
    const snapshot = await snapshotOf(api);
    assert.deepEqual(
      kvFindings(snapshot).map(({ id, severity }) => [id, severity]),
      [
        ['broken-manifest', 'error'],
        ['orphan-chunk', 'warning'],
      ],
    );
    assert.deepEqual(snapshot.entries[0]!.states, ['corrupt']);
    await assert.rejects(readKvValue(api, snapshot.entries[0]!, { length: 5000 }), { code: 'not-found' });
    const plan = planKvPurge(snapshot, { orphanChunks: true }, 'orphan chunks', { target: context.target });
    assert.equal(plan.keyCount, 3);
    await applyKvPurge(plan, context);
    assert.deepEqual((await snapshotOf(api)).orphanChunks, []);
  });

  it('reads manifests when asked to, and finds those that disagree with their chunks', async () => {
    const { api, target } = open();
    const others = ['torn', 'short'].map((derivative) => ({ ...big, derivative }));
    await fill(api, [big, ...others]);
    const snapshot = await snapshotOf(api);
    assert.deepEqual(await manifestFindings(api, snapshot), []);
    const texts = ['{"totalSize": 14', '{"totalSize": 1430, "chunkCount": 7}'];
    for (const [index, other] of others.entries()) {
      const { metadata } = (await api.entries.find(videoKey(other)))!;
      await api.entries.write({ key: videoKey(other), value: Buffer.from(texts[index]!), metadata });
    }
    assert.deepEqual(
      (await manifestFindings(api, snapshot)).map(({ id, message }) => [id, message.split('" ')[1]]),
      [
        ['broken-manifest', 'says 7 chunks, and there are 3.'],
        ['broken-manifest', 'is not a JSON object.'],
      ],
    );
    assert.deepEqual(kvFindings(await snapshotOf(api)), [], 'listings alone can’t tell');
    const env = { CONTEXT_CACHE_HOME: home, CONTEXT_CACHE_KV_BASE: target.baseUrl };
    const args = [
      'kv',
      'findings',
      '--manifests',
      '--namespace',
      target.namespace,
      '--now',
      new Date(nowMs).toISOString(),
    ];
    const found = await runCommand(args, { env });
    assert.equal(found.code, 1);
    assert.match(found.out, /error broken-manifest/);
  });

  it('refuses what Workers KV would refuse before it is sent, key by key', async () => {
    const { api, requests } = open();
    const results = await api.entries.writeAll([
      { key: 'k'.repeat(513), value: new Uint8Array() },
      { key: 'metadata', value: new Uint8Array(), metadata: { text: 'x'.repeat(1024) } },
      { key: 'value', value: new Uint8Array(25 * 1024 * 1024 + 1) },
      { key: 'short', value: new Uint8Array(), expiration: Math.floor(Date.now() / 1000) + 10 },
      { key: '..', value: new Uint8Array() },
      { key: 'fits', value: Buffer.from('x'), metadata: { text: 'x'.repeat(1000) } },
    ]);
    assert.deepEqual(
      results.map(({ error }) => error?.code),
      ['too-large', 'too-large', 'too-large', 'unsupported', 'unsupported', undefined],
    );
    assert.ok(requests.every((request) => request.includes('bulk') || request.includes('fits')));
    assert.deepEqual(
      (await api.entries.list()).map(({ key }) => key),
      ['fits'],
    );
  });

  it('says when there is no such namespace', async () => {
    const { api } = open({ ...kv.freshTarget(), namespace: 'f'.repeat(32) });
    await assert.rejects(snapshotOf(api), { code: 'not-found' });
    const [result] = await api.entries.deleteAll(['a']);
    assert.equal(result?.error?.code, 'not-found');
  });

  describe('on the command line', () => {
    function run(target: KvTarget) {
      return async (command: string, ...args: readonly string[]) =>
        runCommand(
          [
            'kv',
            command,
            ...args,
            '--now',
            new Date(nowMs).toISOString(),
            '--namespace',
            target.namespace,
            '--versions-namespace',
            target.versionsNamespace!,
          ],
          { env: { CONTEXT_CACHE_HOME: home, CONTEXT_CACHE_KV_BASE: target.baseUrl } },
        );
    }

    it('lists, sums up, shows, reads, bumps, purges and takes back', async () => {
      const { api, target } = open();
      const kvRun = run(target);
      await fill(api, [clip, { ...big, expiresAt: nowMs - 1 }]);
      const listed = await kvRun('ls');
      assert.equal(listed.code, 0, listed.messages);
      assert.match(listed.out, /clip\.mp4:derivative=mobile +fresh/);
      assert.match(listed.out, /big\.mp4:derivative=desktop +expired +1\.4 KiB +3 +1 /);
      const chosen = JSON.parse((await kvRun('ls', '--derivative', 'mobile', '--json')).out) as {
        entries: { key: string }[];
      };
      assert.deepEqual(
        chosen.entries.map(({ key }) => key),
        [videoKey(clip)],
      );
      assert.match((await kvRun('stats')).out, /2 entries, .* 3 chunks, 0 orphan chunks/);
      const found = await kvRun('findings');
      assert.equal(found.code, 1);
      assert.match(found.out, /warning expired/);
      assert.match((await kvRun('show', videoKey(clip))).out, /"cacheVersion": 1/);
      assert.equal((await kvRun('get', videoKey(clip))).out, `value of ${videoKey(clip)}`);
      const file = path.join(home, 'big.bin');
      assert.equal((await kvRun('get', videoKey(big), '--output', file)).code, 0);
      assert.equal((await readFile(file)).byteLength, 1430);
      assert.equal((await kvRun('get', videoKey(big), '--output', file)).code, 1, 'no file is overwritten');

      assert.equal((await kvRun('bump', '--tag', 'video-d-mobile', '--dry-run')).code, 0);
      assert.equal((await snapshotOf(api)).versions!.size, 0);
      const unanswered = await kvRun('bump', '--tag', 'video-d-mobile');
      assert.equal(unanswered.code, 1);
      assert.match(unanswered.messages, /Nothing was changed/);
      const bumped = await kvRun('bump', '--tag', 'video-d-mobile', '--yes');
      assert.equal(bumped.code, 0, bumped.messages);
      assert.match((await kvRun('versions', videoKey(clip))).out, /written/);
      assert.equal((await snapshotOf(api)).entries.find(({ key }) => key === videoKey(clip))!.state, 'stale');

      const pruned = await kvRun('prune', '--yes', '--json');
      const { operationId } = JSON.parse(pruned.out) as { operationId: string };
      assert.deepEqual(
        (await snapshotOf(api)).entries.map(({ key }) => key),
        [videoKey(clip)],
      );
      const undone = await kvRun('undo', operationId, '--yes');
      assert.equal(undone.code, 0, undone.messages);
      assert.equal((await snapshotOf(api)).entries.length, 2);
      assert.equal((await kvRun('purge', videoKey(clip), '--yes')).code, 0);
      assert.match((await kvRun('resume')).out, /No purge was interrupted/);
    });

    it('tells wrong use and what is not there', async () => {
      const { target } = open();
      const kvRun = run(target);
      assert.equal((await kvRun('purge', '--yes')).code, 2);
      assert.equal((await kvRun('ls')).out, 'There are no entries.\n');
      const missing = await kvRun('show', 'nowhere');
      assert.equal(missing.code, 1);
      assert.match(missing.messages, /There is no entry "nowhere"/);
      assert.equal((await kvRun('undo', 'nothing')).code, 1);
      assert.equal((await kvRun('resume', 'nothing')).code, 1);
    });
  });
});

describe('Criteria', () => {
  it('must choose something', () => {
    assert.throws(() => selectKv({ takenMs: 0, entries: [], orphanChunks: [], versions: undefined }, {}), {
      name: 'UserError',
    });
  });
});
