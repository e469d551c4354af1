import { deepEqual, equal, match } from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from './runCommand';
import type { CommandResult } from './runCommand';

describe('context-cache tokens', () => {
  let folder: string;

  const run = async (args: readonly string[], stdin?: string): Promise<CommandResult> =>
    runCommand(['tokens', ...args], {
      cwd: folder,
      env: { CONTEXT_CACHE_HOME: join(folder, 'data') },
      ...(stdin === undefined ? {} : { stdin }),
    });
  const json = async (args: readonly string[], stdin?: string): Promise<unknown> =>
    JSON.parse((await run([...args, '--json'], stdin)).out);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'context-cache-'));
    await writeFile(join(folder, 'a.md'), 'hello world');
    await writeFile(join(folder, 'b.md'), 'one two three');
  });

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('counts files and standard input', async () => {
    deepEqual(await json(['a.md', '-', 'b.md'], 'tiktoken is great!'), [
      { path: 'a.md', tokens: 2, method: 'exact', encoding: 'o200k_base' },
      { path: '-', tokens: 6, method: 'exact', encoding: 'o200k_base' },
      { path: 'b.md', tokens: 3, method: 'exact', encoding: 'o200k_base' },
    ]);
  });

  it('counts text that looks like special tokens, a byte order mark, and nothing', async () => {
    await writeFile(join(folder, 'bom.md'), '\uFEFFx');
    await writeFile(join(folder, 'empty.md'), '');
    const counts = (await json(['-', 'bom.md', 'empty.md'], '<|endoftext|>')) as { tokens: number }[];
    deepEqual(
      counts.map(({ tokens }) => tokens),
      [7, 2, 0],
    );
  });

  it('counts for a model: exactly, or as an estimate with its band', async () => {
    deepEqual(await json(['a.md', '--model', 'gpt-4']), [
      { path: 'a.md', tokens: 2, method: 'exact', encoding: 'cl100k_base' },
    ]);
    const [estimate] = (await json(['a.md', '--model', 'claude-opus-5'])) as {
      method: string;
      tokens: number;
      band: { low: number; high: number };
    }[];
    equal(estimate!.method, 'estimate');
    equal(estimate!.band.low <= estimate!.tokens && estimate!.tokens <= estimate!.band.high, true);
  });

  it('prints a table with the total', async () => {
    const { code, out } = await run(['a.md', 'b.md', '--encoding', 'cl100k_base']);
    equal(code, 0);
    match(out, /^path +tokens +method +encoding\na\.md +2 +exact +cl100k_base\nb\.md +3 .*\n\nTotal: 5 tokens\n$/);
  });

  it('goes on after a file that can not be read, and exits 1', async () => {
    const { code, out, messages } = await run(['nope.md', 'a.md', '.', '--json']);
    equal(code, 1);
    equal((JSON.parse(out) as unknown[]).length, 1);
    match(messages, /nope\.md` does not exist\. Check the path.*\n.*is a folder\./);
  });

  it('refuses wrong use with 2', async () => {
    for (const args of [
      [],
      ['a.md', '--encoding', 'gpt2'],
      ['a.md', '--encoding', 'o200k_base', '--model', 'gpt-4'],
      ['a.md', '--nope'],
    ]) {
      equal((await run(args)).code, 2, args.join(' '));
    }
  });
});
