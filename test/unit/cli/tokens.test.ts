import { deepEqual, equal, match } from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countKey, startCountServer } from '../../support/countServer';
import type { CountServer } from '../../support/countServer';
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
      ['a.md', '--encoding', 'o200k_base', '--provider'],
      ['a.md', '--nope'],
    ]) {
      equal((await run(args)).code, 2, args.join(' '));
    }
  });

  describe('--provider', () => {
    let server: CountServer;

    beforeEach(async () => {
      server = await startCountServer();
    });

    afterEach(async () => {
      await server.stop();
    });

    const ask = async (args: readonly string[], env: NodeJS.ProcessEnv): Promise<CommandResult> =>
      runCommand(['tokens', '--provider', '--provider-address', server.address, ...args], {
        cwd: folder,
        env: { CONTEXT_CACHE_HOME: join(folder, 'data'), ...env },
      });

    it('lets the provider of the model count, with the key of the environment', async () => {
      const files = ['a.md', 'b.md'];
      const claude = await ask([...files, '--model', 'claude-opus-4.6', '--json'], { ANTHROPIC_API_KEY: countKey });
      deepEqual(JSON.parse(claude.out), [
        { path: 'a.md', tokens: 2, method: 'provider', provider: 'anthropic', model: 'claude-opus-4-6' },
        { path: 'b.md', tokens: 3, method: 'provider', provider: 'anthropic', model: 'claude-opus-4-6' },
      ]);
      const gemini = await ask([...files, '--model', 'gemini-3-pro'], { GEMINI_API_KEY: countKey });
      match(gemini.out, /^path +tokens +method +model\na\.md +2 +provider +gemini-3-pro\n/);
      const again = await ask([...files, '--model', 'gemini-3-pro'], { GEMINI_API_KEY: countKey });
      deepEqual([again.out, server.requests.length], [gemini.out, 4]);
    });

    it('asks nobody without a model that a provider counts, or without its key', async () => {
      const noModel = await ask(['a.md'], { ANTHROPIC_API_KEY: countKey });
      deepEqual([noModel.code, noModel.out], [1, '']);
      match(noModel.messages, /needs a model/);
      match((await ask(['a.md', '--model', 'gpt-5'], {})).messages, /No provider counts tokens for `gpt-5`/);
      match((await ask(['a.md', '--model', 'claude-opus-5'], {})).messages, /Set ANTHROPIC_API_KEY/);
      equal(server.requests.length, 0);
    });

    it('stops at a key that the provider refuses, and never estimates instead', async () => {
      const { code, out, messages } = await ask(['a.md', 'b.md', '--model', 'claude-opus-5', '--json'], {
        ANTHROPIC_API_KEY: 'wrong-key',
      });
      deepEqual([code, JSON.parse(out), server.requests.length], [1, [], 1]);
      match(messages, /invalid x-api-key/);
      equal(messages.includes('wrong-key'), false);
    });

    it('reads no key and asks nobody unless it is told to', async () => {
      await runCommand(['tokens', 'a.md', '--model', 'claude-opus-5', '--provider-address', server.address], {
        cwd: folder,
        env: { CONTEXT_CACHE_HOME: join(folder, 'data'), ANTHROPIC_API_KEY: countKey },
      });
      equal(server.requests.length, 0);
    });
  });
});
