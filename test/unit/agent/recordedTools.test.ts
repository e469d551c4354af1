import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AgentCache } from '../../../src/agent/agentCache';
import { AgentError } from '../../../src/agent/agentError';
import { agentTools } from '../../../src/agent/tools/table';
import { originalKeyOfTag } from '../../../src/core/cache/keys';
import { mergeLibraries } from '../../../src/core/cache/library';
import type { JsonValue } from '../../../src/core/cache/model';
import type { PythonObject } from '../../../src/core/cache/pythonJson';
import { fromJson } from '../../../src/core/cache/pythonJsonPrint';
import { FolderTree } from '../../../src/core/sources/folderTree';
import { createTokenCounter } from '../../../src/core/tokens/localCounter';
import { VersionStore } from '../../../src/core/versions/versionStore';
import { documentedDifferences } from './documentedDifferences';

interface Recorded {
  readonly call: string;
  readonly success?: boolean;
  readonly output?: string;
  readonly raises?: string;
}

interface Answer {
  readonly output?: Readonly<Record<string, unknown>> | undefined;
  readonly failure?: string;
}

const vectors = join(__dirname, '..', '..', 'fixtures', 'golden', 'vectors', 'agent-tools.json');

/** The recorded calls, as an agent makes them today. */
const calls: Readonly<Record<string, readonly [tool: string, input: Readonly<Record<string, unknown>>]>> = {
  'list_instructions()': ['list_instructions', {}],
  "put_instruction(tag='coding', content='# Rules', metadata={'v':1})": [
    'put_instruction',
    { tag: 'coding', content: '# Rules', metadata: { v: 1 } },
  ],
  "get_instruction('coding')": ['get_instruction', { tag: 'coding' }],
  "get_instruction('presentation')": ['get_instruction', { tag: 'presentation' }],
  "get_instruction('nope')": ['get_instruction', { tag: 'nope' }],
  "put_instruction(tag='instruction_set')": ['put_instruction', { tag: 'instruction_set', content: 'x' }],
  'list_instructions() [tag shown wrongly]': ['list_instructions', {}],
  "put_artifact('k', 'text')": ['put_artifact', { key: 'k', value: 'text' }],
  "put_artifact('d', dict, ttl 5)": ['put_artifact', { key: 'd', value: { a: 1 }, ttl_hours: 5 }],
  "put_artifact('l', list)": ['put_artifact', { key: 'l', value: [1] }],
  "put_artifact ttl_hours='24'": ['put_artifact', { key: 't', value: 'x', ttl_hours: '24' }],
  "get_artifact('d')": ['get_artifact', { key: 'd' }],
  "get_artifact('zz')": ['get_artifact', { key: 'zz' }],
  'get_artifact(binary)': ['get_artifact', { key: 'bin' }],
  'get_project_summary() empty': ['get_project_summary', {}],
  put_project_summary: ['put_project_summary', { summary: 'Goal: x', metadata: { m: 1 } }],
  'get_project_summary()': ['get_project_summary', {}],
  "get_cache_stats('project')": ['get_cache_stats', { scope: 'project' }],
  "get_cache_stats('bogus')": ['get_cache_stats', { scope: 'bogus' }],
  'prune_cache()': ['prune_cache', {}],
  "prune_cache('bogus')": ['prune_cache', { scope: 'bogus' }],
};

/** Fields whose values depend on what was stored and not on when. */
const sameValue = ['message', 'tag', 'path', 'key', 'scope', 'content', 'value', 'summary', 'metadata', 'results'];

describe('the recorded calls of the original’s tools', () => {
  const recorded = JSON.parse(readFileSync(vectors, 'utf8')) as readonly Recorded[];
  let folder: string;
  let cache: AgentCache;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'context-cache-tools-'));
    const clock = { now: () => Date.parse('2026-11-20T21:29:31.339Z') };
    cache = new AgentCache({
      tree: new FolderTree(join(folder, 'kv-cache')),
      library: async () => Promise.resolve(mergeLibraries([])),
      precedence: 'sandbox',
      history: new VersionStore(join(folder, 'versions'), { clock }),
      counter: createTokenCounter(),
      clock,
    });
    const presentation = JSON.parse(outputOf("get_instruction('presentation')")) as {
      content: string;
      metadata: Record<string, JsonValue>;
    };
    for (const tag of ['presentation', 'document_creation', 'research', 'web_development', 'visualization']) {
      const bytes = Buffer.from(tag === 'presentation' ? presentation.content : `# ${tag}`);
      const metadata = fromJson(presentation.metadata) as PythonObject;
      await cache.put({ scope: 'instructions', originalKey: originalKeyOfTag(tag), bytes, metadata });
    }
    await cache.put({ scope: 'artifacts', originalKey: 'bin', bytes: Uint8Array.of(0xff, 0) });
  });

  after(async () => {
    cache.counter.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  function outputOf(call: string): string {
    return recorded.find((each) => each.call === call)!.output!;
  }

  async function answer(call: string): Promise<Answer> {
    const [name, input] = calls[call]!;
    const tool = agentTools.find((each) => each.name === name)!;
    const parsed = tool.input.safeParse(input);
    if (!parsed.success) {
      return { failure: parsed.error.message };
    }
    try {
      const context = { confirm: () => 'unavailable' as const, allowWrites: false };
      // As it goes over the wire.
      return { output: JSON.parse(JSON.stringify(await tool.run(cache, parsed.data, context))) as Answer['output'] };
    } catch (error) {
      assert.ok(error instanceof AgentError, String(error));
      return { failure: error.message };
    }
  }

  it('are all known here', () => {
    assert.deepEqual(
      recorded.map(({ call }) => call),
      Object.keys(calls),
    );
    const unknown = [...documentedDifferences('tools').keys()].filter((call) => !(call in calls));
    assert.deepEqual(unknown, []);
  });

  for (const { call, success, output } of recorded) {
    const different = documentedDifferences('tools').get(call);
    it(`${call}: ${different === undefined ? 'answered alike' : `answered better: ${different}`}`, async () => {
      const ours = await answer(call);
      if (different !== undefined) {
        assert.equal(ours.failure !== undefined, different.startsWith('refused'), ours.failure);
        const tag = /^the tag `(\w+)`$/.exec(different)?.[1];
        if (tag !== undefined) {
          const tags = (ours.output!['instructions'] as readonly { readonly tag: string }[]).map((each) => each.tag);
          assert.ok(tags.includes(tag), tags.join(', '));
        }
        return;
      }
      assert.equal(ours.failure === undefined, success === true, ours.failure);
      if (success !== true) {
        return;
      }
      const theirs = JSON.parse(output!) as Record<string, unknown>;
      for (const [name, value] of Object.entries(theirs)) {
        assert.ok(name in ours.output!, `${name} is missing`);
        assert.equal(typeof ours.output![name], typeof value, name);
        if (sameValue.includes(name)) {
          assert.deepEqual(ours.output![name], value, name);
        }
      }
    });
  }
});
