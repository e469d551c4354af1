import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { planCopy } from '../../../src/core/cache/plans/copy';
import { entriesOf } from '../../../src/core/cache/plans/planBuilder';
import { readSnapshot } from '../../../src/core/cache/snapshot';
import { SourceError, UserError } from '../../../src/core/errors';
import type { FileTree } from '../../../src/core/fileTree';
import { silentLogger } from '../../../src/core/ports';
import { exportCache, openArchive } from '../../../src/core/mirror/archive';
import { MirroredTree } from '../../../src/core/mirror/mirroredTree';
import { MirrorStore } from '../../../src/core/mirror/mirrorStore';
import { refreshMirror } from '../../../src/core/mirror/refresh';
import type { RefreshResult } from '../../../src/core/mirror/refresh';
import { packFiles, readArchives } from '../../../src/core/sources/tarArchive';
import { VersionStore } from '../../../src/core/versions/versionStore';
import { failsWith, fingerprintOfFolder } from '../sources/fileTreeContract';
import { goldenClock, TemporaryCache } from '../cache/temporaryCache';
import { WritableCache } from '../cache/writing';

/** A tree that counts its round trips, and whose link can be cut. */
function countedTree(tree: FileTree): FileTree & { trips: number; cut: boolean } {
  const counted = {
    id: tree.id,
    label: tree.label,
    capabilities: tree.capabilities,
    trips: 0,
    cut: false,
    trip: (): void => {
      counted.trips += 1;
      if (counted.cut) {
        throw new SourceError('unavailable', 'The link is down.', { nextStep: 'Connect again.' });
      }
    },
    scan: async (...args: Parameters<FileTree['scan']>) => {
      counted.trip();
      return tree.scan(...args);
    },
    read: async (...args: Parameters<FileTree['read']>) => {
      counted.trip();
      return tree.read(...args);
    },
    commit: async (...args: Parameters<FileTree['commit']>) => {
      counted.trip();
      return tree.commit(...args);
    },
  };
  return counted;
}

function offlineCode(tree: MirroredTree): string | undefined {
  return tree.offline?.code;
}

describe('mirror', () => {
  let cache: TemporaryCache;
  let data: string;
  let history: VersionStore;
  let mirror: MirrorStore;
  let tree: ReturnType<typeof countedTree>;

  async function refresh(budgetBytes?: number): Promise<RefreshResult> {
    return refreshMirror(tree, mirror, history, {
      clock: goldenClock,
      ...(budgetBytes === undefined ? {} : { budgetBytes }),
    });
  }

  beforeEach(() => {
    cache = new TemporaryCache('typical');
    data = realpathSync(mkdtempSync(join(tmpdir(), 'context-cache-data-')));
    history = new VersionStore(join(data, 'versions'), { clock: goldenClock });
    mirror = new MirrorStore(join(data, 'mirror'), history);
    tree = countedTree(cache.tree);
  });

  afterEach(() => {
    cache.dispose();
    rmSync(data, { recursive: true, force: true });
  });

  it('costs one round trip when nothing has changed, and never writes to the source', async () => {
    const before = fingerprintOfFolder(cache.root);
    const first = await refresh();
    assert.equal(first.changed.length, 55);
    tree.trips = 0;
    const second = await refresh();
    assert.deepEqual([second.changed, second.vanished, second.fetchedBytes, tree.trips], [[], [], 0, 1]);
    assert.deepEqual(fingerprintOfFolder(cache.root), before);
  });

  it('fetches only what changed, keeps versions, and leaves a tombstone for what vanished', async () => {
    await refresh();
    const key = { sourceId: tree.id, scope: 'project', key: 'note' };
    cache.putAll('project', { note: { content: 'one' } });
    const second = await refresh();
    assert.deepEqual(second.changed, ['project/note']);
    assert.deepEqual(second.vanished, ['project/summary', 'project/architecture_notes', 'project/decisions.json']);
    assert.equal(second.fetchedBytes, 3);
    cache.putAll('project', { note: { content: 'three' } });
    assert.equal((await refresh()).fetchedBytes, 5);
    const versions = await history.versions(key);
    assert.deepEqual(
      await Promise.all(
        versions.map(async ({ content }) => Buffer.from((await history.content(content!.sha256!))!).toString()),
      ),
      ['one', 'three'],
    );
    const [, gone] = await history.versions({ ...key, key: 'summary' });
    assert.equal(gone?.content, undefined);
  });

  it('keeps to its budget, and takes what it left when there is more', async () => {
    const none = await refresh(0);
    assert.equal(none.fetchedBytes, 0);
    assert.equal(none.changed.length, 55);
    const some = await refresh(1000);
    assert.ok(some.fetchedBytes > 0 && some.fetchedBytes <= 1000);
    assert.deepEqual(some.changed, []);
    const all = await refresh();
    assert.ok(all.fetchedBytes > 10_000);
    assert.equal((await refresh()).fetchedBytes, 0);
  });

  it('takes no unreadable index, and no scope that can not be read, for a deletion', async () => {
    await refresh();
    cache.write('task/_index.json', '{');
    const result = await refresh();
    assert.deepEqual(result.vanished, []);
    assert.ok((await history.latest(tree.id)).every(({ content }) => content !== undefined));
  });

  it('answers everything that reads while the source is out of reach, and refuses to write', async () => {
    await refresh();
    const mirrored = new MirroredTree(tree, mirror, history);
    const online = await readSnapshot(mirrored, { clock: goldenClock, verifyValues: true });
    assert.equal(offlineCode(mirrored), undefined);
    tree.cut = true;
    const offline = await readSnapshot(mirrored, { clock: goldenClock });
    assert.equal(offlineCode(mirrored), 'unavailable');
    assert.deepEqual(
      entriesOf(offline).map(({ scope, key, fingerprint }) => [scope, key, fingerprint]),
      entriesOf(online)
        .map((entry) => (entry.states.includes('orphan') ? { ...entry, fingerprint: undefined } : entry))
        .map(({ scope, key, fingerprint }) => [scope, key, fingerprint]),
    );
    assert.match(Buffer.from(await mirrored.read('project/summary')).toString(), /./);
    await failsWith(mirrored.commit({ writes: [{ path: 'project/x', bytes: Buffer.from('x') }] }), 'unavailable');
    await failsWith(mirrored.read('artifacts/tool_output_orphan_deadbeef'), 'unavailable');
    await failsWith(mirrored.read('artifacts/nothing'), 'not-found');
    tree.cut = false;
    await mirrored.read('artifacts/tool_output_orphan_deadbeef');
    assert.equal(offlineCode(mirrored), undefined);
    tree.cut = true;
    assert.ok((await mirrored.read('artifacts/tool_output_orphan_deadbeef')).byteLength > 0);
  });

  it('shares one look among several readers, and shows what the mirror knows of the values', async () => {
    const mirrored = new MirroredTree(tree, mirror, history);
    assert.equal(await mirrored.lastSeen(), undefined);
    const listed = await mirrored.list();
    await readSnapshot(listed, { clock: goldenClock });
    assert.equal(tree.trips, 1);
    const recorded = await mirrored.record(listed, { clock: goldenClock });
    tree.trips = 0;
    const known = await readSnapshot(listed, { clock: goldenClock, knownHashes: recorded!.state.files });
    assert.equal(tree.trips, 0);
    const verified = await readSnapshot(cache.tree, { clock: goldenClock, verifyValues: true });
    const states = (snapshot: typeof known): unknown[] =>
      entriesOf(snapshot)
        .filter((entry) => !entry.states.includes('orphan'))
        .map(({ scope, key, states: all }) => [scope, key, all]);
    assert.deepEqual(states(known), states(verified));
    assert.equal((await mirrored.lastSeen())?.state.seenMs, goldenClock.now());
  });

  it('takes values that it holds from itself, and keeps those that it had to fetch', async () => {
    const mirrored = new MirroredTree(tree, mirror, history);
    await mirrored.record(await mirrored.list(), { clock: goldenClock, budgetBytes: 0 });
    const paths = ['project/summary', 'project/nothing'];
    tree.trips = 0;
    const first = await mirrored.values(paths);
    assert.equal(tree.trips, 1);
    assert.ok(first.get('project/nothing') instanceof SourceError);
    const second = await mirrored.values(['project/summary']);
    assert.equal(tree.trips, 1);
    assert.deepEqual(second.get('project/summary'), first.get('project/summary'));
    tree.cut = true;
    assert.deepEqual((await mirrored.values(paths)).get('project/summary'), first.get('project/summary'));
    assert.equal(offlineCode(mirrored), 'unavailable');
  });

  it('costs nobody the source when it can neither be read nor written', async () => {
    const blocked = join(data, 'blocked');
    writeFileSync(blocked, ''); // A file where the folders should be.
    const said: string[] = [];
    const lost = new VersionStore(join(blocked, 'versions'), { clock: goldenClock });
    const logger = { ...silentLogger, warn: (text: string) => said.push(text) };
    const mirrored = new MirroredTree(tree, new MirrorStore(join(blocked, 'mirror'), lost), lost, logger);
    assert.equal(await mirrored.lastSeen(), undefined);
    const listed = await mirrored.list();
    assert.equal(await mirrored.record(listed, { clock: goldenClock }), undefined);
    assert.match(Buffer.from(await mirrored.read('project/summary')).toString(), /./);
    assert.ok((await mirrored.values(['project/summary'])).get('project/summary') instanceof Uint8Array);
    assert.ok(said.length >= 3 && said.every((text) => text.startsWith('The mirror of ')), said.join());
  });

  it('keeps what was seen when the link breaks off before the values have come', async () => {
    const mirrored = new MirroredTree(tree, mirror, history);
    const listed = await mirrored.list();
    tree.cut = true;
    await failsWith(mirrored.record(listed, { clock: goldenClock }), 'unavailable');
    const offline = await readSnapshot(mirrored, { clock: goldenClock });
    const now = await readSnapshot(cache.tree, { clock: goldenClock });
    assert.deepEqual(
      entriesOf(offline).map(({ key }) => key),
      entriesOf(now).map(({ key }) => key),
    );
  });

  it('is out of reach like its source when it has never seen it', async () => {
    tree.cut = true;
    await failsWith(new MirroredTree(tree, mirror, history).scan({ folders: [''] }), 'unavailable');
  });

  it('opens again after its file, or a content, was damaged, without losing the rest', async () => {
    await refresh();
    for (const name of readdirSync(join(data, 'mirror'))) {
      writeFileSync(join(data, 'mirror', name), '{"format":1');
    }
    assert.equal(await mirror.load(tree.id), undefined);
    const again = await refresh();
    assert.deepEqual([again.changed, again.vanished], [[], []]);
    const seen = await mirror.lastSeen(tree.id, 'the link is down.');
    assert.match(Buffer.from(await seen!.tree.read('project/summary')).toString(), /./);
  });
});

describe('archive', () => {
  let work: WritableCache;

  beforeEach(() => {
    work = new WritableCache('typical');
  });

  afterEach(() => {
    work.dispose();
  });

  it('holds a whole cache, which reads as it did', async () => {
    const { archive, files } = await exportCache(work.tree, { clock: goldenClock });
    const tree = await openArchive(archive, 'x.tar.gz');
    const [before, after] = await Promise.all(
      [work.tree, tree].map(async (one) => readSnapshot(one, { clock: goldenClock, verifyValues: true })),
    );
    assert.equal(files, Object.keys(work.files()).length);
    assert.deepEqual(
      entriesOf(after!).map(({ key, state, contentSha256 }) => [key, state, contentSha256]),
      entriesOf(before!).map(({ key, state, contentSha256 }) => [key, state, contentSha256]),
    );
    assert.deepEqual(after!.seedFlag, before!.seedFlag);
    assert.equal(tree.capabilities.write, false);
  });

  it('copies into an empty cache so that its sound entries are the same to the byte', async () => {
    const { archive } = await exportCache(work.tree, { clock: goldenClock });
    const tree = await openArchive(archive, 'x.tar.gz');
    const from = { tree, snapshot: await readSnapshot(tree, { clock: goldenClock }) };
    const other = new WritableCache('empty');
    try {
      await other.apply(planCopy(from, entriesOf(from.snapshot), await other.source()));
      for (const scope of ['system', 'instructions', 'project']) {
        assert.equal(other.text(`${scope}/_index.json`), work.text(`${scope}/_index.json`));
      }
      const copied = await other.source(true);
      assert.deepEqual(
        entriesOf(copied.snapshot).filter(({ state }) => state === 'corrupt' || state === 'missing'),
        [],
      );
    } finally {
      other.dispose();
    }
  });

  it('refuses what was cut off, changed, or has no place in a cache', async () => {
    const { archive } = await exportCache(work.tree, { clock: goldenClock });
    const files = await readArchives(gunzipSync(archive));
    const repack = async (change: (text: string) => string, value?: string): Promise<Uint8Array> =>
      gzipSync(
        await packFiles(
          files.map(({ name, bytes }) => ({
            name,
            bytes:
              name === 'manifest.json'
                ? Buffer.from(change(Buffer.from(bytes).toString()))
                : value === undefined
                  ? bytes
                  : Buffer.from(value),
          })),
        ),
      );
    const bad: Readonly<Record<string, Uint8Array>> = {
      empty: new Uint8Array(),
      'no archive': Buffer.from('text'),
      'cut off': archive.subarray(0, archive.length / 2),
      'changed values': await repack((text) => text, 'changed'),
      'no manifest': gzipSync(await packFiles(files.filter(({ name }) => name !== 'manifest.json'))),
      'a newer version': await repack((text) => text.replace('"version": 1', '"version": 2')),
      'a path outside': await repack((text) => text.replace('"path": "project/summary"', '"path": "../../etc/passwd"')),
      'a path below a key': await repack((text) => text.replace('"project/summary"', '"project/a/b"')),
      'an absolute path': await repack((text) => text.replace('"project/summary"', '"/etc/passwd"')),
    };
    for (const [name, bytes] of Object.entries(bad)) {
      await assert.rejects(openArchive(bytes, 'x.tar.gz'), UserError, name);
    }
    assert.ok(await openArchive(await repack((text) => text), 'x.tar.gz'));
  });
});
