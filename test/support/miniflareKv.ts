/** Workers KV as it runs at Cloudflare (workerd), on this machine, with the REST paths of the real one. */
import { constants } from 'node:fs';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Miniflare } from 'miniflare';
import type { KvWrite } from '../../src/core/workersKv/limits';
import { KvApi } from '../../src/core/workersKv/kvApi';
import { parseKvTarget } from '../../src/core/workersKv/target';
import type { KvTarget } from '../../src/core/workersKv/target';

export interface MiniflareKv {
  /** What `--base` takes. */
  readonly baseUrl: string;
  /** A pair of namespaces that no test has used before. */
  freshTarget(): KvTarget;
  /** Writes without the REST API, which takes many times as long. */
  fill(namespace: string, writes: readonly KvWrite[]): Promise<void>;
  stop(): Promise<void>;
}

const pairs = 24;
/** Fits into one request, and is done side by side. */
const writesPerRequest = 500;

const fillingWorker = `
  export default {
    async fetch(request, env) {
      const { binding, writes } = await request.json();
      await Promise.all(writes.map(({ key, value, metadata }) =>
        env[binding].put(key, Uint8Array.from(atob(value), (one) => one.charCodeAt(0)), { metadata })));
      return new Response('filled');
    },
  };
`;

function namespaceId(index: number): string {
  return index.toString(16).padStart(32, '0');
}

/** Starts one instance for all tests of a file; each takes namespaces of its own. */
export async function startMiniflareKv(): Promise<MiniflareKv> {
  const folder = await mkdtemp(path.join(await fastFolder(), 'context-cache-kv-'));
  const miniflare = new Miniflare({
    modules: true,
    script: fillingWorker,
    kvNamespaces: Object.fromEntries(
      Array.from({ length: pairs * 2 }, (_, index) => [`NAMESPACE_${index}`, namespaceId(index + 1)]),
    ),
    kvPersist: folder,
    unsafeLocalExplorer: true,
    host: '127.0.0.1',
    port: 0,
    cf: false,
  });
  const url = await miniflare.ready;
  const baseUrl = `http://127.0.0.1:${url.port}/cdn-cgi/explorer/api`;
  let used = 0;
  return {
    baseUrl,
    freshTarget: () => {
      if (used === pairs) {
        throw new Error('More pairs of namespaces are needed than there are: raise their number.');
      }
      const target = parseKvTarget({
        name: `pair ${used}`,
        namespace: namespaceId(used * 2 + 1),
        versionsNamespace: namespaceId(used * 2 + 2),
        baseUrl,
      });
      used += 1;
      return target;
    },
    fill: async (namespace, writes) => {
      const binding = `NAMESPACE_${parseInt(namespace, 16) - 1}`;
      for (let start = 0; start < writes.length; start += writesPerRequest) {
        const part = writes
          .slice(start, start + writesPerRequest)
          .map(({ key, value, metadata }) => ({ key, value: Buffer.from(value).toString('base64'), metadata }));
        const response = await fetch(url, { method: 'POST', body: JSON.stringify({ binding, writes: part }) });
        if (!response.ok) {
          throw new Error(`The namespace was not filled: ${response.status} ${await response.text()}`);
        }
        await response.text();
      }
    },
    stop: async () => {
      await miniflare.dispose();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Each write waits for the disk, and a disk that others use takes its time: memory where the system offers any. */
async function fastFolder(): Promise<string> {
  const memory = '/dev/shm';
  return access(memory, constants.W_OK).then(
    () => memory,
    () => tmpdir(),
  );
}

/** A client that counts what it sends. */
export function countingApi(target: KvTarget): { readonly api: KvApi; readonly requests: string[] } {
  const requests: string[] = [];
  const api = new KvApi(target, {
    token: async () => Promise.resolve(undefined),
    onRequest: (method, path) => requests.push(`${method} ${path}`),
  });
  return { api, requests };
}
