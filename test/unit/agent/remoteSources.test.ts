import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { originalKey, startOriginalApi } from '../../support/originalApi';
import type { OriginalApi } from '../../support/originalApi';
import { TemporaryCache } from '../cache/temporaryCache';
import { bundleCli } from './bundleCli';

const token = 'token-of-the-tests';

/** Agents whose sandbox is somewhere else: the server runs here, and the cache is behind a link. */
describe('servers for agents over caches on other machines', function () {
  this.timeout(60_000);
  let cache: TemporaryCache;
  let api: OriginalApi;
  let cli: string;

  before(async () => {
    cli = await bundleCli();
  });

  beforeEach(async () => {
    cache = new TemporaryCache();
    cache.put('instructions', 'instruction_research', '# Far away\n', { expires_at: '2035-01-01T00:00:00' });
    api = await startOriginalApi(cache.root);
  });

  afterEach(async () => {
    await api.stop();
    cache.dispose();
  });

  const places: Readonly<Record<string, () => readonly string[]>> = {
    'behind a command': () => ['--source-command', '["env"]', '--root', cache.root],
    'behind the HTTP API': () => ['--source', api.url],
  };
  function environment(): Record<string, string> {
    return {
      PATH: process.env['PATH'] ?? '',
      CONTEXT_CACHE_HOME: cache.outside('data'),
      CONTEXT_CACHE_HTTP_KEY: originalKey,
      CONTEXT_CACHE_TOKEN: token,
    };
  }

  for (const [where, source] of Object.entries(places)) {
    it(`${where}: an MCP client gets an instruction and stores an output`, async () => {
      const client = new Client({ name: 'test', version: '1' });
      const args = [cli, 'mcp', ...source()];
      const transport = { command: process.execPath, args, cwd: cache.outside('.'), env: environment() };
      await client.connect(new StdioClientTransport({ ...transport, stderr: 'ignore' }));
      const call = async (name: string, given: Record<string, unknown>) =>
        (await client.callTool({ name, arguments: given })).structuredContent as Record<string, unknown>;
      try {
        assert.equal((await call('get_instruction', { tag: 'research' }))['content'], '# Far away\n');
        const stored = await call('put_artifact', { key: 'out', value: { a: [1, 'é'] } });
        assert.equal(stored['path'], '/workspace/.iris/kv-cache/artifacts/out');
        assert.deepEqual((await call('get_artifact', { key: 'out' }))['value'], { a: [1, 'é'] });
        assert.equal(readFileSync(cache.path('artifacts/out'), 'utf8'), '{\n  "a": [\n    1,\n    "\\u00e9"\n  ]\n}');
        assert.equal((await call('list_artifacts', {}))['total'], 1);
      } finally {
        await client.close();
      }
    });

    it(`${where}: the HTTP API passes values on`, async () => {
      const server = spawn(process.execPath, [cli, 'serve', '--json', ...source()], {
        cwd: cache.outside('.'),
        env: environment(),
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const ended = once(server, 'close');
      try {
        const [line] = (await once(createInterface({ input: server.stdout }), 'line')) as [string];
        const { url } = JSON.parse(line) as { url: string };
        const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
        const body = JSON.stringify({ scope: 'task', key: 'a/b', value: 'zwölf', ttl_hours: 3 });
        const put = await fetch(`${url}/value`, { method: 'POST', headers, body });
        assert.equal(put.status, 200, await put.text());
        const got = await fetch(`${url}/value?scope=task&key=a/b`, { headers });
        assert.equal(((await got.json()) as { value: unknown }).value, 'zwölf');
        assert.equal(readFileSync(cache.path('task/a_b'), 'utf8'), 'zwölf');
        const gone = await fetch(`${url}/value?scope=task&key=a/b`, { method: 'DELETE', headers });
        assert.equal(gone.status, 200, await gone.text());
        assert.equal((await fetch(`${url}/value?scope=task&key=a/b`, { headers })).status, 404);
      } finally {
        server.kill('SIGKILL');
        await ended;
      }
    });
  }

  it('tell agents why, when the link is down', async () => {
    await api.stop();
    const client = new Client({ name: 'test', version: '1' });
    const args = [cli, 'mcp', '--source', api.url, '--prefer', 'sandbox'];
    const transport = { command: process.execPath, args, cwd: cache.outside('.'), env: environment() };
    await client.connect(new StdioClientTransport({ ...transport, stderr: 'ignore' }));
    try {
      const answer = await client.callTool({ name: 'get_artifact', arguments: { key: 'out' } });
      assert.equal(answer.isError, true);
      assert.match(JSON.stringify(answer.content), /can't be reached at 127\.0\.0\.1/);
      assert.doesNotMatch(JSON.stringify(answer), new RegExp(originalKey));
    } finally {
      await client.close();
      api = await startOriginalApi(cache.root);
    }
  });
});
