import assert from 'node:assert/strict';
import { cp, mkdtemp, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AgentCache } from '../../../src/agent/agentCache';
import { getInstruction } from '../../../src/agent/tools/instructionTools';
import { readLibrary } from '../../../src/core/cache/library';
import type { Library, LibraryReading } from '../../../src/core/cache/library';
import { FileMemory } from '../../../src/core/fileMemory';
import { nodeInstructionFiles } from '../../../src/core/instructions/nodeFiles';
import { FolderTree } from '../../../src/core/sources/folderTree';
import { createTokenCounter } from '../../../src/core/tokens/localCounter';
import { TemporaryCache } from '../cache/temporaryCache';

const later = '2035-01-01T00:00:00';
const context = { confirm: () => 'unavailable' as const, allowWrites: false };
/** So late that every file is one that has not changed for long. */
const afterAll = { now: () => Date.now() + 3_600_000 };

describe('What agents get follows the files', () => {
  let folder: string;
  let memory: FileMemory<LibraryReading>;
  let reads: string[];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'context-cache-changes-'));
    memory = new FileMemory<LibraryReading>(afterAll);
    reads = [];
    await writeFile(join(folder, 'one.md'), '# One\n');
    await writeFile(join(folder, 'two.md'), '# Two\n');
  });

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const place = (name: string): string => join(folder, name);
  const library = async (): Promise<Library> => {
    const files = nodeInstructionFiles(folder);
    const read: typeof files.read = async (path, options) => {
      reads.push(path);
      return files.read(path, options);
    };
    return readLibrary({ ...files, read }, { memory });
  };
  const texts = async (): Promise<Record<string, string>> =>
    Object.fromEntries(
      (await library()).instructions.map(({ tag, bytes }) => [tag, Buffer.from(bytes).toString('utf8')]),
    );

  /** These tests take files for settled that are not: the file system's clock must have moved on before a change. */
  async function tick(): Promise<void> {
    const touched = async (): Promise<number> => {
      await writeFile(place('clock'), '');
      return (await stat(place('clock'))).ctimeMs;
    };
    const start = await touched();
    while ((await touched()) === start);
  }

  it('reads a library file once, and again after each change', async () => {
    const before = { one: '# One\n', two: '# Two\n' };
    assert.deepEqual(await texts(), before);
    assert.deepEqual(reads.splice(0).sort(), ['one.md', 'two.md']);
    assert.deepEqual(await texts(), before);
    assert.deepEqual(reads, []);
    await tick();
    await writeFile(place('one.md'), '# Uno\n');
    assert.deepEqual(await texts(), { ...before, one: '# Uno\n' });
    assert.deepEqual(reads.splice(0), ['one.md']);
  });

  it('is not deceived by a file of the same size and time', async () => {
    const then = new Date('2024-05-05T05:05:05Z');
    await utimes(place('one.md'), then, then);
    assert.equal((await texts())['one'], '# One\n');
    await tick();
    await writeFile(place('one.md'), '# Uno\n');
    await utimes(place('one.md'), then, then);
    assert.equal((await texts())['one'], '# Uno\n');
    await tick();
    await writeFile(place('other'), '# Due\n');
    await utimes(place('other'), then, then);
    await rename(place('other'), place('one.md'));
    assert.equal((await texts())['one'], '# Due\n');
  });

  it('sees files that come, go, and become links', async () => {
    await texts();
    await writeFile(place('three.md'), '# Three\n');
    await rm(place('two.md'));
    assert.deepEqual(await texts(), { one: '# One\n', three: '# Three\n' });
    await cp(place('three.md'), place('target.txt'));
    await rm(place('one.md'));
    await symlink(place('target.txt'), place('one.md'));
    assert.equal((await texts())['one'], '# Three\n');
    await writeFile(place('target.txt'), '# Trois\n');
    assert.equal((await texts())['one'], '# Trois\n', 'what a link leads to is read each time');
  });

  it('reads a file that has only just changed each time: its clock may tick too slowly to tell', async () => {
    await writeFile(place('one.md'), '# Uno\n');
    const { ctimeMs } = await stat(place('one.md'));
    memory = new FileMemory<LibraryReading>({ now: () => ctimeMs + 1000 });
    await library();
    reads.length = 0;
    await library();
    assert.ok(reads.includes('one.md'));
  });

  it("sees each change of the sandbox's cache at the next call", async () => {
    const sandbox = new TemporaryCache();
    const counter = createTokenCounter({ dataFolder: place('home') });
    const cache = new AgentCache({
      tree: new FolderTree(sandbox.root),
      library,
      precedence: 'sandbox',
      history: undefined as never,
      counter,
      clock: { now: () => Date.parse('2030-01-01T00:00:00Z') },
    });
    const content = async (tag: string): Promise<unknown> =>
      (await getInstruction.run(cache, { tag }, context))['content'];
    try {
      assert.equal(await content('one'), '# One\n', 'from the library');
      sandbox.put('instructions', 'instruction_one', '# Eins', { expires_at: later });
      assert.equal(await content('one'), '# Eins');
      sandbox.put('instructions', 'instruction_one', '# Zwei', { expires_at: later });
      assert.equal(await content('one'), '# Zwei');
      sandbox.put('instructions', 'instruction_one', '# Zwei', { expires_at: '2029-01-01T00:00:00' });
      assert.equal(await content('one'), '# One\n', 'what has expired is not served');
      sandbox.put('instructions', 'instruction_new', '# New', { expires_at: later });
      assert.equal(await content('new'), '# New');
      await rm(sandbox.path('instructions/instruction_new'));
      await assert.rejects(content('new'), /'new' not found/);
      await writeFile(sandbox.path('instructions/_index.json'), '{ "broken');
      await assert.rejects(content('new'), /index of 'instructions' can't be read/);
      assert.equal(await content('one'), '# One\n');
      await rm(sandbox.root, { recursive: true });
      assert.equal(await content('one'), '# One\n');
    } finally {
      counter.dispose();
      sandbox.dispose();
    }
  });
});
