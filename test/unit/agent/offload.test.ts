import assert from 'node:assert/strict';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { AgentCache } from '../../../src/agent/agentCache';
import { AgentError } from '../../../src/agent/agentError';
import { agentTools } from '../../../src/agent/tools/table';
import { createTokenCounter } from '../../../src/core/tokens/localCounter';
import { sha256Hex } from '../../../src/core/cache/fingerprint';
import { VersionStore } from '../../../src/core/versions/versionStore';
import { z } from 'zod';
import { TemporaryCache } from '../cache/temporaryCache';

const now = Date.parse('2030-01-01T00:00:00Z');
const mebibyte = 1024 * 1024;
const hourMs = 3_600_000;

type Answer = Readonly<Record<string, unknown>>;

describe('Outputs that agents store outside of their context', () => {
  let sandbox: TemporaryCache;
  let cache: AgentCache;
  let nowMs: number;

  beforeEach(() => {
    sandbox = new TemporaryCache();
    nowMs = now;
    const clock = { now: () => nowMs };
    cache = new AgentCache({
      tree: sandbox.tree,
      library: async () => Promise.resolve({ instructions: [], findings: [] }),
      precedence: 'sandbox',
      history: new VersionStore(sandbox.outside('versions'), { clock }),
      counter: createTokenCounter({ dataFolder: sandbox.outside('home') }),
      clock,
    });
  });

  afterEach(() => {
    cache.counter.dispose();
    sandbox.dispose();
  });

  async function call(name: string, input: object): Promise<Answer> {
    const tool = agentTools.find((one) => one.name === name)!;
    const context = { confirm: () => 'unavailable' as const, allowWrites: false };
    return tool.output.parse(await tool.run(cache, tool.input.parse(input), context));
  }

  const files = (): string[] =>
    readdirSync(sandbox.path('artifacts'))
      .filter((name) => name !== '_index.json')
      .sort();

  it('are stored once when they are the same, under the key that they have already', async () => {
    const first = await call('put_artifact', { value: 'the same' });
    const second = await call('put_artifact', { value: 'the same' });
    assert.equal(second['key'], first['key']);
    assert.deepEqual(files(), [first['key']]);
    await call('put_artifact', { key: 'log', value: 'a log' });
    assert.equal((await call('put_artifact', { value: 'a log' }))['key'], 'log');
    assert.deepEqual(files(), [first['key'], 'log'].sort());
    const named = await call('put_artifact', { key: 'copy', value: 'a log' });
    assert.deepEqual([named['key'], named['duplicate_of']], ['copy', 'log'], 'a key that was asked for is there');
  });

  it('are stored again where the same would not live as long, or is not what its index says', async () => {
    await call('put_artifact', { key: 'short', value: 'x', ttl_hours: 1 });
    assert.match(String((await call('put_artifact', { value: 'x' }))['key']), /^artifact_/);
    await call('put_artifact', { key: 'changed', value: 'yy' });
    sandbox.write('artifacts/changed', 'zz');
    assert.match(String((await call('put_artifact', { value: 'yy' }))['key']), /^artifact_/);
  });

  it('live as long as was asked for, and 48 hours otherwise', async () => {
    const expiry = async (input: object): Promise<unknown> =>
      ((await call('put_artifact', { key: 'k', value: 'x', ...input }))['reference'] as Answer)['expires_at'];
    assert.equal(await expiry({}), '2030-01-03T00:00:00');
    assert.equal(await expiry({ ttl_hours: 5 }), '2030-01-01T05:00:00');
    nowMs = now + 6 * hourMs;
    await assert.rejects(call('get_artifact', { key: 'k' }), /not found or expired/);
    assert.ok(existsSync(sandbox.path('artifacts/k')), 'reading deletes nothing');
  });

  it('respect the quota, and what has expired is collected when there is no room', async () => {
    sandbox.putAll('artifacts', {
      old: { content: 'old', changes: { size_bytes: 150 * mebibyte, expires_at: '2029-01-01T00:00:00' } },
      live: { content: 'live', changes: { size_bytes: 50 * mebibyte, expires_at: '2035-01-01T00:00:00' } },
    });
    await call('put_artifact', { key: 'new', value: 'new' });
    assert.deepEqual(files(), ['live', 'new']);

    sandbox.putAll('artifacts', {
      live: { content: 'live', changes: { size_bytes: 200 * mebibyte, expires_at: '2035-01-01T00:00:00' } },
    });
    await assert.rejects(
      call('put_artifact', { key: 'more', value: 'more' }),
      (error) => error instanceof AgentError && error.code === 'quota' && error.message.includes('artifacts'),
    );
    assert.ok(!files().includes('more'));
  });

  it('are stored once more when the same one goes while it is looked at', async () => {
    const { key } = await call('put_artifact', { key: 'log', value: 'a log' });
    const { tree } = sandbox;
    const read = tree.scan.bind(tree);
    let looks = 0;
    tree.scan = async (request, options) => {
      const seen = await read(request, options);
      if (looks++ === 0) {
        rmSync(sandbox.path(`artifacts/${String(key)}`));
      }
      return seen;
    };
    const stored = await call('put_artifact', { value: 'a log' });
    assert.notEqual(stored['key'], key);
    assert.deepEqual(files(), [stored['key']]);
  });

  it('are collected by prune_cache once they have expired, and not before', async () => {
    await call('put_artifact', { key: 'a', value: 'a', ttl_hours: 1 });
    await call('put_artifact', { key: 'b', value: 'b', ttl_hours: 3 });
    nowMs = now + 2 * hourMs;
    assert.deepEqual((await call('prune_cache', {}))['message'], 'Pruned 1 expired entries');
    assert.deepEqual(files(), ['b']);
  });
});

describe('Answers to agents', () => {
  it('come from tools that are constant to the byte: a change breaks the prompt cache of every user once', () => {
    const tools = agentTools.map(({ name, title, description, input, output, hints }) => ({
      name,
      title,
      description,
      input: z.toJSONSchema(input),
      output: z.toJSONSchema(output),
      hints,
    }));
    // Change it together with a line in CHANGELOG.md, and only for what is worth it.
    assert.equal(sha256Hex(Buffer.from(JSON.stringify(tools))).slice(0, 16), '2d2f5ae101799dd7');
  });

  it('are bounded, however long the metadata, the descriptions and the list of instructions are', async () => {
    const sandbox = new TemporaryCache();
    const counter = createTokenCounter({ dataFolder: sandbox.outside('home') });
    try {
      const long = { expires_at: '2035-01-01T00:00:00', metadata: { small: 1, description: 'x'.repeat(20_000) } };
      sandbox.putAll(
        'instructions',
        Object.fromEntries(
          Array.from({ length: 1000 }, (_, number) => [`instruction_${number}`, { content: 'text', changes: long }]),
        ),
      );
      const cache = new AgentCache({
        tree: sandbox.tree,
        library: async () => Promise.resolve({ instructions: [], findings: [] }),
        precedence: 'sandbox',
        history: new VersionStore(sandbox.outside('versions'), { clock: { now: () => now } }),
        counter,
        clock: { now: () => now },
      });
      const run = async (name: string, input: object): Promise<Answer> => {
        const tool = agentTools.find((one) => one.name === name)!;
        const context = { confirm: () => 'unavailable' as const, allowWrites: false };
        return tool.output.parse(await tool.run(cache, tool.input.parse(input), context));
      };
      const listed = await run('list_instructions', {});
      assert.deepEqual([listed['count'], listed['left_out']], [200, 800]);
      assert.ok(JSON.stringify(listed).length < 200_000);
      const found = await run('get_instruction', { tag: '7' });
      assert.deepEqual([found['metadata'], found['metadata_left_out']], [{ small: 1 }, ['description']]);
      await assert.rejects(run('get_instruction', { tag: 'nope' }), (error: Error) => {
        assert.match(error.message, /and 950 more\]/);
        return error.message.length < 2000;
      });
    } finally {
      counter.dispose();
      sandbox.dispose();
    }
  });
});
