import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Journal } from '../../../src/core/versions/journal';
import { decodeLines, encodeLines } from '../../../src/core/versions/journalLines';

interface Numbered {
  readonly id: string;
}

function idsOf(records: readonly unknown[]): string[] {
  return [...new Set(records.map((record) => (record as Numbered).id))].sort();
}

/** Compaction in these tests keeps each record once. */
function unique(records: readonly unknown[]): Numbered[] {
  return idsOf(records).map((id) => ({ id }));
}

describe('journal', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'journal-'));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('reads what several journals on one folder append', async () => {
    const first = new Journal(folder);
    const second = new Journal(folder);
    await first.append([{ id: 'a' }, { id: 'b' }]);
    await second.append([{ id: 'c' }], { durable: true });
    assert.deepEqual(idsOf((await first.read()).records), ['a', 'b', 'c']);
    await second.append([{ id: 'd' }]);
    assert.deepEqual(idsOf((await first.read()).records), ['a', 'b', 'c', 'd']);
  });

  it('reads an absent folder as empty and does not make it', async () => {
    const absent = join(folder, 'absent');
    assert.deepEqual((await new Journal(absent).read()).records, []);
    await assert.rejects(readdir(absent), { code: 'ENOENT' });
  });

  it('keeps its revision while nothing changes and changes it when something does', async () => {
    const journal = new Journal(folder);
    await journal.append([{ id: 'a' }]);
    const { revision } = await journal.read();
    assert.equal((await journal.read()).revision, revision);
    await new Journal(folder).append([{ id: 'b' }]);
    assert.notEqual((await journal.read()).revision, revision);
  });

  it('loses a torn or damaged line alone', async () => {
    const journal = new Journal(folder);
    await journal.append([{ id: 'a' }]);
    const [segment] = await readdir(folder);
    const path = join(folder, segment!);
    await appendFile(path, '01234567 {"id":"torn');
    await journal.append([{ id: 'b' }]);
    assert.deepEqual(idsOf((await journal.read()).records), ['a', 'b']);

    const text = await readFile(path, 'utf8');
    await writeFile(path, text.replace('"a"', '"x"'));
    assert.deepEqual(idsOf((await new Journal(folder).read()).records), ['b']);
  });

  it('reads every cut of a batch as a beginning of it', () => {
    const bytes = Buffer.from(encodeLines([{ id: 'a' }, { id: 'ü' }, { id: 'c' }]));
    for (let length = 0; length <= bytes.length; length += 1) {
      const ids = decodeLines(bytes.subarray(0, length)).records.map((record) => (record as Numbered).id);
      assert.deepEqual(ids, ['a', 'ü', 'c'].slice(0, ids.length));
    }
  });

  it('compacts to one segment, also for a journal that has read and appended before', async () => {
    const journals = [new Journal(folder), new Journal(folder), new Journal(folder)];
    for (const [index, journal] of journals.entries()) {
      await journal.append([{ id: `a${index}` }]);
      await journal.read();
    }
    assert.equal(await journals[0]!.compact(unique), true);
    assert.equal((await readdir(folder)).length, 1);
    for (const [index, journal] of journals.entries()) {
      await journal.append([{ id: `b${index}` }]);
    }
    for (const journal of journals) {
      assert.deepEqual(idsOf((await journal.read()).records), ['a0', 'a1', 'a2', 'b0', 'b1', 'b2']);
    }
  });

  it('leaves compaction to the process that is at it', async () => {
    const journal = new Journal(folder);
    await journal.append([{ id: 'a' }]);
    await writeFile(join(folder, 'compaction.lock'), '');
    assert.equal(await journal.compact(unique), false);
    assert.deepEqual(idsOf((await journal.read()).records), ['a']);
  });

  it('takes up what a compaction that died left sealed', async () => {
    const journal = new Journal(folder);
    await writeFile(join(folder, 'x.jsonl.00000000.sealed'), encodeLines([{ id: 'sealed' }]));
    await writeFile(join(folder, 'y.jsonl.tmp'), encodeLines([{ id: 'unfinished' }]));
    await journal.append([{ id: 'a' }]);
    assert.deepEqual(idsOf((await journal.read()).records), ['a', 'sealed']);
    await journal.compact(unique);
    assert.deepEqual(idsOf((await new Journal(folder).read()).records), ['a', 'sealed']);
  });

  it('loses nothing when processes append while others compact', async () => {
    const processes = 4;
    const perProcess = 150;
    const children = Array.from({ length: processes }, (_, index) =>
      fork(join(__dirname, 'journalWriter.ts'), [folder, String(index), String(perProcess)], {
        execArgv: ['--require', 'tsx/cjs'],
        stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      }),
    );
    const codes = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0] as unknown));
    assert.deepEqual(
      codes,
      Array.from({ length: processes }, () => 0),
    );
    const { records } = await new Journal(folder).read();
    assert.equal(idsOf(records).length, processes * perProcess);
  }).timeout(60_000);
});
