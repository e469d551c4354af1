import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { ObjectStore } from '../../../src/core/versions/objectStore';

describe('object store', () => {
  let folder: string;
  let store: ObjectStore;

  const pathOf = (sha256: string): string => join(folder, 'objects', sha256.slice(0, 2), `${sha256}.gz`);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'objects-'));
    store = new ObjectStore(folder);
  });

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('gives back any bytes under their SHA-256', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2000 }), fc.boolean(), async (bytes, durable) => {
        const { sha256 } = await store.put(bytes, { durable });
        assert.equal(sha256, createHash('sha256').update(bytes).digest('hex'));
        assert.deepEqual(Buffer.from((await store.get(sha256))!), Buffer.from(bytes));
      }),
      { numRuns: 60 },
    );
    assert.deepEqual(await readdir(join(folder, 'tmp')), []);
  });

  it('keeps the same bytes once', async () => {
    const bytes = randomBytes(1000);
    assert.ok((await store.put(bytes)).grew > 0);
    assert.equal((await store.put(bytes)).grew, 0);
    assert.equal((await store.put(bytes, { durable: true })).grew, 0);
    assert.equal((await store.list()).length, 1);
  });

  it('discards a damaged file, keeps the rest, and takes the content again', async () => {
    const good = await store.put(Buffer.from('good'));
    for (const damage of [Buffer.alloc(0), Buffer.from('not compressed'), randomBytes(40)]) {
      const { sha256 } = await store.put(Buffer.from('precious'));
      await writeFile(pathOf(sha256), damage);
      assert.equal(await store.get(sha256), undefined);
      assert.equal(await store.has(sha256), false);
      assert.ok((await store.put(Buffer.from('precious'), { durable: true })).grew > 0);
      assert.equal(Buffer.from((await store.get(sha256))!).toString(), 'precious');
    }
    assert.equal(Buffer.from((await store.get(good.sha256))!).toString(), 'good');
  });

  it('replaces a damaged file when the content must be durable', async () => {
    const { sha256 } = await store.put(Buffer.from('precious'));
    await writeFile(pathOf(sha256), 'damaged');
    await store.put(Buffer.from('precious'), { durable: true });
    assert.equal(Buffer.from((await store.get(sha256))!).toString(), 'precious');
  });

  it('refuses what is not a hash', async () => {
    assert.equal(await store.get('../../etc/passwd'), undefined);
    assert.equal(await store.has('..'), false);
  });

  it('does not remove what has been used since it was listed', async () => {
    const { sha256 } = await store.put(Buffer.from('used'));
    const longAgo = new Date(Date.now() - 1_000_000);
    await utimes(pathOf(sha256), longAgo, longAgo);
    const [listed] = await store.list();
    await store.get(sha256);
    assert.equal(await store.remove(listed!), false);
    assert.equal(await store.has(sha256), true);
    const [again] = await store.list();
    assert.equal(await store.remove(again!), true);
    assert.equal(await store.has(sha256), false);
  });

  it('clears away what dead processes left, and only that', async () => {
    await store.put(Buffer.from('content'));
    const old = join(folder, 'tmp', 'old');
    await writeFile(old, 'x');
    const longAgo = new Date(Date.now() - 10 * 60 * 60 * 1000);
    await utimes(old, longAgo, longAgo);
    await writeFile(join(folder, 'tmp', 'young'), 'x');
    await store.list();
    assert.deepEqual(await readdir(join(folder, 'tmp')), ['young']);
  });
});
