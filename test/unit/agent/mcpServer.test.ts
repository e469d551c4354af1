import { Client } from '@modelcontextprotocol/client';
import type { CallToolResult } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleCli } from './bundleCli';

const repository = join(__dirname, '..', '..', '..');
const goldenTree = join(repository, 'test', 'fixtures', 'golden', 'iris-kv-cache', 'typical');
/** When the golden tree was written. */
const goldenTime = '2025-11-12T09:30:00.123456';

interface Session {
  readonly client: Client;
  /** Questions that the server had put to the person. */
  readonly questions: string[];
  readonly call: (name: string, args?: Record<string, unknown>) => Promise<CallToolResult>;
}

/** Both revisions of the protocol must behave alike. */
const eras = [
  { name: '2025 revisions', mode: 'legacy' },
  { name: '2026-07-28 revision', mode: { pin: '2026-07-28' } },
] as const;

for (const era of eras) {
  describe(`MCP server over standard input and output, ${era.name}`, function () {
    this.timeout(60_000);
    let folder: string;
    const open: Client[] = [];

    let cli: string;

    before(async () => {
      cli = await bundleCli();
    });

    beforeEach(async () => {
      folder = await mkdtemp(join(tmpdir(), 'context-cache-mcp-'));
      await cp(goldenTree, join(folder, 'workspace'), { recursive: true });
    });

    afterEach(async () => {
      await Promise.all(open.splice(0).map(async (client) => client.close()));
      await rm(folder, { recursive: true, force: true });
    });

    async function connect(
      args: readonly string[] = ['--source', join(folder, 'workspace')],
      person?: 'accept' | 'decline',
    ): Promise<Session> {
      const questions: string[] = [];
      const client = new Client(
        { name: 'test', version: '1' },
        {
          versionNegotiation: { mode: era.mode },
          capabilities: person === undefined ? {} : { elicitation: { form: {} } },
        },
      );
      if (person !== undefined) {
        client.setRequestHandler('elicitation/create', (request) => {
          questions.push(request.params.message);
          return person === 'accept' ? { action: 'accept', content: { confirm: true } } : { action: 'decline' };
        });
      }
      await client.connect(
        new StdioClientTransport({
          command: process.execPath,
          args: [cli, 'mcp', '--now', goldenTime, ...args],
          cwd: folder,
          env: {
            ...definedEnv(),
            CONTEXT_CACHE_HOME: join(folder, 'home'),
          },
          stderr: 'ignore',
        }),
      );
      open.push(client);
      return {
        client,
        questions,
        call: async (name, callArguments = {}) => client.callTool({ name, arguments: callArguments }),
      };
    }

    it('lists the same tools to the byte, with schemas and hints, whatever the cache holds', async () => {
      const [full, empty] = [await connect(), await connect([])];
      const tools = await full.client.listTools();
      assert.deepEqual((await empty.client.listTools()).tools, tools.tools);
      assert.deepEqual(
        tools.tools.map(({ name }) => name),
        [
          'put_instruction',
          'get_instruction',
          'list_instructions',
          'put_artifact',
          'get_artifact',
          'list_artifacts',
          'put_project_summary',
          'get_project_summary',
          'get_summary',
          'get_cache_stats',
          'prune_cache',
          'invalidate',
        ],
      );
      for (const { inputSchema, outputSchema, annotations, description } of tools.tools) {
        assert.equal(inputSchema.type, 'object');
        assert.equal(outputSchema?.['type'], 'object');
        assert.notEqual(annotations?.readOnlyHint, undefined);
        assert.doesNotMatch(description ?? '', /\d{4}-\d\d/, 'no dates in a description');
      }
    });

    it('fetches an instruction whole and by slices that add up to it', async () => {
      const { call } = await connect();
      const whole = structured(await call('get_instruction', { tag: 'presentation' }));
      const file = await readFile(
        join(folder, 'workspace/.iris/kv-cache/instructions/instruction_presentation'),
        'utf8',
      );
      assert.equal(whole['content'], file);
      assert.equal(whole['origin'], 'sandbox');
      assert.equal(whole['next_offset'], undefined);
      let text = '';
      let offset: number | undefined = 0;
      while (offset !== undefined) {
        const part = structured(await call('get_instruction', { tag: 'presentation', offset, tokens: 50 }));
        assert.ok((part['tokens'] as number) <= 50);
        text += part['content'] as string;
        offset = part['next_offset'] as number | undefined;
      }
      assert.equal(text, file);
    });

    it('names the tags that exist when one does not', async () => {
      const { call } = await connect();
      const result = await call('get_instruction', { tag: 'nope' });
      assert.equal(result.isError, true);
      assert.match(textOf(result), /^Instruction 'nope' not found\. Available instructions: \['/);
      assert.match(textOf(result), /'team_style'/);
    });

    it('serves the library without any sandbox, and refuses to store there', async () => {
      const { call } = await connect(['--library', join(repository, 'instructions')]);
      const found = structured(await call('get_instruction', { tag: 'research' }));
      assert.equal(found['origin'], 'library');
      assert.equal(found['content'], await readFile(join(repository, 'instructions', 'research.md'), 'utf8'));
      const refused = await call('put_artifact', { value: 'text' });
      assert.equal(refused.isError, true);
      assert.match(textOf(refused), /No sandbox cache is connected/);
    });

    it('falls back to the library for what has expired, and says which place it is from', async () => {
      const late = ['--now', '2030-01-01T00:00:00'];
      const source = ['--source', join(folder, 'workspace')];
      const { call } = await connect([...late, ...source, '--library', join(repository, 'instructions')]);
      assert.equal(structured(await call('get_instruction', { tag: 'research' }))['origin'], 'library');
      const expired = await call('get_instruction', { tag: 'team_style' });
      assert.equal(expired.isError, true);
      assert.match(textOf(expired), /has expired/);
    });

    it('stores an output, returns a reference, and gives it back by slices', async () => {
      const { call } = await connect();
      const value = Array.from({ length: 4000 }, (_, line) => `row ${line}\n`).join('');
      const stored = structured(await call('put_artifact', { value, metadata: { tool: 'grep' } }));
      const reference = stored['reference'] as Record<string, unknown>;
      assert.equal(reference['size_chars'], value.length);
      assert.ok((reference['preview'] as string).length <= 200);
      assert.ok((reference['summary'] as string).length <= 400);
      const again = structured(await call('put_artifact', { value }));
      assert.equal(again['key'], stored['key'], 'equal contents are stored once');
      const part = structured(await call('get_artifact', { key: stored['key'], offset: 6, limit: 6 }));
      assert.equal(part['value'], 'row 1\n');
      assert.equal(part['next_offset'], 12);
      const listed = structured(await call('list_artifacts', { limit: 1 }));
      assert.equal((listed['artifacts'] as { key: string }[])[0]?.key, stored['key']);
    });

    it('keeps objects as objects and refuses what the format has no place for', async () => {
      const { call } = await connect();
      structured(await call('put_artifact', { key: 'd', value: { a: 1 }, ttl_hours: 5 }));
      const found = structured(await call('get_artifact', { key: 'd' }));
      assert.deepEqual(found['value'], { a: 1 });
      assert.equal(found['size_bytes'], 12);
      assert.equal(found['expires_at'], '2025-11-12T14:30:00.123000');
      for (const refused of [{ value: ['list'] }, { value: 'x', ttl_hours: '24' }, { key: '../x', value: 'x' }]) {
        assert.equal((await call('put_artifact', refused)).isError, true, JSON.stringify(refused));
      }
    });

    it('returns bytes that are not text as base64', async () => {
      await cp(
        join(folder, 'workspace/.iris/kv-cache/task/binary.bin'),
        join(folder, 'workspace/.iris/kv-cache/artifacts/analysis_result__0'),
      );
      const { call } = await connect();
      const found = structured(await call('get_artifact', { key: 'analysis result #0', limit: 16 }));
      assert.equal(found['encoding'], 'base64');
      assert.equal(Buffer.from(found['value'] as string, 'base64').byteLength, 16);
      assert.equal(found['next_offset'], 16);
    });

    it('reads and writes summaries', async () => {
      const { call } = await connect();
      structured(await call('put_project_summary', { summary: 'Goal: x', metadata: { m: 1 } }));
      const project = structured(await call('get_project_summary'));
      assert.equal(project['summary'], 'Goal: x');
      assert.deepEqual(project['metadata'], { m: 1 });
      assert.equal(project['stale'], false);
      const missing = await call('get_summary', { message_id: 'no-such-message' });
      assert.equal(missing.isError, true);
      assert.match(textOf(missing), /No summary of message 'no-such-message' found/);
    });

    it('says that a summary is stale when the file or entry that it sums up changed', async () => {
      const { call } = await connect();
      await writeFile(join(folder, 'workspace/plan.md'), 'The plan as it is now.');
      const earlier = { source_file: 'plan.md', source_fingerprint: '0'.repeat(16) };
      structured(await call('put_project_summary', { summary: 'Of the plan.', metadata: earlier }));
      assert.equal(structured(await call('get_project_summary'))['stale'], true);

      const indexFile = join(folder, 'workspace/.iris/kv-cache/task/_index.json');
      const index = JSON.parse(await readFile(indexFile, 'utf8')) as Record<
        string,
        { metadata: object; expires_at: string }
      >;
      const [key, entry] = Object.entries(index).find(([, { expires_at }]) => expires_at > goldenTime)!;
      const message = { message_id: key.slice('summary_'.length) };
      assert.equal(structured(await call('get_summary', message))['stale'], false);
      entry.metadata = { source_entry: 'project/summary', source_fingerprint: '0'.repeat(16) };
      await writeFile(indexFile, JSON.stringify(index, null, 2));
      assert.equal(structured(await call('get_summary', message))['stale'], true);
    });

    it('prunes what has expired and nothing else', async () => {
      const { call } = await connect();
      const before = structured(await call('get_cache_stats', { scope: 'task' }))['stats'] as Stats;
      const expired = before['task']!.expired_keys;
      assert.ok(expired > 0);
      const pruned = structured(await call('prune_cache', { scope: 'task' }));
      assert.deepEqual(pruned['results'], { task: expired });
      const after = structured(await call('get_cache_stats', { scope: 'task' }))['stats'] as Stats;
      assert.equal(after['task']!.expired_keys, 0);
      assert.equal(after['task']!.active_keys, before['task']!.active_keys);
    });

    it('invalidates after a yes, and not after a no or without a person', async () => {
      const target = { scope: 'project', key: 'summary' };
      const mute = await connect();
      const unasked = await mute.call('invalidate', target);
      assert.equal(unasked.isError, true);
      assert.match(textOf(unasked), /--allow-writes/);

      const declining = await connect(undefined, 'decline');
      assert.equal((await declining.call('invalidate', target)).isError, true);
      assert.match(declining.questions.join('\n'), /project\/summary/);
      structured(await declining.call('get_project_summary'));

      const accepting = await connect(undefined, 'accept');
      const removed = structured(await accepting.call('invalidate', target));
      assert.deepEqual(removed['keys'], ['project/summary']);
      assert.equal((await accepting.call('get_project_summary')).isError, true);
      assert.equal(typeof removed['operation_id'], 'string');
    });

    it('invalidates without asking when it was started so', async () => {
      const { call } = await connect(['--source', join(folder, 'workspace'), '--allow-writes']);
      const removed = structured(await call('invalidate', { scope: 'artifacts', pattern: 'tool_output_web_*' }));
      assert.ok((removed['count'] as number) > 1);
    });

    it('offers instructions and summaries as resources', async () => {
      const { client } = await connect();
      const { resources } = await client.listResources();
      const uris = resources.map(({ uri }) => uri);
      assert.ok(uris.includes('context-cache://instructions/presentation'));
      assert.ok(uris.some((uri) => uri.startsWith('context-cache://summaries/')));
      assert.ok(uris.includes('context-cache://project/summary'));
      const read = await client.readResource({ uri: 'context-cache://instructions/presentation' });
      const [content] = read.contents;
      assert.ok(content !== undefined && 'text' in content && content.text.startsWith('# presentation'));
      if (era.mode !== 'legacy') {
        // Seeded five days and three hours before, for seven days.
        assert.equal((read as { ttlMs?: number }).ttlMs, 45 * 3_600_000);
      }
      await assert.rejects(client.readResource({ uri: 'context-cache://summaries/none' }));
    });
  });
}

type Stats = Record<string, { expired_keys: number; active_keys: number }>;

function structured(result: CallToolResult): Record<string, unknown> {
  assert.notEqual(result.isError, true, textOf(result));
  assert.deepEqual(JSON.parse(textOf(result)), result.structuredContent);
  const content = result.structuredContent as Record<string, unknown>;
  assert.equal(content['success'], true);
  return content;
}

function textOf(result: CallToolResult): string {
  const [content] = result.content;
  return content?.type === 'text' ? content.text : '';
}

function definedEnv(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
}
