import { fingerprintOf } from '../cache/fingerprint';
import type { ScopeName } from '../cache/model';
import { isPythonArray, isPythonObject, parsePython } from '../cache/pythonJson';
import type { PythonNumber, PythonObject } from '../cache/pythonJson';
import { printPython } from '../cache/pythonJsonPrint';
import { SourceError } from '../errors';
import { safeAddress } from '../safeAddress';
import { codeOfStatus, readBody, retryAfterMs, sendableKey, sendWithKey } from './keyedFetch';

/** How the key is sent: `Authorization: Bearer`, or `x-api-key`. */
export const httpKeyHeaders = ['authorization', 'x-api-key'] as const;
export type HttpKeyHeader = (typeof httpKeyHeaders)[number];

export interface HttpCacheApiOptions {
  /** Address of a sandbox's cache, such as `https://host/api/sandboxes/ID/kv-cache`. It decides where the key goes. */
  readonly url: string;
  /** Asked for right before each request. */
  readonly key: () => Promise<string | undefined>;
  readonly keyHeader?: HttpKeyHeader;
  /** Milliseconds after which a request is given up. Default 60 s; the first one may start the sandbox. */
  readonly timeoutMs?: number;
}

/** The keys of a scope, and what time it was at the far end. */
export interface ListedKeys {
  /** As they were answered, newest first; nothing in them is certain. */
  readonly records: readonly PythonObject[];
  readonly serverNowMs: number;
}

export interface ApiValue {
  readonly bytes: Uint8Array;
  /** As the index entry records it; undefined when the answer does not say. */
  readonly fingerprint: string | undefined;
  /** Whether the bytes are those of the value: a JSON value comes parsed, and its layout may be lost. */
  readonly exact: boolean;
}

export interface ApiPut {
  readonly scope: ScopeName;
  readonly originalKey: string;
  readonly text: string;
  /** Whole hours. */
  readonly ttlHours: PythonNumber;
  readonly metadata: PythonObject;
  /** `application/json` has the API store the object that the text holds; everything else is stored as text. */
  readonly contentType: string;
}

const owner = { name: 'the HTTP API', example: 'https://host/api/sandboxes/ID/kv-cache' };
const service = {
  name: 'the cache API',
  keyHint: 'Give a key: CONTEXT_CACHE_HTTP_KEY in the environment, or "Set Sandbox API Key" in the editor.',
};
/** A value of 50 MiB, escaped as JSON. */
const maxAnswerBytes = 160 * 1024 * 1024;

/**
 * The endpoints of the original's HTTP API that a cache needs. It answers 500 to almost everything, with the real
 * status in its words at times; a GET of a value that has expired deletes it. The key is in no error. Throws
 * SourceErrors; `unsupported` where there is no such API.
 */
export class HttpCacheApi {
  /** The address without a slash at its end. */
  readonly url: string;
  readonly #key: () => Promise<string | undefined>;
  readonly #keyHeader: HttpKeyHeader;
  readonly #timeoutMs: number;

  constructor(options: HttpCacheApiOptions) {
    this.url = safeAddress(options.url, owner);
    this.#key = options.key;
    this.#keyHeader = options.keyHeader ?? 'authorization';
    this.#timeoutMs = options.timeoutMs ?? 60_000;
  }

  async keys(scope: ScopeName, signal?: AbortSignal): Promise<ListedKeys> {
    const { response, answer } = await this.#json(
      'GET',
      '/keys',
      { scope, include_expired: 'true' },
      undefined,
      signal,
    );
    const keys = answer.get('keys');
    if (!isPythonArray(keys) || !keys.every(isPythonObject)) {
      throw strange('a list of keys');
    }
    const serverNowMs = Date.parse(response.headers.get('date') ?? '');
    return { records: keys, serverNowMs: Number.isNaN(serverNowMs) ? Date.now() : serverNowMs };
  }

  /** Only for a key that has not expired: the original deletes those that have, and answers 404. */
  async value(scope: ScopeName, originalKey: string, signal?: AbortSignal): Promise<ApiValue> {
    const { answer } = await this.#json('GET', '/value', { scope, key: originalKey }, undefined, signal);
    const value = answer.get('value');
    const metadata = answer.get('metadata');
    const recorded = isPythonObject(metadata) ? metadata.get('fingerprint') : undefined;
    const fingerprint = typeof recorded === 'string' && /^[0-9a-f]{16}$/.test(recorded) ? recorded : undefined;
    if (typeof value === 'string') {
      const encoding = answer.get('encoding') === 'base64' ? 'base64' : 'utf8';
      return { bytes: Buffer.from(value, encoding), fingerprint, exact: true };
    }
    if (value === undefined || value === null) {
      throw strange('a value');
    }
    const bytes = Buffer.from(printPython(value, { indent: 2 }), 'utf8');
    return { bytes, fingerprint, exact: fingerprint === undefined || fingerprintOf(bytes) === fingerprint };
  }

  /** An object is sent as one only where the original prints it to the same text. */
  async put(
    { scope, originalKey, text, ttlHours, metadata, contentType }: ApiPut,
    signal?: AbortSignal,
  ): Promise<void> {
    const object = contentType === 'application/json' ? sameObject(text) : undefined;
    const fields = { scope, key: originalKey, value: object ?? text, ttl_hours: ttlHours, metadata };
    await this.#json('POST', '/value', {}, printPython(new Map(Object.entries(fields)), {}), signal);
  }

  /** One that is gone already is fine. */
  async remove(scope: ScopeName, originalKey: string, signal?: AbortSignal): Promise<void> {
    try {
      await this.#json('DELETE', '/value', { scope, key: originalKey }, undefined, signal);
    } catch (error) {
      if (!(error instanceof SourceError && error.code === 'not-found')) {
        throw error;
      }
    }
  }

  async #json(
    method: string,
    path: string,
    query: Readonly<Record<string, string>>,
    body: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly response: Response; readonly answer: PythonObject }> {
    const key = sendableKey(await this.#key(), service);
    const search = new URLSearchParams(query).toString();
    const response = await sendWithKey(
      {
        method,
        url: `${this.url}${path}${search === '' ? '' : `?${search}`}`,
        headers: {
          ...(this.#keyHeader === 'authorization' ? { authorization: `Bearer ${key}` } : { 'x-api-key': key }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body }),
        timeoutMs: this.#timeoutMs,
        signal,
      },
      service,
    );
    const text = (await readBody(response, maxAnswerBytes, service, signal)).toString('utf8');
    if (!response.ok) {
      throw this.#failure(response, text, `${method} ${path}`);
    }
    const answer = parseObject(text);
    if (answer === undefined) {
      throw strange('a JSON object');
    }
    return { response, answer };
  }

  #failure(response: Response, text: string, endpoint: string): SourceError {
    const detail = detailOf(text);
    // The original wraps its own errors into a 500 whose words begin with the status that was meant.
    const inner = response.status === 500 ? /^([45]\d\d): (.*)$/s.exec(detail ?? '') : null;
    const status = inner === null ? response.status : Number(inner[1]);
    const words = inner?.[2] ?? detail ?? '';
    if (status === 404 && !(endpoint.endsWith('/value') && words.startsWith('Key '))) {
      return new SourceError(
        'unsupported',
        `There is no cache API at ${this.url}${words === '' ? '.' : `: ${words}`}`,
        {
          nextStep: 'Check the address and the id of the sandbox; many servers never offered this API.',
        },
      );
    }
    if (endpoint === 'GET /value' && status === 500) {
      const reason = detail === undefined ? '; it may hold bytes, not text' : `: ${detail}`;
      return new SourceError('unsupported', `The cache API can not hand out this value${reason}.`, {
        nextStep: 'Read it in the sandbox itself.',
      });
    }
    const waitMs = retryAfterMs(response);
    return new SourceError(
      codeOfStatus(status),
      `The cache API answered ${status}${words === '' ? '.' : `: ${words}`}`,
      {
        nextStep: nextSteps.get(status) ?? 'Try again; if it stays so, check the state of the sandbox.',
        ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
      },
    );
  }
}

const nextSteps: ReadonlyMap<number, string> = new Map([
  [401, 'Check the key, and the header that it is sent in.'],
  [403, 'Check what the key may do, and that its owner may use the sandbox.'],
  [404, 'Refresh to see what is there.'],
  [413, 'Store a smaller value.'],
  [429, 'Wait a little and try again.'],
  [507, 'Prune expired entries or invalidate some first.'],
]);

function parseObject(text: string): PythonObject | undefined {
  try {
    const value = parsePython(text);
    return isPythonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The object that a text holds, where printing it as the original does gives the same text. */
function sameObject(text: string): PythonObject | undefined {
  const object = parseObject(text);
  return object !== undefined && printPython(object, { indent: 2 }) === text ? object : undefined;
}

/** The server's own words; undefined where the answer has none. */
function detailOf(text: string): string | undefined {
  const detail = parseObject(text)?.get('detail');
  return typeof detail === 'string'
    ? detail.slice(0, 300)
    : detail === undefined
      ? undefined
      : 'the request is invalid';
}

function strange(what: string): SourceError {
  return new SourceError('protocol', `The cache API answered with something that is not ${what}.`, {
    nextStep: 'Check the address of the API.',
  });
}
