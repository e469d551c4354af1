import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fingerprintOf } from '../../../src/core/cache/fingerprint';
import type { CacheSnapshot } from '../../../src/core/cache/model';
import { entriesOf } from '../../../src/core/cache/plans/planBuilder';
import { SourceError } from '../../../src/core/errors';
import type { FileTree } from '../../../src/core/fileTree';
import { MirroredTree } from '../../../src/core/mirror/mirroredTree';
import { MirrorStore } from '../../../src/core/mirror/mirrorStore';
import { momentsOf, versionsAt } from '../../../src/core/versions/moments';
import { VersionStore } from '../../../src/core/versions/versionStore';
import { createMirrorKeeper } from '../../../src/vscode/sandboxes/mirrorKeeper';
import type { MirrorKeeper } from '../../../src/vscode/sandboxes/mirrorKeeper';
import type { Sandbox } from '../../../src/vscode/sandboxes/sandbox';
import type { TakeSnapshots } from '../../../src/vscode/sandboxes/sandboxStore';
import { createSnapshotReader } from '../../../src/vscode/sandboxes/takeSnapshots';
import { fingerprintOfFolder } from '../sources/fileTreeContract';
import { TemporaryCache } from '../cache/temporaryCache';

const mebibyte = 1024 * 1024;

/** The folder's tree, whose link can be cut and whose looks can be followed by something. */
function fragileTree(tree: FileTree): FileTree & { cut: boolean; afterScan: () => Promise<void> } {
  const fail = (): void => {
    if (fragile.cut) {
      throw new SourceError('unavailable', 'The folder is out of reach.', { nextStep: 'Connect again.' });
    }
  };
  const fragile = {
    id: tree.id,
    label: tree.label,
    capabilities: tree.capabilities,
    cut: false,
    afterScan: async () => Promise.resolve(),
    scan: async (...args: Parameters<FileTree['scan']>) => {
      fail();
      const result = await tree.scan(...args);
      await fragile.afterScan();
      return result;
    },
    read: async (...args: Parameters<FileTree['read']>) => {
      fail();
      return tree.read(...args);
    },
    commit: tree.commit.bind(tree),
  };
  return fragile;
}

describe('The history of a folder', () => {
  let cache: TemporaryCache;
  let data: string;
  let history: VersionStore;
  let tree: ReturnType<typeof fragileTree>;
  let sandbox: Sandbox;
  let keeper: MirrorKeeper;
  let look: TakeSnapshots;
  let nowMs: number;
  let budgetBytes: number;
  const clock = { now: (): number => nowMs };

  beforeEach(() => {
    cache = new TemporaryCache();
    data = realpathSync(mkdtempSync(join(tmpdir(), 'context-cache-data-')));
    nowMs = Date.UTC(2026, 0, 1);
    budgetBytes = 8 * mebibyte;
    history = new VersionStore(join(data, 'versions'), { clock });
    tree = fragileTree(cache.tree);
    openWindow();
  });

  afterEach(() => {
    keeper.dispose();
    cache.dispose();
    rmSync(data, { recursive: true, force: true });
  });

  function openWindow(): void {
    const mirrored = new MirroredTree(tree, new MirrorStore(join(data, 'mirror'), history), history);
    const rest = { id: 'here', label: 'here', place: cache.root, origin: 'detected', setting: undefined } as const;
    sandbox = { ...rest, kind: 'folder', tree: mirrored, near: true, uri: undefined };
    const fetchBudgetBytes = (): number => budgetBytes;
    keeper = createMirrorKeeper({ clock, log: { warn: (text) => assert.fail(text) }, fetchBudgetBytes });
    look = createSnapshotReader({
      clock,
      library: async () => Promise.resolve(new Map()),
      sourceFiles: () => undefined,
      fetchBudgetBytes,
      keep: keeper.keep,
    });
  }

  async function lookAll(): Promise<readonly CacheSnapshot[]> {
    const seen: CacheSnapshot[] = [];
    for await (const snapshot of look(sandbox, new AbortController().signal)) {
      seen.push(snapshot);
    }
    await keeper.settled();
    return seen;
  }

  async function contentsOf(key: string): Promise<readonly (string | undefined)[]> {
    const versions = await history.versions({ sourceId: tree.id, scope: 'project', key });
    return Promise.all(
      versions.map(async ({ content }) =>
        content?.sha256 === undefined ? undefined : Buffer.from((await history.content(content.sha256))!).toString(),
      ),
    );
  }

  it('has every content that was seen of a key, and its removal, as that of a place far away has', async () => {
    for (const text of ['one', 'two', 'one']) {
      cache.putAll('project', { note: { content: text }, other: { content: 'stays' } });
      nowMs += 3_600_000;
      await lookAll();
    }
    cache.putAll('project', { other: { content: 'stays' } });
    nowMs += 3_600_000;
    const before = fingerprintOfFolder(cache.root);
    await lookAll();
    await lookAll();
    assert.deepEqual(await contentsOf('note'), ['one', 'two', 'one', undefined]);
    assert.deepEqual(await contentsOf('other'), ['stays']);
    assert.deepEqual(fingerprintOfFolder(cache.root), before);
    const histories = await history.histories(tree.id);
    const [, , twoHoursAgo] = momentsOf(histories);
    const then = versionsAt(histories, twoHoursAgo!.atMs).get('project/note');
    assert.equal(then?.content?.fingerprint, fingerprintOf(Buffer.from('two')));
  });

  it('keeps nobody waiting: rows come before anything is written', async () => {
    cache.put('project', 'note', 'one');
    const looking = look(sandbox, new AbortController().signal)[Symbol.asyncIterator]();
    const first = (await looking.next()).value as CacheSnapshot;
    assert.deepEqual(
      entriesOf(first).map(({ key, contentSha256 }) => [key, contentSha256]),
      [['note', undefined]],
    );
    const verified = (await looking.next()).value as CacheSnapshot;
    assert.match(entriesOf(verified)[0]?.contentSha256 ?? '', /^[0-9a-f]{64}$/);
    assert.ok(!existsSync(join(data, 'versions')) && !existsSync(join(data, 'mirror')));
    assert.equal((await looking.next()).done, true);
    await keeper.settled();
    assert.deepEqual(await contentsOf('note'), ['one']);
  });

  it('takes no more values along than the budget at one look, and none at zero', async function () {
    this.timeout(120_000);
    const entries = Array.from({ length: 5000 }, (_, number) => [
      `key_${number}`,
      { content: `${number} `.repeat(20) },
    ]);
    cache.putAll('project', Object.fromEntries(entries) as Record<string, { content: string }>);
    budgetBytes = 0;
    await lookAll();
    assert.equal((await history.latest(tree.id)).length, 5000);
    assert.ok((await history.latest(tree.id)).every(({ content }) => content?.sha256 === undefined));
    budgetBytes = 10_000;
    await lookAll();
    const kept = (await history.latest(tree.id)).filter(({ content }) => content?.sha256 !== undefined);
    const bytes = kept.reduce((sum, { content }) => sum + content!.sizeBytes, 0);
    assert.ok(bytes > 9000 && bytes <= 10_000, String(bytes));
  });

  it('is not told the past by a look that a write has overtaken', async () => {
    cache.putAll('project', { note: { content: 'one' }, other: { content: 'a' } });
    await lookAll();
    cache.putAll('project', { note: { content: 'one' }, other: { content: 'b' } });
    let writes = 1;
    tree.afterScan = async () => {
      if (writes-- > 0) {
        cache.putAll('project', { note: { content: 'two' }, other: { content: 'b' } });
        const sha256 = await history.keep(Buffer.from('two'));
        const content = { fingerprint: sha256.slice(0, 16), sizeBytes: 3, sha256 };
        await history.record(tree.id, [{ scope: 'project', key: 'note', author: 'put', content }]);
      }
    };
    await lookAll();
    assert.deepEqual(await contentsOf('note'), ['one', 'two']);
    assert.deepEqual(await contentsOf('other'), ['a', 'b']);
    const versions = await history.versions({ sourceId: tree.id, scope: 'project', key: 'note' });
    assert.deepEqual(
      versions.map(({ author }) => author),
      ['sandbox', 'put'],
    );
  });

  it('misses no change when looks come faster than they can be kept', async () => {
    cache.putAll('project', { note: { content: '0' } });
    await lookAll();
    for (let turn = 1; turn <= 8; turn += 1) {
      cache.putAll('project', { note: { content: String(turn) } });
      const looking = look(sandbox, new AbortController().signal)[Symbol.asyncIterator]();
      while ((await looking.next()).done !== true);
    }
    await keeper.settled();
    const versions = await history.versions({ sourceId: tree.id, scope: 'project', key: 'note' });
    const all = Array.from({ length: 9 }, (_, turn) => fingerprintOf(Buffer.from(String(turn))));
    const turns = versions.map(({ content }) => all.indexOf(content?.fingerprint ?? ''));
    // A content that was there between two looks is not seen, and one that is seen late is seen in its place.
    assert.deepEqual(turns, [...turns].sort());
    assert.deepEqual([turns[0], turns.at(-1), (await contentsOf('note')).at(-1)], [0, 8, '8']);
  });

  it('shows the folder as it was last seen while it is out of reach, in the next window too', async () => {
    cache.putAll('project', { note: { content: 'one' }, other: { content: 'a' } });
    await lookAll();
    tree.cut = true;
    openWindow();
    const seen: CacheSnapshot[] = [];
    await assert.rejects(async () => {
      for await (const snapshot of look(sandbox, new AbortController().signal)) {
        seen.push(snapshot);
      }
    }, /out of reach/);
    assert.deepEqual(
      seen.map((snapshot) => entriesOf(snapshot).map(({ key, state }) => [key, state])),
      [
        [
          ['note', 'expired'],
          ['other', 'expired'],
        ],
      ],
    );
    assert.equal(Buffer.from(await sandbox.tree.read('project/note')).toString(), 'one');
    assert.equal(sandbox.tree.offline?.code, 'unavailable');
  });
});
