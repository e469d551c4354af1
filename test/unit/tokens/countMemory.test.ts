import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmod,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  realpath,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { silentLogger } from '../../../src/core/ports';
import { CountMemory } from '../../../src/core/tokens/countMemory';
import { createTokenCounter } from '../../../src/core/tokens/localCounter';
import { nightly } from '../../support/nightly';
import { seededRandom } from '../../support/randomTexts';
import { mountTinyDisk } from '../faults/tinyDisk';

const headerBytes = 32;
const recordBytes = 24;

describe('the memory of token counts', function () {
  this.timeout(nightly ? 3_600_000 : 120_000);
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

  it('is thrown away whole wherever a bit of it changed', async () => {
    await filled();
    const intact = await readFile(file);
    for (let position = 0; position < intact.length; position += nightly ? 1 : 3) {
      const damaged = Buffer.from(intact);
      damaged[position]! ^= 1 << (position % 8);
      await writeFile(file, damaged);
      const memory = await open();
      assert.ok(
        keys.every((key) => memory.recall(key) === undefined),
        `bit at ${position}`,
      );
    }
  });

  it('keeps what is before a torn end, and makes the file whole again', async () => {
    await filled();
    const intact = await readFile(file);
    for (let length = 0; length < intact.length; length += length < 100 || nightly ? 1 : 7) {
      await writeFile(file, intact.subarray(0, length));
      const whole = Math.max(0, Math.floor((length - headerBytes) / recordBytes));
      const memory = await open();
      const expected = keys.map((_, index) => (index < whole ? index * 1000 : undefined));
      assert.deepEqual(
        keys.map((key) => memory.recall(key)),
        expected,
        `cut at ${length}`,
      );
      memory.remember(CountMemory.keyOf('new'), 42);
      await memory.save();
      const later = await open();
      assert.deepEqual(
        keys.map((key) => later.recall(key)),
        expected,
        `cut at ${length}, and saved`,
      );
      assert.equal(later.recall(CountMemory.keyOf('new')), 42);
    }
  });

  it('never tells a wrong count, however the file was damaged', async () => {
    await filled();
    const [intact, random] = [await readFile(file), seededRandom(3)];
    const other = await CountMemory.open({ file: `${file}.other`, tables: 'b' });
    keys.forEach((key) => {
      other.remember(key, 13);
    });
    await other.save();
    const foreign = await readFile(`${file}.other`);
    for (let round = 0; round < (nightly ? 30_000 : 400); round++) {
      let bytes: Buffer = intact;
      for (let times = 1 + Math.floor(random() * 3); times > 0; times--) {
        bytes = damage(bytes, foreign, random);
      }
      await writeFile(file, bytes);
      const memory = await open();
      for (const [index, key] of keys.entries()) {
        const count = memory.recall(key);
        assert.ok(count === undefined || count === index * 1000, `round ${round}: ${bytes.toString('hex')}`);
      }
      memory.remember(keys[0]!, 0);
      await memory.save();
      assert.equal((await open()).recall(keys[0]!), 0, `round ${round}: ${bytes.toString('hex')}`);
    }
  });

  it('does not take over what a process with other tables appends', async () => {
    await filled();
    const [header, other] = [(await readFile(file)).subarray(0, headerBytes), join(folder, 'other')];
    const memory = await CountMemory.open({ file: other, tables: 'b' });
    memory.remember(keys[0]!, 13);
    await memory.save();
    const records = (await readFile(other)).subarray(headerBytes);
    await writeFile(file, Buffer.concat([header, records]));
    assert.equal((await open()).recall(keys[0]!), undefined);
    // One that finds the tables changed under it does not append, but makes the file its own.
    await filled();
    const running = await open();
    await writeFile(file, await readFile(other));
    running.remember(CountMemory.keyOf('late'), 9);
    await running.save();
    assert.equal((await open()).recall(keys[19]!), 19_000);
    assert.equal((await open()).recall(CountMemory.keyOf('late')), 9);
  });

  it('keeps the half that was used last when it grows too large', async () => {
    await filled();
    const memory = await open('a', 10);
    assert.equal(memory.recall(keys[0]!), undefined);
    assert.equal(memory.recall(keys[19]!), 19_000);
    await memory.save();
    assert.equal((await stat(file)).size, headerBytes + 5 * recordBytes);
    const running = await open('a', 10);
    assert.equal(running.recall(keys[15]!), 15_000);
    for (let index = 0; index < 6; index++) {
      running.remember(keys[index]!, index * 1000);
      assert.equal(running.recall(keys[15]!), 15_000);
    }
    // Of eleven, five are left, among them the one that was asked for all the time.
    assert.equal(running.recall(keys[16]!), undefined);
    assert.equal(running.recall(keys[5]!), 5000);
  });

  it('stays small while it runs, in memory and in the file, however many windows write', async () => {
    const windows = [await open('a', 100), await open('a', 100), await open('a', 100)];
    const seen: string[] = [];
    for (let round = 0; round < 300; round++) {
      const window = windows[round % windows.length]!;
      for (let index = 0; index < 9; index++) {
        const key = CountMemory.keyOf(`${round} ${index}`);
        window.remember(key, round);
        seen.push(key);
      }
      await window.save();
      assert.ok((await stat(file)).size <= headerBytes + 100 * recordBytes, `round ${round}`);
      assert.equal(window.recall(seen.at(-1)!), round);
    }
    for (const window of windows) {
      assert.ok(seen.filter((key) => window.recall(key) !== undefined).length <= 100);
    }
    const later = await open('a', 100);
    assert.ok(seen.filter((key) => later.recall(key) !== undefined).length > 20);
    assert.deepEqual(await readdir(dirname(file)), ['o200k_base.counts']);
  });

  it('makes a file again that was deleted while it ran', async () => {
    await filled();
    const memory = await open();
    await rm(dirname(file), { recursive: true });
    memory.remember(CountMemory.keyOf('later'), 4);
    await memory.save();
    const next = await open();
    assert.equal(next.recall(keys[3]!), 3000);
    assert.equal(next.recall(CountMemory.keyOf('later')), 4);
  });

  it('removes what processes left that ended while they wrote, and nothing of those at work', async () => {
    await mkdir(dirname(file));
    const longAgo = new Date(Date.now() - 2 * 60 * 60 * 1000);
    await writeFile(`${file}.1.tmp`, 'left');
    await utimes(`${file}.1.tmp`, longAgo, longAgo);
    await writeFile(`${file}.2.tmp`, 'at work');
    await writeFile(join(dirname(file), 'other.tmp'), 'of others');
    await utimes(join(dirname(file), 'other.tmp'), longAgo, longAgo);
    await filled();
    assert.deepEqual((await readdir(dirname(file))).sort(), [
      'o200k_base.counts',
      'o200k_base.counts.2.tmp',
      'other.tmp',
    ]);
  });

  it('leaves out what can’t be a count', async () => {
    const memory = await open();
    memory.remember(keys[0]!, 2 ** 32);
    await memory.save();
    assert.equal(memory.recall(keys[0]!), undefined);
  });

  it('goes without a file where none can be written', async () => {
    await writeFile(join(folder, 'deep'), 'in the way');
    const memory = await open();
    memory.remember(keys[0]!, 5);
    await memory.save();
    assert.equal(memory.recall(keys[0]!), 5);
    assert.deepEqual(await readdir(folder), ['deep']);
  });

  it('goes without a file where a folder is in its place, and where the folder is read-only', async () => {
    const told: string[] = [];
    const log = { ...silentLogger, info: (message: string) => void told.push(message) };
    await mkdir(file, { recursive: true });
    await mkdir(join(folder, 'sealed'));
    await chmod(join(folder, 'sealed'), 0o500);
    for (const place of [file, join(folder, 'sealed', 'o200k_base.counts')]) {
      const memory = await CountMemory.open({ file: place, tables: 'a', log });
      for (const [index, key] of keys.entries()) {
        memory.remember(key, index);
        await memory.save();
      }
      assert.equal(memory.recall(keys[7]!), 7);
    }
    assert.deepEqual(await readdir(dirname(file)), ['o200k_base.counts']);
    assert.equal((await stat(file)).isDirectory(), true);
    // Told once, not at each save. The superuser may write into any folder.
    assert.equal(told.length, process.getuid?.() === 0 ? 1 : 2);
  });

  describe('with other processes', () => {
    let script = '';
    const children: ChildProcess[] = [];

    before(async () => {
      script = join(await realpath(await mkdtemp(join(tmpdir(), 'context-cache-process-'))), 'rememberer.js');
      await build({
        entryPoints: [join(__dirname, 'processes', 'rememberer.ts')],
        outfile: script,
        bundle: true,
        platform: 'node',
        format: 'cjs',
        logLevel: 'error',
      });
    });

    after(async () => {
      await rm(dirname(script), { recursive: true });
    });

    afterEach(() => {
      for (const child of children.splice(0)) {
        child.kill('SIGKILL');
      }
    });

    /** A process that learns counts and saves each time; says so in a line each. */
    function start(name: string, saves: number, maxRecords = 65_536): { child: ChildProcess; ended: Promise<unknown> } {
      const child = spawn(process.execPath, [script, file, name, String(saves), String(maxRecords)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      children.push(child);
      return { child, ended: once(child, 'close') };
    }

    /** How many of the counts that a process learned are remembered; all that are have to be right. */
    async function rememberedOf(name: string, saves: number): Promise<number> {
      const memory = await open();
      let found = 0;
      for (let index = 0; index < saves; index++) {
        const count = memory.recall(CountMemory.keyOf(`${name} ${index}`));
        assert.ok(count === undefined || count === index, `${name} ${index} is ${count}`);
        found += Number(count !== undefined);
      }
      return found;
    }

    it('loses nothing that several append at once', async () => {
      await filled();
      const names = ['one', 'two', 'three', 'four'];
      const running = names.map((name) => start(name, 200));
      for (const { child, ended } of running) {
        child.stdout?.resume();
        await ended;
        assert.equal(child.exitCode, 0);
      }
      for (const name of names) {
        assert.equal(await rememberedOf(name, 200), 200, name);
      }
      assert.equal((await stat(file)).size, headerBytes + (20 + 4 * 200) * recordBytes);
    });

    it('stays right and small while several make the file anew and are killed', async () => {
      const [saves, limit] = [100_000, 60];
      for (let round = 0; round < (nightly ? 200 : 3); round++) {
        const names = ['a', 'b', 'c'].map((name) => `${name}${round}`);
        const running = names.map((name) => start(name, saves, limit));
        for (const [index, { child, ended }] of running.entries()) {
          for (let lines = 0; lines < 20 + 15 * index;) {
            const [said] = (await once(child.stdout!, 'data')) as [Buffer];
            lines += said.toString().split('\n').length - 1;
          }
          child.kill('SIGKILL');
          await ended;
          await rememberedOf(names[index]!, 1_000);
        }
        const { size } = await stat(file);
        assert.ok(size <= headerBytes + 3 * limit * recordBytes, `${size} bytes`);
      }
      await filled();
      assert.equal((await open()).recall(keys[5]!), 5000);
    });
  });

  it('waits for room on a full disk, and then tells all that it learned', async function () {
    const mounted = await realpath(await mkdtemp(join(tmpdir(), 'context-cache-counts-disk-')));
    try {
      const disk = await mountTinyDisk(mounted, 100);
      if ('reason' in disk) {
        this.test!.title += `: skipped, ${disk.reason}`;
        this.skip();
      }
      try {
        file = join(disk.path, 'counts', 'o200k_base.counts');
        const memory = await open();
        const ballast = join(disk.path, 'ballast');
        memory.remember(keys[0]!, 0);
        await memory.save();
        await writeFile(ballast, Buffer.alloc(84_000));
        const many = Array.from({ length: 900 }, (_, index) => CountMemory.keyOf(`many ${index}`));
        for (const [index, key] of many.entries()) {
          memory.remember(key, index);
          if (index % 100 === 99) {
            await memory.save();
          }
        }
        // Neither does the file fit any more, nor a second one beside it; what is there is right.
        const meanwhile = await open();
        assert.equal(meanwhile.recall(many[899]!), undefined);
        assert.ok(many.every((key, index) => [undefined, index].includes(meanwhile.recall(key))));
        await truncate(ballast, 0);
        memory.remember(keys[1]!, 1000);
        await memory.save();
        const later = await open();
        assert.deepEqual([later.recall(keys[0]!), later.recall(keys[1]!), later.recall(many[899]!)], [0, 1000, 899]);
        assert.deepEqual(await readdir(dirname(file)), ['o200k_base.counts']);
      } finally {
        await disk.stop();
      }
    } finally {
      await rm(mounted, { recursive: true, force: true });
    }
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

/** Bytes changed, taken out, put in, repeated or cut off at any place, or the records of another version. */
function damage(bytes: Buffer, foreign: Buffer, random: () => number): Buffer {
  const [from, to] = [random(), random()]
    .map((part) => Math.floor(part * (bytes.length + 1)))
    .sort((a, b) => a - b) as [number, number];
  const noise = Buffer.from(Array.from({ length: Math.floor(random() * 60) }, () => random() * 256));
  const kinds: (() => Buffer)[] = [
    () => Buffer.concat([bytes.subarray(0, from), noise, bytes.subarray(to)]),
    () => Buffer.concat([bytes.subarray(0, from), noise, bytes.subarray(Math.min(from + noise.length, bytes.length))]),
    () => Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)]),
    () => Buffer.concat([bytes, foreign.subarray(headerBytes)]),
    () => Buffer.concat([bytes.subarray(0, headerBytes), foreign.subarray(headerBytes)]),
    () => Buffer.concat([bytes, Buffer.alloc(Math.floor(random() * 5_000))]),
    () => bytes.subarray(0, from),
    () => foreign,
  ];
  return kinds[Math.floor(random() * kinds.length)]!();
}
