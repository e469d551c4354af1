import { Ajv2020 } from 'ajv/dist/2020';
import assert from 'node:assert/strict';
import { cp, mkdir, mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { clientEnvironment, refusedTargets } from '../support/host/testClients';
import { fixturesFolder, removeFolder } from '../support/places';
import { eras, inspector, inspectorCommand, officialSdk } from './mcpClients';
import type { McpClientOfOthers, ReadContent, StartedServer, ToolAnswer } from './mcpClients';

/** When the golden tree was written. */
const goldenTime = '2025-11-12T09:30:00.123456';
const messageId = '2fa91425-cb00-4853-9d2c-67eda13ffe79';

/** Resources to read at a time: a command line takes two processes for each. */
const atOnce = 2;

/** One good call of every tool, in an order in which later ones find what earlier ones left. */
const goodCalls: readonly (readonly [tool: string, input: Readonly<Record<string, unknown>>])[] = [
  ['put_instruction', { tag: 'coding', content: '# Rules', metadata: { v: 1 } }],
  ['get_instruction', { tag: 'presentation', offset: 2, limit: 40 }],
  ['list_instructions', {}],
  ['put_artifact', { key: 'figures', value: { rows: [1, 2, 3] }, ttl_hours: 5 }],
  ['get_artifact', { key: 'figures' }],
  ['list_artifacts', { limit: 3 }],
  ['put_project_summary', { summary: 'Goal: “x”', metadata: { m: 1 } }],
  ['get_project_summary', {}],
  ['get_summary', { message_id: messageId }],
  ['prune_cache', { scope: 'task' }],
  ['invalidate', { scope: 'artifacts', key: 'figures' }],
  ['get_cache_stats', { scope: 'artifacts' }],
];

/** All that a client was given. */
interface Harvest {
  readonly tools: readonly unknown[];
  readonly templates: readonly unknown[];
  readonly resources: readonly unknown[];
  readonly answers: Readonly<Record<string, unknown>>;
  readonly contents: readonly ReadContent[];
}

describe('The MCP server in the packaged extension', function () {
  this.timeout(300_000);
  let cli = '';
  let first: Harvest | undefined;
  const folders: string[] = [];

  before(async function () {
    this.timeout(900_000); // The inspector may have to be installed.
    cli = path.join(await this.testHost.installedExtension('context-cache.context-cache'), 'dist', 'cli.js');
    await inspectorCommand(await newServer());
  });

  after(async () => {
    await Promise.all(folders.map(removeFolder));
  });

  /** A server over a fresh copy of the golden tree. */
  async function newServer(...more: readonly string[]): Promise<StartedServer> {
    const folder = await mkdtemp(path.join(tmpdir(), 'context-cache-clients-'));
    folders.push(folder);
    const workspace = path.join(folder, 'workspace');
    await mkdir(workspace);
    await cp(path.join(fixturesFolder, 'golden', 'iris-kv-cache', 'typical'), workspace, { recursive: true });
    return {
      args: [cli, 'mcp', '--now', goldenTime, '--source', workspace, ...more],
      env: { ...clientEnvironment(folder), CONTEXT_CACHE_HOME: path.join(folder, 'data') },
      folder,
    };
  }

  const clients = { 'the official SDK': officialSdk, "the inspector's command line": inspector };
  for (const [name, open] of Object.entries(clients)) {
    for (const era of eras) {
      it(`answers ${name} in all that it has, ${era} protocol`, async () => {
        // A command line has nobody to ask.
        const server = await newServer(...(open === inspector ? ['--allow-writes'] : []));
        const client = await open(server, era);
        try {
          const harvest = await gather(client);
          await checkAgainstFiles(harvest, path.join(server.folder, 'workspace', '.iris', 'kv-cache'));
          first ??= harvest;
          assert.deepEqual(harvest, first, 'every client is given the same');
        } finally {
          await client.close();
        }
        assert.deepEqual(refusedTargets(server.folder), [], 'client and server keep to this machine');
      });
    }
  }

  it('has schemas without an error, and errors that the inspector tells by its exit code', async () => {
    const run = await inspectorCommand(await newServer());
    const strict = await run('--method', 'tools/list', '--strict');
    assert.equal(strict.code, 0, strict.stderr);
    const unknown = await run('--method', 'tools/call', '--tool-name', 'get_instruction', '--tool-arg', 'tag=nope');
    assert.equal(unknown.code, 5, unknown.stderr);
    assert.match(unknown.stdout, /Instruction 'nope' not found/);
    const input = JSON.stringify({ scope: 'project', key: 'summary' });
    const unasked = await run('--method', 'tools/call', '--tool-name', 'invalidate', '--tool-args-json', input);
    assert.equal(unasked.code, 5, unasked.stderr);
    assert.match(unasked.stdout, /--allow-writes/);
    const gone = await run('--method', 'resources/read', '--uri', 'context-cache://summaries/none');
    assert.notEqual(gone.code, 0);
    const { result } = JSON.parse((await run('--method', 'prompts/list')).stdout) as { result: { prompts: unknown[] } };
    assert.deepEqual(result.prompts, []);
  });
});

/** Lists, calls and reads everything, and holds every answer to the schema that the same client was given. */
async function gather(client: McpClientOfOthers): Promise<Harvest> {
  const tools = await client.listTools();
  assert.deepEqual(tools.map(({ name }) => name).toSorted(), goodCalls.map(([name]) => name).toSorted());
  const schemas = new Ajv2020({ strict: false });
  const answers: Record<string, unknown> = {};
  for (const [name, input] of goodCalls) {
    const { isError, content, structuredContent }: ToolAnswer = await client.callTool(name, input);
    assert.notEqual(isError, true, `${name}: ${JSON.stringify(content)}`);
    const schema = tools.find((tool) => tool.name === name)?.outputSchema;
    assert.ok(schema !== undefined && schemas.validate(schema, structuredContent), `${name}: ${schemas.errorsText()}`);
    const [text] = content as readonly { readonly text: string }[];
    assert.deepEqual(JSON.parse(text!.text), structuredContent, `${name}: the text says the same`);
    answers[name] = structuredContent;
  }
  const resources = await client.listResources();
  const contents: ReadContent[] = [];
  for (let next = 0; next < resources.length; next += atOnce) {
    const some = resources.slice(next, next + atOnce);
    contents.push(...(await Promise.all(some.map(async ({ uri }) => client.readResource(uri)))).flat());
  }
  const { operation_id: operationId, ...invalidated } = answers['invalidate'] as Record<string, unknown>;
  assert.equal(typeof operationId, 'string');
  return {
    tools,
    templates: await client.listResourceTemplates(),
    resources,
    answers: { ...answers, invalidate: invalidated },
    contents,
  };
}

/** What was answered is what lies in the files, and what was written lies there too. */
async function checkAgainstFiles({ resources, answers, contents }: Harvest, root: string): Promise<void> {
  const value = async (name: string): Promise<string> => readFile(path.join(root, name), 'utf8');
  const fields = answers as Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  const presentation = await value('instructions/instruction_presentation');
  assert.equal(fields['get_instruction']!['content'], presentation.slice(2, 42));
  assert.deepEqual(fields['get_artifact']!['value'], { rows: [1, 2, 3] });
  assert.equal(fields['get_project_summary']!['summary'], 'Goal: “x”');
  assert.equal(fields['get_summary']!['summary'], await value(`task/summary_${messageId}`));
  assert.deepEqual(fields['invalidate']!['keys'], ['artifacts/figures']);
  assert.equal(await value('instructions/instruction_coding'), '# Rules');
  assert.equal(await value('project/summary'), 'Goal: “x”');
  await assert.rejects(value('artifacts/figures'), { code: 'ENOENT' });

  assert.ok(resources.length > 10, `${resources.length} resources`);
  assert.equal(contents.length, resources.length);
  for (const { uri, text } of contents) {
    const { host, pathname } = new URL(uri);
    const name = decodeURIComponent(pathname.slice(1));
    const file = { instructions: `instructions/instruction_${name}`, summaries: `task/summary_${name}` }[host];
    assert.equal(text, await value(file ?? 'project/summary'), uri);
  }
}
