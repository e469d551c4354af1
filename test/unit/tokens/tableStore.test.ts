import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readFile, readdir, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../../../src/core/errors';
import { silentLogger } from '../../../src/core/ports';
import { parseCompactTable } from '../../../src/core/tokens/expandTable';
import { viewRankTable } from '../../../src/core/tokens/rankTable';
import type { RankTable } from '../../../src/core/tokens/rankTable';
import { TableStore } from '../../../src/core/tokens/tableStore';

const packagedTables = join(__dirname, '..', '..', '..', 'dist', 'tokens');

function bytesOf(table: RankTable): Buffer {
  return Buffer.from(table.buffer);
}

describe('the store of token tables', () => {
  let folder = '';
  /** The file of an expanded table and its name, as an earlier start wrote them. */
  let intact = Buffer.alloc(0);
  let intactName = '';
  let warnings: string[] = [];
  const log = { ...silentLogger, warn: (message: string) => void warnings.push(message) };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'context-cache-tables-'));
    warnings = [];
  });

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const expanded = async (): Promise<string[]> =>
    (await readdir(join(folder, 'token-tables'))).map((name) => join(folder, 'token-tables', name));

  /** Puts a file as an earlier start left it, or as something damaged it. */
  async function leave(bytes: Buffer): Promise<void> {
    await mkdir(join(folder, 'token-tables'));
    await writeFile(join(folder, 'token-tables', intactName), bytes);
  }

  before(async () => {
    const earlier = await mkdtemp(join(tmpdir(), 'context-cache-tables-'));
    await new TableStore({ dataFolder: earlier }).openRanks('cl100k_base');
    [intactName] = (await readdir(join(earlier, 'token-tables'))) as [string];
    intact = await readFile(join(earlier, 'token-tables', intactName));
    await rm(earlier, { recursive: true });
  });

  it('expands a table once and opens the same bytes from then on', async () => {
    await leave(intact);
    const before = await stat(join(folder, 'token-tables', intactName));
    const table = await new TableStore({ dataFolder: folder, log }).openRanks('cl100k_base');
    assert.ok(intact.subarray(0, -32).equals(bytesOf(table)));
    assert.deepEqual(await expanded(), [join(folder, 'token-tables', intactName)]);
    assert.equal((await stat(join(folder, 'token-tables', intactName))).ino, before.ino);
    assert.deepEqual(warnings, []);
  });

  const damages: [string, (bytes: Buffer) => Buffer][] = [
    ['a flipped bit', (bytes) => Buffer.from(bytes.map((byte, index) => (index === 1_000_000 ? byte ^ 1 : byte)))],
    [
      'a flipped bit in the header',
      (bytes) => Buffer.from(bytes.map((byte, index) => (index === 8 ? byte ^ 1 : byte))),
    ],
    ['a cut end', (bytes) => bytes.subarray(0, 500_000)],
    ['no content', () => Buffer.alloc(0)],
    ['other content', () => Buffer.from('not a table')],
  ];
  for (const [name, damage] of damages) {
    it(`makes a table with ${name} again`, async () => {
      await leave(damage(intact));
      const table = await new TableStore({ dataFolder: folder, log }).openRanks('cl100k_base');
      assert.ok(intact.subarray(0, -32).equals(bytesOf(table)));
      assert.ok((await readFile(join(folder, 'token-tables', intactName))).equals(intact));
      assert.match(warnings.join('\n'), /made again/);
    });
  }

  it('makes a table again in whose place there is a file of any size, or a folder', async () => {
    await leave(Buffer.alloc(0));
    const path = join(folder, 'token-tables', intactName);
    await truncate(path, 2 ** 40);
    const table = await new TableStore({ dataFolder: folder, log }).openRanks('cl100k_base');
    assert.ok((await readFile(path)).equals(intact));
    assert.match(warnings.join('\n'), /made again/);

    await rm(path);
    await mkdir(join(path, 'folder'), { recursive: true });
    assert.ok(
      bytesOf(await new TableStore({ dataFolder: folder, log }).openRanks('cl100k_base')).equals(bytesOf(table)),
    );
    assert.deepEqual(await expanded(), [path]);
  });

  it('removes what processes left that ended while they expanded a table', async () => {
    await mkdir(join(folder, 'token-tables'));
    const left = join(folder, 'token-tables', 'cl100k_base-0000000000000000-0.table.1.tmp');
    await writeFile(left, 'left');
    const longAgo = new Date(Date.now() - 2 * 60 * 60 * 1000);
    await utimes(left, longAgo, longAgo);
    await new TableStore({ dataFolder: folder }).openRanks('cl100k_base');
    assert.deepEqual(await expanded(), [join(folder, 'token-tables', intactName)]);
  });

  it('removes the tables of other versions', async () => {
    await mkdir(join(folder, 'token-tables'));
    await writeFile(join(folder, 'token-tables', 'cl100k_base-0000000000000000-0.table'), 'old');
    await new TableStore({ dataFolder: folder }).openRanks('cl100k_base');
    assert.deepEqual(await expanded(), [join(folder, 'token-tables', intactName)]);
  });

  it('works where the data folder can’t be made', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    const table = await new TableStore({ dataFolder: join(file, 'below'), log }).openRanks('cl100k_base');
    assert.equal(table.tokenCount, 100_256);
  });

  it('lets several open a table for the first time at once', async () => {
    const tables = await Promise.all(
      Array.from({ length: 3 }, async () => new TableStore({ dataFolder: folder }).openRanks('cl100k_base')),
    );
    for (const table of tables) {
      assert.ok(bytesOf(table).equals(bytesOf(tables[0]!)));
    }
    assert.equal((await expanded()).length, 1);
  });

  it('says what is wrong with a packaged table that is damaged or missing', async () => {
    const copy = join(folder, 'packaged');
    await cp(packagedTables, copy, { recursive: true });
    const file = join(copy, 'cl100k_base.tokens');
    const bytes = await readFile(file);
    bytes[40_000]! ^= 1;
    await writeFile(file, bytes);
    const store = new TableStore({ tablesFolder: copy });
    await assert.rejects(
      store.openRanks('cl100k_base'),
      (error) => error instanceof UserError && error.message.includes('damaged'),
    );
    await rm(copy, { recursive: true });
    await assert.rejects(
      store.openRanks('cl100k_base'),
      (error) => error instanceof UserError && error.nextStep !== '',
    );
    await assert.rejects(store.openClasses(), UserError);
  });

  it('refuses bytes that are no table', () => {
    assert.throws(() => viewRankTable(new SharedArrayBuffer(10)), RangeError);
    assert.throws(() => viewRankTable(new SharedArrayBuffer(1024)), RangeError);
    assert.throws(() => parseCompactTable(Buffer.from([0, 4, 0, 0, 1, 2, 3])), RangeError);
  });
});
