import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { originalKey, startOriginalApi } from '../../support/originalApi';
import { bundleCli } from '../agent/bundleCli';
import { TemporaryCache } from '../cache/temporaryCache';
import { filesBelow } from '../cache/writing';
import { runCommand } from './runCommand';

interface Listing {
  readonly scopes: readonly {
    readonly scope: string;
    readonly entries: readonly Readonly<Record<string, unknown>>[];
  }[];
}

/** A server of the cache's HTTP API, and the key that it takes. */
interface Server {
  readonly url: string;
  readonly key: string;
  stop(): Promise<void>;
}

const ownToken = 'a token of the tests, without spaces'.replaceAll(' ', '-');

async function startOurs(cache: TemporaryCache): Promise<Server> {
  const args = [await bundleCli(), 'serve', '--json', '--source', cache.workspace];
  const server = spawn(process.execPath, args, {
    env: { ...process.env, CONTEXT_CACHE_HOME: cache.outside('served'), CONTEXT_CACHE_TOKEN: ownToken },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = (await once(createInterface({ input: server.stdout }), 'line')) as [string];
  return { url: (JSON.parse(line) as { url: string }).url, key: ownToken, stop: async () => stop(server) };
}

async function startOriginal(cache: TemporaryCache): Promise<Server> {
  const api = await startOriginalApi(cache.root);
  return { url: api.url, key: originalKey, stop: async () => api.stop() };
}

async function stop(server: ChildProcess): Promise<void> {
  const ended = once(server, 'close');
  server.kill('SIGKILL');
  await ended;
}

const servers = { 'the original': startOriginal, '`context-cache serve`': startOurs } as const;

for (const [name, start] of Object.entries(servers)) {
  describe(`context-cache cache over HTTP, answered by ${name}`, function () {
    this.timeout(60_000);
    let cache: TemporaryCache;
    let server: Server;

    beforeEach(async () => {
      cache = new TemporaryCache('typical');
      for (const scope of readdirSync(cache.root).filter((each) => !each.startsWith('.'))) {
        // The servers go by the real time.
        const path = cache.path(scope, '_index.json');
        writeFileSync(path, readFileSync(path, 'utf8').replace(/"expires_at": "20\d\d/g, '"expires_at": "2035'));
      }
      server = await start(cache);
    });

    afterEach(async () => {
      await server.stop();
      cache.dispose();
    });

    async function run(...args: string[]) {
      return runCommand(['cache', ...args, '--source', server.url], {
        cwd: cache.outside('.'),
        env: { CONTEXT_CACHE_HOME: cache.outside('data'), CONTEXT_CACHE_HTTP_KEY: server.key },
      });
    }

    it('lists what the folder holds', async () => {
      const before = filesBelow(cache.root);
      const far = await run('ls', '--json', '--no-tokens');
      assert.equal(far.code, 0, far.messages);
      const near = await runCommand(['cache', 'ls', '--json', '--no-tokens', '--source', cache.root]);
      const indexed = ({ out }: { out: string }) =>
        (JSON.parse(out) as Listing).scopes.map(({ scope, entries }) => ({
          scope,
          entries: entries
            .filter(({ state }) => state !== 'orphan' && state !== 'missing')
            .map(({ key, sizeBytes, contentType, expiresAt }) => ({ key, sizeBytes, contentType, expiresAt }))
            .sort((a, b) => (String(a.key) < String(b.key) ? -1 : 1)),
        }));
      const missing = new Set(['analysis_result__1']);
      const withoutMissing = (scopes: ReturnType<typeof indexed>) =>
        scopes.map(({ scope, entries }) => ({
          scope,
          entries: entries.filter(({ key }) => !missing.has(String(key))),
        }));
      assert.deepEqual(withoutMissing(indexed(far)), withoutMissing(indexed(near)));
      assert.doesNotMatch(far.out + far.messages, new RegExp(server.key));
      assert.deepEqual(filesBelow(cache.root), before);
    });

    it('puts, shows, deletes and takes back', async () => {
      const put = await runCommand(['cache', 'put', 'task', 'note', '--source', server.url], {
        cwd: cache.outside('.'),
        stdin: 'zwölf Zeilen\n',
        env: { CONTEXT_CACHE_HOME: cache.outside('data'), CONTEXT_CACHE_HTTP_KEY: server.key },
      });
      assert.equal(put.code, 0, put.messages);
      assert.equal(readFileSync(cache.path('task/note'), 'utf8'), 'zwölf Zeilen\n');
      const shown = await run('show', 'task', 'note');
      assert.equal(shown.out, 'zwölf Zeilen\n', shown.messages);
      const gone = await run('invalidate', 'task', 'note', '--yes', '--json');
      assert.equal(gone.code, 0, gone.messages);
      const { operationId } = JSON.parse(gone.out) as { operationId: string };
      assert.ok(!readdirSync(cache.path('task')).includes('note'));
      const restored = await run('restore', '--operation', operationId, '--yes');
      assert.equal(restored.code, 0, restored.messages);
      assert.equal(readFileSync(cache.path('task/note'), 'utf8'), 'zwölf Zeilen\n');
    });

    it('wants a key', async () => {
      const { code, messages } = await runCommand(['cache', 'ls', '--source', server.url], {
        env: { CONTEXT_CACHE_HOME: cache.outside('data') },
      });
      assert.equal(code, 1);
      assert.match(messages, /There is no key for the cache API\. Give a key: CONTEXT_CACHE_HTTP_KEY/);
    });
  });
}
