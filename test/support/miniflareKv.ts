/** Workers KV as it runs at Cloudflare (workerd), on this machine, with the REST paths of the real one. */
import { Miniflare } from 'miniflare';
import { KvApi } from '../../src/core/workersKv/kvApi';
import { parseKvTarget } from '../../src/core/workersKv/target';
import type { KvTarget } from '../../src/core/workersKv/target';

export interface MiniflareKv {
  /** What `--base` takes. */
  readonly baseUrl: string;
  /** A pair of namespaces that no test has used before. */
  freshTarget(): KvTarget;
  stop(): Promise<void>;
}

const pairs = 24;

function namespaceId(index: number): string {
  return index.toString(16).padStart(32, '0');
}

/** Starts one instance for all tests of a file; each takes namespaces of its own. */
export async function startMiniflareKv(): Promise<MiniflareKv> {
  const miniflare = new Miniflare({
    modules: true,
    script: 'export default { fetch() { return new Response("kv") } }',
    kvNamespaces: Object.fromEntries(
      Array.from({ length: pairs * 2 }, (_, index) => [`NAMESPACE_${index}`, namespaceId(index + 1)]),
    ),
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
    stop: async () => miniflare.dispose(),
  };
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
