import assert from 'node:assert/strict';
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CountMemory } from '../../../src/core/tokens/countMemory';
import { createTokenCounter } from '../../../src/core/tokens/localCounter';

describe('the memory of token counts', () => {
  let folder = '';
  let file = '';

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'context-cache-counts-'));
    file = join(folder, 'deep', 'o200k_base.counts');
  });

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const open = async (tables = 'a', maxRecords?: number): Promise<CountMemory> =>
    CountMemory.open({ file, tables, maxRecords });
  const keys = Array.from({ length: 20 }, (_, index) => CountMemory.keyOf(`text ${index}`));

  async function filled(): Promise<void> {
    const memory = await open();
    keys.forEach((key, index) => {
      memory.remember(key, index * 1000);
    });
    await memory.save();
  }

  it('tells a later run what it learned', async () => {
    await filled();
    const later = await open();
    assert.deepEqual(
      keys.map((key) => later.recall(key)),
      keys.map((_, index) => index * 1000),
    );
    assert.equal(later.recall(CountMemory.keyOf('unseen')), undefined);
  });

  it('adds up what several processes learn', async () => {
    await filled();
    const [one, other] = [await open(), await open()];
    one.remember(CountMemory.keyOf('one'), 1);
    other.remember(CountMemory.keyOf('other'), 2);
    await Promise.all([one.save(), other.save()]);
    const later = await open();
    assert.equal(later.recall(CountMemory.keyOf('one')), 1);
    assert.equal(later.recall(CountMemory.keyOf('other')), 2);
    assert.equal(later.recall(keys[3]!), 3000);
  });

  it('is thrown away with other tables', async () => {
    await filled();
    const other = await open('b');
    assert.equal(other.recall(keys[1]!), undefined);
    other.remember(keys[1]!, 7);
    await other.save();
    assert.equal((await open('b')).recall(keys[1]!), 7);
  });

  it('is thrown away whole wherever a bit of it changed, and wherever it ends too early', async () => {
    await filled();
    const intact = await readFile(file);
    for (let position = 0; position < intact.length; position += 7) {
      const damaged = Buffer.from(intact);
      damaged[position]! ^= 1 << (position % 8);
      await writeFile(file, damaged);
      assert.equal((await open()).recall(keys[1]!), undefined, `bit at ${position}`);
      if ((position - 32) % 24 !== 0) {
        await writeFile(file, intact.subarray(0, position));
        assert.equal((await open()).recall(keys[1]!), undefined, `cut at ${position}`);
      }
    }
  });

  it('forgets its older half when it grows too large', async () => {
    await filled();
    const memory = await open('a', 10);
    assert.equal(memory.recall(keys[0]!), undefined);
    assert.equal(memory.recall(keys[19]!), 19_000);
    await memory.save();
    assert.equal((await stat(file)).size, 32 + 5 * 24);
    assert.equal((await open('a', 10)).recall(keys[15]!), 15_000);
  });

  it('goes without a file where none can be written', async () => {
    await writeFile(join(folder, 'deep'), 'in the way');
    const memory = await open();
    memory.remember(keys[0]!, 5);
    await memory.save();
    assert.equal(memory.recall(keys[0]!), 5);
    assert.deepEqual(await readdir(folder), ['deep']);
  });

  it('lets a second start of the counter find every longer text', async () => {
    const texts = Array.from(
      { length: 30 },
      (_, index) => `# Document ${index}\n\n${'Some words. '.repeat(90 + index)}`,
    );
    const first = createTokenCounter({ dataFolder: folder });
    const counts = await first.countAll([...texts, 'short'], 'o200k_base');
    const remembered = await stat(join(folder, 'token-counts', 'o200k_base.counts'));
    assert.equal(remembered.size, 32 + 24 * texts.length);
    // Without its tables the second one can only remember.
    const second = createTokenCounter({ dataFolder: folder });
    second.encoder = async () => Promise.reject(new Error('no tables are needed'));
    assert.deepEqual(await second.countAll(texts, 'o200k_base'), counts.slice(0, -1));
  });
});
