import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sighting, VersionAuthor } from '../../../src/core/cache/history';
import { UserError } from '../../../src/core/errors';
import { VersionStore } from '../../../src/core/versions/versionStore';

const sourceId = 'folder:/somewhere/.iris/kv-cache';
const address = { sourceId, scope: 'project', key: 'summary' };

describe('version store', () => {
  let folder: string;
  let nowMs: number;
  let store: VersionStore;

  const open = (limitBytes?: number): VersionStore =>
    new VersionStore(folder, { clock: { now: () => nowMs }, ...(limitBytes === undefined ? {} : { limitBytes }) });

  async function saw(text: string | undefined, author: VersionAuthor = 'sandbox', into = store): Promise<void> {
    await into.record(sourceId, [await sighting(text, author, into)]);
  }

  async function sighting(text: string | undefined, author: VersionAuthor, into: VersionStore): Promise<Sighting> {
    if (text === undefined) {
      return { scope: address.scope, key: address.key, author };
    }
    const bytes = Buffer.from(text);
    const sha256 = await into.keep(bytes);
    return {
      scope: address.scope,
      key: address.key,
      author,
      content: { fingerprint: sha256.slice(0, 16), sizeBytes: bytes.length, sha256 },
    };
  }

  async function drawn(from = store): Promise<string[]> {
    const lines: string[] = [];
    for (const version of await from.versions(address)) {
      const bytes = version.content?.sha256 === undefined ? undefined : await from.content(version.content.sha256);
      const text = bytes === undefined ? '(gone)' : Buffer.from(bytes).toString();
      const marks = [version.label, version.pinned ? 'pinned' : undefined].filter((mark) => mark !== undefined);
      lines.push([`${version.number}`, version.author, text, ...marks].join(' '));
    }
    return lines;
  }

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'versions-'));
    nowMs = Date.UTC(2025, 10, 12, 9, 30);
    store = open();
  });

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('numbers each distinct content, and a tombstone, and a content that comes back', async () => {
    await saw('one', 'seeded');
    await saw('one');
    await saw('two');
    await saw(undefined, 'invalidated');
    await saw(undefined);
    await saw('one', 'restored');
    assert.deepEqual(await drawn(), ['1 seeded one', '2 sandbox two', '3 invalidated (gone)', '4 restored one']);
    assert.deepEqual(await drawn(open()), await drawn());
  });

  it('does not remember a key as gone that it never saw', async () => {
    await saw(undefined);
    assert.deepEqual(await drawn(), []);
    assert.deepEqual(await readdir(folder), []);
  });

  it('takes the bytes later of a content that was first seen in the index alone', async () => {
    const { content, ...rest } = await sighting('one', 'sandbox', store);
    assert.ok(content);
    const { fingerprint, sizeBytes } = content;
    await store.record(sourceId, [{ ...rest, content: { fingerprint, sizeBytes } }]);
    assert.deepEqual(await drawn(), ['1 sandbox (gone)']);
    await saw('one');
    await saw('two');
    assert.deepEqual(await drawn(), ['1 sandbox one', '2 sandbox two']);
  });

  it('believes who wrote a content before who saw it, whichever came first', async () => {
    await saw('one', 'sandbox');
    await saw('one', 'seeded');
    await saw('one', 'sandbox');
    assert.deepEqual(await drawn(), ['1 seeded one']);
  });

  it('makes one version of what two processes saw at once, and tells different contents apart', async () => {
    const other = open();
    const both = await Promise.all([sighting('one', 'sandbox', store), sighting('one', 'put', other)]);
    await Promise.all([store.record(sourceId, [both[0]]), other.record(sourceId, [both[1]])]);
    assert.deepEqual(await drawn(), ['1 put one']);

    const racing = await Promise.all([sighting('two', 'sandbox', store), sighting('three', 'put', other)]);
    await Promise.all([store.record(sourceId, [racing[0]]), other.record(sourceId, [racing[1]])]);
    const versions = await store.versions(address);
    assert.deepEqual(
      versions.map((version) => version.number),
      [1, 2, 3],
    );
    assert.deepEqual(await drawn(), await drawn(other));
  });

  it('keeps the order of versions when the clock jumps back', async () => {
    await saw('one');
    nowMs -= 86_400_000;
    await saw('two');
    nowMs += 172_800_000;
    await saw('three');
    assert.deepEqual(await drawn(), ['1 sandbox one', '2 sandbox two', '3 sandbox three']);
  });

  it('labels, pins, and takes both back, across processes', async () => {
    await saw('one');
    await saw('two');
    const [first] = await store.versions(address);
    await store.label(first!, 'good');
    await open().label(first!, 'better');
    await open().pin(first!, true);
    assert.deepEqual(await drawn(), ['1 sandbox one better pinned', '2 sandbox two']);
    await store.label(first!, undefined);
    await store.pin(first!, false);
    assert.deepEqual(await drawn(open()), ['1 sandbox one', '2 sandbox two']);
  });

  it('finds a version by number and says which there are', async () => {
    await saw('one');
    assert.equal((await store.version(address, 1)).number, 1);
    await assert.rejects(store.version(address, 7), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(error.nextStep, /1/);
      return true;
    });
  });

  it('keeps numbers, labels and latest versions through compaction', async () => {
    for (let index = 0; index < 40; index += 1) {
      // Each store is a process of its own with a segment of its own.
      await saw(`text ${index}`, 'sandbox', open());
    }
    const [first] = await store.versions(address);
    await store.label(first!, 'first');
    const before = await drawn();
    assert.equal(before.length, 40);
    await saw('text 39', 'put', open());
    const segments = await readdir(join(folder, 'history', (await readdir(join(folder, 'history')))[0]!));
    assert.ok(segments.length < 40, `${segments.length} segments`);
    assert.deepEqual(await drawn(open()), [...before.slice(0, -1), '40 put text 39']);
  });

  it('lists the latest of every key, and its sources', async () => {
    await saw('one');
    await saw(undefined);
    await store.record('ssh:host/x', [await sighting('two', 'sandbox', store)]);
    const latest = await store.latest(sourceId);
    assert.deepEqual(
      latest.map(({ key, content }) => [key, content]),
      [['summary', undefined]],
    );
    assert.deepEqual(await store.sources(), [sourceId, 'ssh:host/x']);
  });

  it('drops the least recently used contents above its limit and never a pinned one', async () => {
    const small = open(64 * 1024);
    await saw('pinned '.repeat(10), 'put', small);
    await small.pin((await small.versions(address))[0]!, true);
    for (let index = 0; index < 12; index += 1) {
      await saw(randomBytes(9 * 1024).toString('latin1'), 'sandbox', small);
    }
    const plan = await small.planVacuum({});
    assert.ok(plan.keepBytes <= 64 * 1024, `${plan.keepBytes} bytes`);
    const texts = await drawn(small);
    assert.equal(texts.length, 13);
    assert.match(texts[0]!, /pinned pinned/);
    assert.match(texts[1]!, /\(gone\)/);
    assert.doesNotMatch(texts[12]!, /\(gone\)/);
  });

  it('vacuums by age and size after a plan, and tells what is gone', async () => {
    await saw('one');
    await saw('two');
    const plan = await store.planVacuum({ unusedSinceMs: Date.now() + 60_000 });
    assert.equal(plan.drop.length, 2);
    assert.equal(plan.keepBytes, 0);
    const result = await store.vacuum(plan);
    assert.deepEqual(result, { dropped: 2, droppedBytes: plan.dropBytes });
    assert.deepEqual(await drawn(), ['1 sandbox (gone)', '2 sandbox (gone)']);
    assert.equal(await store.isKept((await store.versions(address))[0]!), false);
  });

  it('keeps what a running operation relies on, whatever the limit', async () => {
    const tiny = open(1024);
    const contents = Array.from({ length: 5 }, () => randomBytes(2000));
    const hashes: string[] = [];
    for (const bytes of contents) {
      hashes.push(await tiny.keep(bytes, { durable: true }));
    }
    for (const [index, sha256] of hashes.entries()) {
      assert.deepEqual(Buffer.from((await tiny.content(sha256))!), contents[index]);
    }
  });

  it('writes operations down step by step and reads them back', async () => {
    const recorder = await store.beginOperation({ sourceId, sourceLabel: 'sandbox', title: 'Seed 1 instruction' });
    assert.deepEqual(await store.operations(), []);
    const sha256 = createHash('sha256').update('x').digest('hex');
    const step = {
      scope: 'project',
      keys: ['summary'],
      files: [{ path: 'project/summary', before: undefined, after: sha256 }],
    };
    await recorder.addStep(step);
    await recorder.addStep({ ...step, scope: undefined, keys: [] });
    nowMs -= 1000; // The clock may be set back.
    const later = await store.beginOperation({ sourceId: 'other', sourceLabel: 'o', title: 'Prune' });
    await later.addStep(step);

    const read = await open().operation(recorder.id);
    assert.equal(read?.title, 'Seed 1 instruction');
    assert.deepEqual(
      read.steps.map(({ scope }) => scope),
      ['project', undefined],
    );
    assert.equal(read.steps[0]?.files[0]?.after, sha256);
    assert.deepEqual(
      (await store.operations()).map(({ id }) => id),
      [later.id, recorder.id],
    );
    assert.deepEqual(
      (await store.operations(sourceId)).map(({ id }) => id),
      [recorder.id],
    );
    assert.equal(await store.operation('../../../etc/passwd'), undefined);
    assert.equal(await store.operation('00000000-000000000000'), undefined);
  });

  it('opens a folder full of rubbish', async () => {
    await saw('one');
    const [history] = await readdir(join(folder, 'history'));
    await writeFile(join(folder, 'history', history!, 'rubbish.jsonl'), randomBytes(500));
    await writeFile(join(folder, 'history', 'file'), 'not a folder');
    await writeFile(join(folder, 'objects', 'file'), 'not a folder');
    await writeFile(join(folder, 'operations'), 'not a folder');
    assert.deepEqual(await drawn(open()), ['1 sandbox one']);
    assert.deepEqual(await open().sources(), [sourceId]);
    assert.deepEqual(await open().operations(), []);
    assert.equal((await open().planVacuum({})).drop.length, 0);
  });
});
