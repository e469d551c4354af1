/** What Cloudflare's own API has and a local server lacks: tokens, bulk writes, limits, purges at the edge. */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export const cloudToken = 'cf_test-token-9f8e7d';

interface Stored {
  readonly value: Buffer;
  readonly metadata?: unknown;
  readonly expiration?: number;
}

export interface CloudKvServer {
  readonly baseUrl: string;
  /** By namespace. */
  readonly namespaces: Map<string, Map<string, Stored>>;
  /** Such as `POST /accounts/a/storage/kv/namespaces/n/bulk/delete`, without the query. */
  readonly requests: string[];
  readonly purgedTags: string[][];
  /** Keys that a bulk request does not manage, once each. */
  readonly stubborn: Set<string>;
  /** Answers the next requests that match with this instead. */
  failNext(request: RegExp, status: number, headers?: Readonly<Record<string, string>>, times?: number): void;
  stop(): Promise<void>;
}

const pageSize = 1000;

export async function startCloudKvServer(): Promise<CloudKvServer> {
  const namespaces = new Map<string, Map<string, Stored>>();
  const requests: string[] = [];
  const purgedTags: string[][] = [];
  const stubborn = new Set<string>();
  const failures: { request: RegExp; status: number; headers: Readonly<Record<string, string>>; times: number }[] = [];

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      answer(response, 500, { success: false, errors: [{ code: 1, message: String(error) }] });
    });
  });

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://cloud');
    const name = `${request.method ?? ''} ${url.pathname}`;
    requests.push(name);
    const body = await text(request);
    const failure = failures.find((one) => one.times > 0 && one.request.test(name));
    if (failure !== undefined) {
      failure.times -= 1;
      answer(response, failure.status, { success: false, errors: [{ code: 9, message: 'as asked' }] }, failure.headers);
      return;
    }
    if (request.headers.authorization !== `Bearer ${cloudToken}`) {
      answer(response, 403, { success: false, errors: [{ code: 10000, message: 'Authentication error' }] });
      return;
    }
    if (/^\/zones\/[^/]+\/purge_cache$/.test(url.pathname)) {
      purgedTags.push((JSON.parse(body) as { tags: string[] }).tags);
      ok(response, { id: 'z' });
      return;
    }
    if (/^(\/accounts\/acc)?\/storage\/kv\/namespaces$/.test(url.pathname)) {
      ok(
        response,
        [...namespaces.keys()].map((id) => ({ id, title: `title of ${id}` })),
      );
      return;
    }
    const shape = /^(?:\/accounts\/acc)?\/storage\/kv\/namespaces\/([^/]+)\/(.*)$/.exec(url.pathname);
    const keys = shape === null ? undefined : namespaces.get(shape[1]!);
    if (shape === null || keys === undefined) {
      answer(response, 404, { success: false, errors: [{ code: 10013, message: 'namespace not found' }] });
      return;
    }
    serve(`${request.method ?? ''} ${shape[2]!}`, keys, url, body, request, response);
  }

  function serve(
    route: string,
    keys: Map<string, Stored>,
    url: URL,
    body: string,
    request: IncomingMessage,
    response: ServerResponse,
  ): void {
    if (route === 'GET keys') {
      const prefix = url.searchParams.get('prefix') ?? '';
      const all = [...keys.keys()].filter((key) => key.startsWith(prefix)).sort();
      const start = Number(url.searchParams.get('cursor') ?? '0');
      const page = all.slice(start, start + pageSize);
      const cursor = start + pageSize < all.length ? String(start + pageSize) : '';
      ok(
        response,
        page.map((key) => {
          const { metadata, expiration } = keys.get(key)!;
          return { name: key, ...(metadata === undefined ? {} : { metadata }), ...(expiration ? { expiration } : {}) };
        }),
        { count: page.length, cursor },
      );
    } else if (route === 'POST bulk/delete') {
      const wanted = JSON.parse(body) as string[];
      const failed = wanted.filter((key) => stubborn.delete(key));
      for (const key of wanted.filter((one) => !failed.includes(one))) {
        keys.delete(key);
      }
      ok(response, { successful_key_count: wanted.length - failed.length, unsuccessful_keys: failed });
    } else if (route === 'PUT bulk') {
      const writes = JSON.parse(body) as { key: string; value: string; metadata?: unknown; expiration?: number }[];
      for (const { key, value, metadata, expiration } of writes) {
        keys.set(key, { value: Buffer.from(value, 'base64'), metadata, ...(expiration ? { expiration } : {}) });
      }
      ok(response, { successful_key_count: writes.length, unsuccessful_keys: [] });
    } else if (route.startsWith('DELETE values/')) {
      keys.delete(decodeURIComponent(route.slice('DELETE values/'.length)));
      ok(response, {});
    } else if (route.startsWith('GET values/')) {
      const stored = keys.get(decodeURIComponent(route.slice('GET values/'.length)));
      if (stored === undefined) {
        answer(response, 404, { success: false, errors: [{ code: 10009, message: "get: 'key not found'" }] });
        return;
      }
      const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
      if (Number(from) >= stored.value.length) {
        answer(response, 416, {});
        return;
      }
      const part = stored.value.subarray(Number(from), Number(to) + 1);
      const range = `bytes ${from!}-${Number(from) + part.length - 1}/${stored.value.length}`;
      response.writeHead(206, { 'content-range': range }).end(part);
    } else {
      answer(response, 400, { success: false, errors: [{ code: 7000, message: 'No route for that URI' }] });
    }
  }

  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    namespaces,
    requests,
    purgedTags,
    stubborn,
    failNext: (request, status, headers = {}, times = 1) => {
      failures.push({ request, status, headers, times });
    },
    stop: async () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

function ok(response: ServerResponse, result: unknown, info?: object): void {
  answer(response, 200, { success: true, errors: [], messages: [], result, ...(info ? { result_info: info } : {}) });
}

function answer(
  response: ServerResponse,
  status: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}
