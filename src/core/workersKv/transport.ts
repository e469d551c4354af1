import { isSourceError, SourceError, throwIfCancelled } from '../errors';
import { safeAddress } from '../safeAddress';
import { brokeOff, sendableKey, sendWithKey } from '../sources/keyedFetch';
import { statusError } from './answers';

/** Where Cloudflare's own API is; any other base is chosen by the user alone, as it decides where the token goes. */
export const cloudflareApi = 'https://api.cloudflare.com/client/v4';

export interface TransportOptions {
  /** Default: Cloudflare's. A local server has its own, such as `http://127.0.0.1:8787/cdn-cgi/explorer/api`. */
  readonly baseUrl?: string | undefined;
  /** Where to get the API token right before each request; a server of this machine needs none. */
  readonly token: () => Promise<string | undefined>;
  /** Milliseconds after which a request is given up. Default 60 s. */
  readonly timeoutMs?: number;
  /** Called once per request that is sent, repetitions included. */
  readonly onRequest?: (method: string, path: string) => void;
  /** Waits before a repetition; the tests hand in their own. Rejects when the signal is aborted. */
  readonly wait?: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
  readonly now?: () => number;
}

export interface KvRequest {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** Begins with `/`, below the base address. */
  readonly path: string;
  /** Sent as JSON; a form is sent as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** A status beside the successful ones that `read` knows what to do with. */
  readonly alsoAccept?: number;
}

const service = {
  name: 'Workers KV',
  keyHint: 'Set CLOUDFLARE_API_TOKEN in the environment, or set the API token in the editor.',
};

const attempts = 4;
/** The window of Cloudflare's own limit; who asks for more has to be asked again later. */
const longestWaitMs = 5 * 60 * 1000;

/**
 * Sends requests to Cloudflare's API, or to a server that speaks the same. What is rate-limited or broke off is sent
 * again (every request that is made here may be repeated); the token goes to the base address only, over HTTPS or to
 * this machine, follows no redirect and is in no error. Throws SourceErrors.
 */
export class KvTransport {
  readonly base: string;
  readonly #options: TransportOptions;

  constructor(options: TransportOptions) {
    this.base = safeAddress(options.baseUrl ?? cloudflareApi, { name: 'Cloudflare', example: cloudflareApi });
    this.#options = options;
  }

  /** The answer as a stream that `read` takes what it wants of; it has ended or is cancelled when this returns. */
  async send<Result>(request: KvRequest, read: (response: Response) => Promise<Result>): Promise<Result> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#sendOnce(request, read);
      } catch (error) {
        throwIfCancelled(request.signal);
        if (attempt === attempts || !isSourceError(error, 'rate-limited', 'unavailable')) {
          throw error;
        }
        const waitMs = error.retryAfterMs ?? 500 * 2 ** (attempt - 1);
        if (waitMs > longestWaitMs) {
          throw error;
        }
        await (this.#options.wait ?? waitFor)(waitMs, request.signal);
        throwIfCancelled(request.signal);
      }
    }
  }

  async #sendOnce<Result>(request: KvRequest, read: (response: Response) => Promise<Result>): Promise<Result> {
    const { method, path, body, signal } = request;
    throwIfCancelled(signal);
    const token = await this.#token();
    const form = body instanceof FormData;
    this.#options.onRequest?.(method, path);
    const response = await sendWithKey(
      {
        method,
        url: `${this.base}${path}`,
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined || form ? {} : { 'content-type': 'application/json' }),
          ...request.headers,
        },
        ...(body === undefined ? {} : { body: form ? body : JSON.stringify(body) }),
        timeoutMs: this.#options.timeoutMs ?? 60_000,
        signal,
      },
      service,
    );
    try {
      if (!response.ok && response.status !== request.alsoAccept) {
        throw statusError(response, await response.text(), (this.#options.now ?? Date.now)());
      }
      return await read(response);
    } catch (error) {
      throw error instanceof SourceError ? error : brokeOff(error, service, signal);
    }
  }

  async #token(): Promise<string | undefined> {
    const token = await this.#options.token();
    // A server of this machine needs none.
    return (token === undefined || token === '') && this.base !== cloudflareApi
      ? undefined
      : sendableKey(token, service);
  }
}

async function waitFor(ms: number, signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, ms);
    function done(): void {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    }
    signal?.addEventListener('abort', done, { once: true });
  });
}
