import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import fc from 'fast-check';
import { AgentCache } from '../../../src/agent/agentCache';
import { createHttpApi } from '../../../src/agent/http/app';
import { agentTools } from '../../../src/agent/tools/table';
import { AgentError } from '../../../src/agent/agentError';
import { sha256Hex } from '../../../src/core/cache/fingerprint';
import { scopeNames } from '../../../src/core/cache/model';
import { silentLogger } from '../../../src/core/ports';
import { FolderTree } from '../../../src/core/sources/folderTree';
import { createTokenCounter } from '../../../src/core/tokens/localCounter';
import { VersionStore } from '../../../src/core/versions/versionStore';
import { bundleCli } from './bundleCli';
import { nightly } from '../../support/nightly';

/** Kept, so that a failure can be had again; the long form of the tests takes fresh ones. */
const seed = 20_251_112;
const many = { ...(nightly ? {} : { seed }), numRuns: nightly ? 20_000 : 1500 };
const goldenTree = join(__dirname, '..', '..', 'fixtures', 'golden', 'iris-kv-cache', 'typical');
const token = 'a token of the tests';

/** Keys that have broken stores: paths, dots, controls, the index itself, what JavaScript treats specially. */
const nastyKeys = ['', '.', '..', '../x', '/etc/passwd', '_index.json', '_INDEX.JSON', 'a\0b', '__proto__', '\ud800'];
const key = fc.oneof(fc.constantFrom(...nastyKeys), fc.string({ unit: 'binary', maxLength: 300 }));
const scope = fc.oneof(fc.constantFrom(...scopeNames), fc.string({ maxLength: 12 }));

describe('agents’ doors under random requests', function () {
  this.timeout(nightly ? 3_600_000 : 120_000);
  let folder: string;
  let cacheFolder: string;
  let cache: AgentCache;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'context-cache-fuzz-'));
    await cp(goldenTree, join(folder, 'workspace'), { recursive: true });
    cacheFolder = join(folder, 'workspace', '.iris', 'kv-cache');
    const clock = { now: () => Date.parse('2025-11-12T09:30:00Z') };
    cache = new AgentCache({
      tree: new FolderTree(cacheFolder),
      library: () => Promise.resolve({ instructions: [], findings: [] }),
      precedence: 'sandbox',
      history: new VersionStore(join(folder, 'versions'), { clock }),
      counter: createTokenCounter(),
      clock,
    });
  });

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('answers any reading HTTP request with JSON and a status of its own making, and changes nothing', async () => {
    const before = await digest(folder);
    const app = createHttpApi(cache, {
      sandboxId: 'local',
      token,
      readOnly: false,
      version: '0.0.0',
      log: silentLogger,
    });
    const request = fc.record({
      path: fc.oneof(
        fc.constantFrom('stats', 'keys', 'value', 'prune', 'nothing', '../../x', ''),
        fc.string({ unit: 'binary', maxLength: 20 }),
      ),
      query: fc.dictionary(
        fc.oneof(fc.constantFrom('scope', 'key', 'pattern', 'include_expired'), fc.string({ maxLength: 5 })),
        fc.oneof(key, scope, fc.constantFrom('true', '(', '(a+)+$', '[', '\\')),
        { maxKeys: 4 },
      ),
      authorization: fc.constantFrom(
        `Bearer ${token}`,
        `Bearer ${token}`,
        `Bearer ${token}`,
        'Bearer x',
        '',
        'Basic eDp5',
      ),
    });
    await fc.assert(
      fc.asyncProperty(request, async ({ path, query, authorization }) => {
        const url = new URL('http://localhost/');
        url.pathname = `/api/sandboxes/local/kv-cache/${encodeURIComponent(wellFormed(path))}`;
        for (const [name, value] of Object.entries(query)) {
          url.searchParams.append(name, wellFormed(value));
        }
        const response = await app.request(url.href, { headers: { host: 'localhost', authorization } });
        assert.ok([200, 400, 401, 404, 422].includes(response.status), `${response.status} for ${url.href}`);
        assert.equal(typeof (await response.json()), 'object');
      }),
      many,
    );
    assert.equal(await digest(folder), before);
  });

  it('survives any body of a put, and keeps every index readable', async () => {
    const app = createHttpApi(cache, {
      sandboxId: 'local',
      token,
      readOnly: false,
      version: '0.0.0',
      log: silentLogger,
    });
    const body = fc.oneof(
      { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
      {
        weight: 3,
        arbitrary: fc
          .record(
            {
              scope,
              key,
              value: fc.jsonValue({ maxDepth: 3 }),
              ttl_hours: fc.oneof(fc.integer(), fc.double(), fc.constant('24')),
              metadata: fc.jsonValue({ maxDepth: 3 }),
            },
            { requiredKeys: [] },
          )
          .map((value) => JSON.stringify(value)),
      },
    );
    await fc.assert(
      fc.asyncProperty(body, async (text) => {
        const response = await app.request('http://localhost/api/sandboxes/local/kv-cache/value', {
          method: 'POST',
          headers: { host: 'localhost', authorization: `Bearer ${token}`, 'content-type': 'application/json' },
          body: wellFormed(text),
        });
        assert.ok([200, 400, 409, 422].includes(response.status), `${response.status} for ${text}`);
      }),
      { ...many, numRuns: many.numRuns / 5 },
    );
    const { scopes } = await cache.snapshot();
    assert.deepEqual(
      scopes.map(({ index }) => index),
      scopeNames.map(() => 'valid'),
    );
    assert.deepEqual((await readdir(folder)).sort(), ['versions', 'workspace']);
    assert.deepEqual(await readdir(join(folder, 'workspace')), ['.iris']);
  });

  it('answers any call of a reading tool with its schema or an error that says why', async () => {
    const reading = agentTools.filter(({ hints }) => hints.readOnlyHint);
    const before = await digest(folder);
    const anyInput = fc.dictionary(
      fc.constantFrom('tag', 'key', 'scope', 'message_id', 'offset', 'limit', 'tokens', 'contains'),
      fc.oneof(key, scope, fc.integer(), fc.double(), fc.boolean()),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...reading), anyInput, async (tool, input) => {
        const parsed = tool.input.safeParse(input);
        if (!parsed.success) {
          return;
        }
        try {
          const context = { allowWrites: false, confirm: () => 'unavailable' as const };
          const answer = await tool.run(cache, parsed.data, context);
          assert.ok(tool.output.safeParse(answer).success, `${tool.name} ${JSON.stringify(input)}`);
        } catch (error) {
          assert.ok(error instanceof AgentError, `${tool.name} ${JSON.stringify(input)}: ${String(error)}`);
        }
      }),
      many,
    );
    assert.equal(await digest(folder), before);
  });

  it('goes on answering after lines that are no protocol', async () => {
    const server = spawn(process.execPath, [await bundleCli(), 'mcp', '--source', join(folder, 'workspace')], {
      env: { ...process.env, CONTEXT_CACHE_HOME: join(folder, 'home') },
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    try {
      const lines = createInterface({ input: server.stdout });
      const answered = new Promise<Record<string, unknown>>((resolve, reject) => {
        lines.on('line', (line) => {
          const message = JSON.parse(line) as Record<string, unknown>;
          if (message['id'] === 'last') {
            resolve(message);
          }
        });
        server.once('exit', () => {
          reject(new Error('The server ended.'));
        });
      });
      const garbage = fc.oneof(
        fc.string({ unit: 'binary', maxLength: 200 }),
        fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.stringify(value)),
        fc
          .record(
            {
              jsonrpc: fc.constantFrom('2.0', '1.0'),
              id: fc.oneof(fc.integer(), fc.string({ maxLength: 3 })),
              method: fc.constantFrom('tools/call', 'tools/list', 'resources/read', 'initialize', 'x'),
              params: fc.jsonValue({ maxDepth: 3 }),
            },
            { requiredKeys: [] },
          )
          .map((value) => JSON.stringify(value)),
      );
      for (const line of fc.sample(garbage, { seed, numRuns: nightly ? 20_000 : 2000 })) {
        server.stdin.write(`${wellFormed(line).replace(/[\r\n]/g, ' ')}\n`);
      }
      const meta = {
        'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
        'io.modelcontextprotocol/clientCapabilities': {},
      };
      const call = { jsonrpc: '2.0', id: 'last', method: 'tools/list', params: { _meta: meta } };
      server.stdin.write(`${JSON.stringify(call)}\n`);
      const answer = await answered;
      assert.equal((answer['result'] as { tools: unknown[] } | undefined)?.tools.length, agentTools.length);
    } finally {
      server.removeAllListeners('exit');
      const gone = once(server, 'exit');
      server.kill('SIGKILL');
      await gone;
    }
  });
});

/** What UTF-8 makes of a text: lone surrogates become U+FFFD. */
function wellFormed(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}

/** One hash over names and contents of everything below a folder. */
async function digest(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const parts = await Promise.all(files.sort().map(async (file) => `${file}\0${sha256Hex(await readFile(file))}`));
  return sha256Hex(Buffer.from(parts.join('\n')));
}
