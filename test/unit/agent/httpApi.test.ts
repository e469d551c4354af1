import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { request } from 'node:http';
import { cp, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import type { Hono } from 'hono';
import { AgentCache } from '../../../src/agent/agentCache';
import { createHttpApi } from '../../../src/agent/http/app';
import { readLibrary } from '../../../src/core/cache/library';
import { nodeInstructionFiles } from '../../../src/core/instructions/nodeFiles';
import type { FileTree } from '../../../src/core/fileTree';
import { silentLogger } from '../../../src/core/ports';
import { FolderTree } from '../../../src/core/sources/folderTree';
import { createTokenCounter } from '../../../src/core/tokens/localCounter';
import { VersionStore } from '../../../src/core/versions/versionStore';
import { bundleCli } from './bundleCli';
import { documentedDifferences } from './documentedDifferences';

const fixtures = join(__dirname, '..', '..', 'fixtures');
const vectors = join(fixtures, 'golden', 'vectors', 'rest-api.json');
const goldenTree = join(fixtures, 'golden', 'iris-kv-cache', 'typical');
const token = 'a token of the tests';

interface Exchange {
  readonly case: string;
  readonly request: string;
  readonly json: unknown;
  readonly status: number;
  readonly body: { readonly detail?: unknown };
}

/** Where this server gives a better answer than the original; the document says why. */
const better = new Map([...documentedDifferences('api')].map(([name, status]) => [name, Number(status)]));
/** Access rights belong to the original's hosting service. */
const notOurs = 'access on';

describe('HTTP API', () => {
  let folder: string;
  let now: number;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'context-cache-http-'));
    now = Date.parse('2026-11-20T21:29:31.180Z');
  });

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  function open(
    cacheFolder: string,
    options: { readOnly?: boolean; tree?: FileTree; requestTimeoutMs?: number } = {},
  ): Hono {
    const clock = { now: () => now };
    const cache = new AgentCache({
      tree: options.tree ?? new FolderTree(cacheFolder),
      library: async () => readLibrary(nodeInstructionFiles(join(__dirname, '..', '..', '..', 'instructions'))),
      precedence: 'sandbox',
      history: new VersionStore(join(folder, 'versions'), { clock }),
      counter: createTokenCounter(),
      clock,
    });
    return createHttpApi(cache, {
      sandboxId: 'sbx-local',
      token,
      readOnly: options.readOnly === true,
      version: '0.0.0',
      log: silentLogger,
      ...(options.requestTimeoutMs === undefined ? {} : { requestTimeoutMs: options.requestTimeoutMs }),
    });
  }

  async function send(app: Hono, line: string, json?: unknown, headers: Record<string, string> = {}) {
    const [method = '', ...rest] = line.split(' ');
    const path = rest.join(' ').replace('{sandbox_id}', 'sbx-local');
    const response = await app.request(`http://localhost${encodeURI(path)}`, {
      method,
      headers: { host: 'localhost', authorization: `Bearer ${token}`, ...headers },
      ...(json === undefined || json === null ? {} : { body: JSON.stringify(json) }),
    });
    const body = (await response.json()) as Record<string, unknown>;
    return { status: response.status, body };
  }

  it('answers the recorded exchanges as the original, or better', async () => {
    const app = open(join(folder, '.iris', 'kv-cache'));
    const exchanges = (JSON.parse(await readFile(vectors, 'utf8')) as Exchange[]).filter(
      (exchange) => !exchange.case.includes(notOurs),
    );
    const seeded = await send(app, 'POST /api/sandboxes/{sandbox_id}/kv-cache/seed-instructions');
    assert.equal(seeded.body['seeded_count'], 5);
    const names = exchanges.map((exchange) => exchange.case);
    assert.deepEqual(
      [...better.keys()].filter((name) => !names.includes(name)),
      [],
    );
    for (const exchange of exchanges) {
      const headers = exchange.status === 401 ? { authorization: '' } : {};
      if (exchange.case === 'get binary') {
        continue; // below, over a tree that holds bytes
      }
      const answer = await send(app, exchange.request, exchange.json, headers);
      const status = better.get(exchange.case) ?? exchange.status;
      assert.notEqual(better.get(exchange.case), exchange.status, 'the document names only differences');
      assert.equal(answer.status, status, `${exchange.case}: ${JSON.stringify(answer.body)}`);
      if (status === exchange.status && status === 200) {
        assert.deepEqual(Object.keys(answer.body), Object.keys(exchange.body), exchange.case);
        assert.deepEqual(shape(answer.body, exchange.body), shape(exchange.body, exchange.body), exchange.case);
      }
      if (status === exchange.status && typeof exchange.body.detail === 'string') {
        assert.equal(answer.body['detail'], exchange.body.detail, exchange.case);
      }
      if (Array.isArray(exchange.body.detail)) {
        const places = (detail: unknown) => (detail as { loc: unknown }[]).map(({ loc }) => loc);
        assert.deepEqual(places(answer.body['detail']), places(exchange.body.detail), exchange.case);
      }
    }
  });

  it('returns values of an existing tree as the original does, and bytes as base64', async () => {
    await cp(goldenTree, folder, { recursive: true });
    now = Date.parse('2025-11-12T09:30:00.123Z');
    const app = open(join(folder, '.iris', 'kv-cache'));
    const base = 'GET /api/sandboxes/{sandbox_id}/kv-cache/value?scope=';
    const decisions = await send(app, `${base}project&key=decisions.json`);
    assert.deepEqual(
      decisions.body['value'],
      JSON.parse(await readFile(join(folder, '.iris/kv-cache/project/decisions.json'), 'utf8')),
    );
    const binary = await send(app, `${base}task&key=binary.bin`);
    assert.equal(binary.body['encoding'], 'base64');
    assert.deepEqual(
      Buffer.from(binary.body['value'] as string, 'base64'),
      await readFile(join(folder, '.iris/kv-cache/task/binary.bin')),
    );
    const expired = await send(app, `${base}system&key=legacy_profile`);
    assert.equal(expired.status, 404);
    await stat(join(folder, '.iris/kv-cache/system/legacy_profile')); // reading deletes nothing
  });

  it('refuses writes when it was started read-only, and answers reads', async () => {
    const app = open(join(folder, '.iris', 'kv-cache'), { readOnly: true });
    const put = { scope: 'task', key: 'k', value: 'x' };
    assert.equal((await send(app, 'POST /api/sandboxes/{sandbox_id}/kv-cache/value', put)).status, 403);
    assert.equal((await send(app, 'GET /api/sandboxes/{sandbox_id}/kv-cache/stats')).status, 200);
  });

  it('refuses other hosts, other sandboxes and wrong tokens, and takes an API key', async () => {
    const app = open(join(folder, '.iris', 'kv-cache'));
    const stats = 'GET /api/sandboxes/{sandbox_id}/kv-cache/stats';
    assert.equal((await send(app, stats, null, { host: 'attacker.example' })).status, 403);
    assert.equal((await send(app, stats.replace('{sandbox_id}', 'other'))).status, 404);
    assert.equal((await send(app, stats, null, { authorization: 'Bearer wrong' })).status, 401);
    assert.equal((await send(app, stats, null, { authorization: '', 'x-api-key': token })).status, 200);
  });

  it('does not hang on a pattern that backtracks', async () => {
    const app = open(join(folder, '.iris', 'kv-cache'));
    const key = 'a'.repeat(250);
    await send(app, 'POST /api/sandboxes/{sandbox_id}/kv-cache/value', { scope: 'task', key, value: 'x' });
    const answer = await send(app, 'GET /api/sandboxes/{sandbox_id}/kv-cache/keys?scope=task&pattern=(a*)*b');
    assert.deepEqual(answer.body['keys'], []);
  });

  it('gives up a request to a cache that does not answer', async () => {
    const place = join(folder, '.iris', 'kv-cache');
    const tree = new FolderTree(place);
    // A link that hangs: neither an answer nor an error.
    tree.scan = async () => new Promise(() => undefined);
    const app = open(place, { tree, requestTimeoutMs: 20 });
    const answer = await send(app, 'GET /api/sandboxes/{sandbox_id}/kv-cache/stats');
    assert.deepEqual([answer.status, answer.body['detail']], [504, 'The cache did not answer in time.']);
  });

  it('describes itself, without a token', async () => {
    const app = open(join(folder, '.iris', 'kv-cache'));
    const response = await app.request('http://localhost/openapi.json', { headers: { host: 'localhost' } });
    const document = (await response.json()) as { openapi: string; paths: Record<string, Record<string, unknown>> };
    assert.equal(document.openapi, '3.1.0');
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path.replace(/^.*kv-cache/, '')}`),
    );
    assert.equal(operations.length, 8);
    for (const operation of operations) {
      const [method = '', path = ''] = operation.split(' ');
      const line = `${method.toUpperCase()} /api/sandboxes/{sandbox_id}/kv-cache${path}`;
      assert.notEqual((await send(app, line)).body['detail'], 'Not Found', operation);
    }
  });

  describe('served by the command line', function () {
    this.timeout(60_000);

    it('listens on loopback only, with a token in a file that only the user can read', async () => {
      const home = join(folder, 'home');
      const cli = await bundleCli();
      await cp(goldenTree, join(folder, 'workspace'), { recursive: true });
      const server = spawn(process.execPath, [cli, 'serve', '--json', '--source', join(folder, 'workspace')], {
        env: { ...process.env, CONTEXT_CACHE_HOME: home },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      try {
        const [line] = (await once(server.stdout, 'data')) as [Buffer];
        const { url, tokenFile, port } = JSON.parse(line.toString()) as {
          url: string;
          tokenFile: string;
          port: number;
        };
        assert.doesNotMatch(
          line.toString(),
          new RegExp(await readFile(tokenFile, 'utf8')),
          'the token is never printed',
        );
        if (process.platform !== 'win32') {
          assert.equal((await stat(tokenFile)).mode & 0o777, 0o600);
        }
        assert.equal((await fetch(`${url}/stats`)).status, 401);
        const authorization = `Bearer ${await readFile(tokenFile, 'utf8')}`;
        const answer = await fetch(`${url}/keys?scope=project&include_expired=true`, { headers: { authorization } });
        assert.equal(((await answer.json()) as { count: number }).count, 3);
        assert.equal(await statusOfOversized(port, authorization), 413);
        server.kill('SIGINT');
        await once(server, 'exit');
        await assert.rejects(stat(tokenFile), { code: 'ENOENT' });
      } finally {
        server.kill('SIGKILL');
      }
    });
  });
});

/** Announces a body that is too large and sends none of it. */
async function statusOfOversized(port: number, authorization: string): Promise<number> {
  const outgoing = request({
    port,
    host: '127.0.0.1',
    method: 'POST',
    path: '/api/sandboxes/local/kv-cache/value',
    headers: { authorization, 'content-type': 'application/json', 'content-length': 1024 ** 3 },
  });
  outgoing.on('error', () => undefined);
  outgoing.flushHeaders();
  const [response] = (await once(outgoing, 'response')) as [{ readonly statusCode: number }];
  outgoing.destroy();
  return response.statusCode;
}

/** Names and types, without what differs by content: times, sizes, texts, and items of lists that are empty there. */
function shape(value: unknown, like: unknown): unknown {
  if (Array.isArray(value)) {
    return Array.isArray(like) && like.length > 0 ? [shape(value[0], like[0])] : 'list';
  }
  if (typeof value === 'object' && value !== null) {
    const sample = (like ?? {}) as Record<string, unknown>;
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, shape(item, sample[name])]));
  }
  return value === null ? 'null' : typeof value;
}
