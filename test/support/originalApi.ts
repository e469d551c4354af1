/** The original's HTTP API for tests, with its habits, over a kv-cache folder of this machine. Held to its recordings. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text as readText } from 'node:stream/consumers';
import { sanitizeKey } from '../../src/core/cache/keys';
import { scopeNames } from '../../src/core/cache/model';
import { rulesOf } from '../../src/core/cache/scopes';
import type { ScopeName } from '../../src/core/cache/model';

export const originalKey = 'key-of-the-tests';

export interface OriginalApi {
  /** Address of the one sandbox's cache. */
  readonly url: string;
  readonly port: number;
  /** Requests so far, such as `GET /keys`. */
  readonly requests: string[];
  /** How the hosting service sees the caller; the original wraps its refusals into a 500, but for a deletion. */
  access: 'granted' | 'forbidden' | 'unowned';
  /** An environment variable of the writer that replaces every time to live; at 0 no index entry is written. */
  ttlOverride: number | undefined;
  /** False = the routes were never mounted. */
  mounted: boolean;
  /** Replaces the next answer that matches. */
  answerNext(request: RegExp, status: number, body: string): void;
  stop(): Promise<void>;
}

interface Entry {
  readonly original_key: string;
  readonly content_type: string;
  readonly size_bytes: number;
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly ttl_hours: number;
  readonly metadata: object;
  readonly [field: string]: unknown;
}

/** A JSON value that is answered as it was stored: Python keeps `1.0` apart from `1`. */
class RawJson {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

function printed(body: unknown): string {
  const raw: string[] = [];
  const place = '<raw JSON>';
  const json = JSON.stringify(body, (_, value: unknown) => {
    if (value instanceof RawJson) {
      raw.push(value.text);
      return place;
    }
    return value;
  });
  return raw.reduce((text, value) => text.replace(`"${place}"`, () => value), json);
}

/** An answer that is no success. */
class Refusal extends Error {
  readonly status: number;
  readonly detail: unknown;

  constructor(status: number, detail: unknown) {
    super(String(detail));
    this.status = status;
    this.detail = detail;
  }
}

const sandboxId = 'sbx-local';
const base = `/api/sandboxes/${sandboxId}/kv-cache`;

/** Starts the API on loopback. `instructions` are what it seeds: files named `<tag>_instructions.md`. */
export async function startOriginalApi(root: string, instructions?: string): Promise<OriginalApi> {
  const replaced: { readonly request: RegExp; readonly status: number; readonly body: string }[] = [];
  const requests: string[] = [];
  const state = { access: 'granted' as OriginalApi['access'], ttlOverride: undefined as number | undefined };
  let mounted = true;
  const store = new OriginalStore(root, () => state.ttlOverride);
  const server = createServer((request, response) => {
    void (async () => {
      const { status, body } = await answer(request);
      const json = typeof body === 'string' ? body : printed(body);
      response.writeHead(status, { 'content-type': typeof body === 'string' ? 'text/plain' : 'application/json' });
      response.end(json);
    })();
  });

  async function answer(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const body = await readText(request);
    const { authorization, 'x-api-key': apiKey } = request.headers;
    if (!mounted || !url.pathname.startsWith(`${base}/`)) {
      return { status: 404, body: { detail: 'Not Found' } };
    }
    const name = `${request.method ?? ''} ${url.pathname.slice(base.length)}`;
    requests.push(name);
    const index = replaced.findIndex((one) => one.request.test(name));
    if (index >= 0) {
      return replaced.splice(index, 1)[0]!;
    }
    if (authorization !== `Bearer ${originalKey}` && apiKey !== originalKey) {
      return { status: 401, body: { detail: 'No valid authentication credentials found' } };
    }
    try {
      return { status: 200, body: { success: true, sandbox_id: sandboxId, ...handle(name, url.searchParams, body) } };
    } catch (error) {
      if (error instanceof Refusal) {
        const { status, detail } = error;
        return { status, body: detail === undefined ? 'Internal Server Error' : { detail } };
      }
      return { status: 500, body: { detail: error instanceof Error ? error.message : String(error) } };
    }
  }

  function handle(name: string, query: URLSearchParams, body: string): object {
    const json = name === 'POST /value' ? (JSON.parse(body) as Record<string, unknown>) : {};
    const needed: Readonly<Record<string, readonly string[]>> = {
      'GET /keys': ['scope'],
      'GET /value': ['scope', 'key'],
      'POST /value': ['scope', 'key', 'value'],
      'DELETE /value': ['scope', 'key'],
      'DELETE /clear-scope': ['scope'],
    };
    const place = name === 'POST /value' ? 'body' : 'query';
    for (const field of needed[name] ?? []) {
      if (place === 'body' ? !(field in json) : !query.has(field)) {
        throw new Refusal(422, [{ type: 'missing', loc: [place, field], msg: 'Field required' }]);
      }
    }
    if (json['ttl_hours'] !== undefined && !Number.isInteger(json['ttl_hours'])) {
      throw new Refusal(422, [{ type: 'int_from_float', loc: ['body', 'ttl_hours'], msg: 'Not an integer' }]);
    }
    if (state.access !== 'granted') {
      const [status, words] =
        state.access === 'forbidden'
          ? [403, "Not authorized to access this project's sandbox"]
          : [404, 'Sandbox not found - no project owns this sandbox'];
      throw name.startsWith('DELETE') ? new Refusal(status, words) : new Refusal(500, `${status}: ${words}`);
    }
    store.initialize(instructions);
    const scope = query.get('scope') ?? undefined;
    const key = query.get('key') ?? '';
    switch (name) {
      case 'GET /stats':
        return { stats: store.stats(scope) };
      case 'GET /keys': {
        const keys = store.list(scope!, query.get('pattern') ?? undefined, query.get('include_expired') === 'true');
        return { scope, count: keys.length, keys };
      }
      case 'GET /value':
        return { scope, key, ...store.get(scope!, key) };
      case 'POST /value': {
        const put = json as { scope: string; key: string; value: unknown; ttl_hours?: number; metadata?: object };
        return { scope: put.scope, key: put.key, path: store.put(put) };
      }
      case 'DELETE /value':
        if (!store.delete(scope!, key)) {
          throw new Refusal(404, `Key '${key}' not found in scope '${scope}'`);
        }
        return { scope, key, deleted: true };
      case 'POST /prune': {
        const results = store.prune(scope);
        return { total_pruned: Object.values(results).reduce((sum, count) => sum + Math.max(count, 0), 0), results };
      }
      case 'POST /seed-instructions': {
        const results = store.seed(instructions);
        const count = Object.keys(results).length;
        return { seeded_count: count, total_instructions: count, results };
      }
      case 'DELETE /clear-scope':
        return { scope, deleted_count: store.clear(scope!) };
      default:
        throw new Refusal(404, 'Not Found');
    }
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${base}`,
    port,
    requests,
    get access() {
      return state.access;
    },
    set access(value) {
      state.access = value;
    },
    get ttlOverride() {
      return state.ttlOverride;
    },
    set ttlOverride(value) {
      state.ttlOverride = value;
    },
    get mounted() {
      return mounted;
    },
    set mounted(value) {
      mounted = value;
    },
    answerNext: (request, status, body) => {
      replaced.push({ request, status, body });
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The original writer's store: no lock, whole-index rewrites, and a get that deletes what has expired. */
class OriginalStore {
  readonly #root: string;
  readonly #ttlOverride: () => number | undefined;
  #initialized = false;

  constructor(root: string, ttlOverride: () => number | undefined) {
    this.#root = root;
    this.#ttlOverride = ttlOverride;
  }

  initialize(instructions: string | undefined): void {
    if (!this.#initialized) {
      this.#initialized = true;
      scopeNames.forEach((scope) => mkdirSync(join(this.#root, scope), { recursive: true }));
      this.seed(instructions);
    }
  }

  seed(folder: string | undefined): Record<string, boolean> {
    const files = folder === undefined ? [] : readdirSync(folder).filter((name) => name.endsWith('_instructions.md'));
    return Object.fromEntries(
      files.map((filename) => {
        const tag = filename.replace(/_instructions\.md$/, '');
        const metadata = { description: tag, filename, source: 'canonical_repository', auto_seeded: true };
        const value = readFileSync(join(folder!, filename), 'utf8');
        const put = { scope: 'instructions', key: `instruction_${tag}`, value, metadata };
        return [tag, this.put(put, 'text/markdown') !== null];
      }),
    );
  }

  stats(scope: string | undefined): object {
    const stats = (name: string): object => {
      if (!isScope(name)) {
        return { error: invalidScope(name) };
      }
      const entries = [...this.#read(name).values()];
      const bytes = entries.reduce((sum, entry) => sum + entry.size_bytes, 0);
      const { quotaBytes, defaultTtlHours } = rulesOf(name);
      const expired = entries.filter(isOver).length;
      return {
        total_keys: entries.length,
        active_keys: entries.length - expired,
        expired_keys: expired,
        total_size_mb: bytes / 1024 ** 2,
        quota_mb: quotaBytes / 1024 ** 2,
        quota_used_percent: (bytes / quotaBytes) * 100,
        default_ttl_hours: defaultTtlHours,
      };
    };
    return Object.fromEntries((scope === undefined ? scopeNames : [scope]).map((name) => [name, stats(name)]));
  }

  list(scope: string, pattern: string | undefined, withExpired: boolean): object[] {
    let matches = (_: string): boolean => true;
    if (pattern !== undefined) {
      try {
        const expression = new RegExp(pattern);
        matches = (key) => expression.test(key);
      } catch {
        throw new Error('missing ), unterminated subpattern at position 0');
      }
    }
    return [...this.#read(scope)]
      .filter(([, entry]) => matches(entry.original_key) && (withExpired || !isOver(entry)))
      .sort(([, a], [, b]) => (a.created_at < b.created_at ? 1 : -1))
      .map(([name, entry]) => ({
        key: entry.original_key,
        sanitized_key: name,
        scope,
        path: entry['path'],
        content_type: entry.content_type,
        size_bytes: entry.size_bytes,
        created_at: entry.created_at,
        updated_at: entry['updated_at'] ?? null,
        expires_at: entry.expires_at,
        ttl_hours: entry.ttl_hours,
        is_expired: isOver(entry),
        metadata: entry.metadata,
        tags: entry['tags'] ?? [],
      }));
  }

  get(scope: string, key: string): object {
    const name = sanitize(key);
    const entry = this.#read(scope).get(name);
    if (entry === undefined || isOver(entry)) {
      if (entry !== undefined) {
        this.delete(scope, key);
      }
      throw new Refusal(404, `Key '${key}' not found in scope '${scope}'`);
    }
    const bytes = readFileSync(join(this.#root, scope, name));
    let text: string;
    try {
      text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      throw new Refusal(500, undefined);
    }
    const value = entry.content_type === 'application/json' ? new RawJson(text) : text;
    return { value, metadata: { ...entry, scope, key } };
  }

  put(
    request: { scope: string; key: string; value: unknown; ttl_hours?: number; metadata?: object },
    textType = 'text/plain',
  ): string | null {
    const { scope, key, value } = request;
    const index = this.#read(scope);
    const name = sanitize(key);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (typeof value !== 'string' && !isObject) {
      throw new Error(`Unsupported value type: <class '${pythonType(value)}'>`);
    }
    const text = typeof value === 'string' ? value : escaped(JSON.stringify(value, null, 2));
    const hours = this.#ttlOverride() ?? request.ttl_hours ?? rulesOf(scope as ScopeName).defaultTtlHours;
    writeFileSync(join(this.#root, scope, name), text);
    if (hours === 0) {
      return null;
    }
    const path = `/workspace/.iris/kv-cache/${scope}/${name}`;
    index.set(name, {
      original_key: key,
      path,
      content_type: isObject ? 'application/json' : textType,
      size_bytes: Buffer.byteLength(text),
      fingerprint: createHash('sha256').update(text).digest('hex').slice(0, 16),
      created_at: naive(Date.now()),
      expires_at: naive(Date.now() + hours * 3_600_000),
      ttl_hours: hours,
      metadata: request.metadata ?? {},
    });
    this.#write(scope, index);
    return path;
  }

  delete(scope: string, key: string): boolean {
    const index = this.#read(scope);
    const name = sanitize(key);
    if (!index.delete(name)) {
      return false;
    }
    rmSync(join(this.#root, scope, name), { force: true });
    this.#write(scope, index);
    return true;
  }

  prune(scope: string | undefined): Record<string, number> {
    const pruned = (name: string): number => {
      if (!isScope(name)) {
        return -1;
      }
      const over = [...this.#read(name).values()].filter(isOver);
      over.forEach((entry) => this.delete(name, entry.original_key));
      return over.length;
    };
    return Object.fromEntries((scope === undefined ? scopeNames : [scope]).map((name) => [name, pruned(name)]));
  }

  clear(scope: string): number {
    const entries = [...this.#read(scope).values()];
    entries.forEach((entry) => this.delete(scope, entry.original_key));
    return entries.length;
  }

  #read(scope: string): Map<string, Entry> {
    if (!isScope(scope)) {
      throw new Error(invalidScope(scope));
    }
    try {
      const index = JSON.parse(readFileSync(join(this.#root, scope, '_index.json'), 'utf8')) as Record<string, Entry>;
      return new Map(Object.entries(index));
    } catch {
      return new Map();
    }
  }

  #write(scope: string, index: ReadonlyMap<string, Entry>): void {
    const text = escaped(JSON.stringify(Object.fromEntries(index), null, 2));
    writeFileSync(join(this.#root, scope, '_index.json'), text);
  }
}

function isScope(name: string): name is ScopeName {
  return (scopeNames as readonly string[]).includes(name);
}

function invalidScope(scope: string): string {
  return `Invalid scope '${scope}'. Must be one of: [${scopeNames.map((name) => `'${name}'`).join(', ')}]`;
}

function sanitize(key: string): string {
  try {
    return sanitizeKey(key);
  } catch {
    throw new Error('Key contains invalid path components');
  }
}

function isOver(entry: Entry): boolean {
  return entry.expires_at !== null && Date.now() > Date.parse(`${entry.expires_at}Z`);
}

let lastMicroseconds = 0;

/** Naive UTC; no two are the same, as with a clock that counts microseconds. */
function naive(ms: number): string {
  const microseconds = (lastMicroseconds = (lastMicroseconds + 1) % 1000);
  return new Date(ms).toISOString().replace('Z', String(microseconds).padStart(3, '0'));
}

function escaped(json: string): string {
  return json.replace(/[\x7f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function pythonType(value: unknown): string {
  return value === null ? 'NoneType' : typeof value === 'boolean' ? 'bool' : typeof value === 'number' ? 'int' : 'list';
}
