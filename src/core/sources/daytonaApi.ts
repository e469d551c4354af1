import { SourceError, throwIfCancelled } from '../errors';
import { codeOfStatus, readBody, retryAfterMs, sendableKey, sendWithKey } from './keyedFetch';
import type { Part } from './multipart';
import { parseMultipart } from './multipart';
import { safeAddress } from '../safeAddress';

export interface DaytonaApiOptions {
  /** Address of the control plane, such as `https://app.daytona.io/api`. It decides where the key goes. */
  readonly apiUrl: string;
  /** The key, or where to get it right before each request. */
  readonly apiKey: string | (() => Promise<string | undefined>);
  /** Milliseconds after which a request is given up. Default 120 s. */
  readonly timeoutMs?: number;
}

/** A sandbox as the control plane tells of it. */
export interface DaytonaSandbox {
  readonly id: string;
  readonly name: string;
  /** Such as `started`, `stopped`, `archived`; `unknown` where Daytona does not tell. */
  readonly state: string;
  readonly toolboxProxyUrl: string | undefined;
}

export interface ExecuteResult {
  readonly exitCode: number;
  /** Standard output and error in one; not for bytes. */
  readonly result: string;
}

/**
 * The part of Daytona's REST API that a cache needs, with plain `fetch`. The key is sent to the control plane and to
 * the toolbox that it names, over HTTPS or to this machine only, and is in no error. Throws SourceErrors.
 */
export class DaytonaApi {
  readonly #base: string;
  readonly #key: () => Promise<string | undefined>;
  readonly #timeoutMs: number;

  constructor(options: DaytonaApiOptions) {
    const { apiKey } = options;
    this.#base = safeAddress(options.apiUrl, daytona);
    if (typeof apiKey === 'string') {
      sendableKey(apiKey, daytona);
    }
    this.#key = typeof apiKey === 'string' ? async () => Promise.resolve(apiKey) : apiKey;
    this.#timeoutMs = options.timeoutMs ?? 120_000;
  }

  /** Every sandbox; newer servers answer in pages, older ones with an array. */
  async listSandboxes(signal?: AbortSignal): Promise<readonly DaytonaSandbox[]> {
    const sandboxes: DaytonaSandbox[] = [];
    const seen = new Set<string>();
    let cursor = '';
    do {
      seen.add(cursor);
      const query = cursor === '' ? '' : `?cursor=${encodeURIComponent(cursor)}`;
      const page: unknown = await this.#json('GET', `${this.#base}/sandbox${query}`, undefined, signal);
      const { items, nextCursor } = Array.isArray(page) ? { items: page, nextCursor: undefined } : asRecord(page);
      if (!Array.isArray(items)) {
        throw strange('the list of sandboxes');
      }
      sandboxes.push(...items.map(toSandbox));
      cursor = typeof nextCursor === 'string' ? nextCursor : '';
    } while (cursor !== '' && !seen.has(cursor) && seen.size < maxPages);
    return sandboxes;
  }

  /** One sandbox; asking for it does not keep it awake. */
  async sandbox(id: string, signal?: AbortSignal): Promise<DaytonaSandbox> {
    return toSandbox(await this.#json('GET', `${this.#base}/sandbox/${encodeURIComponent(id)}`, undefined, signal));
  }

  /** Asks for a sandbox to be started; it takes a while until it is. */
  async start(id: string, signal?: AbortSignal): Promise<void> {
    await this.#request('POST', `${this.#base}/sandbox/${encodeURIComponent(id)}/start`, undefined, signal);
  }

  /**
   * The toolbox of a running sandbox. Each call to it keeps the sandbox awake. A server that does not name its address
   * with the sandbox is asked for it.
   */
  async toolbox(sandbox: DaytonaSandbox, signal?: AbortSignal): Promise<DaytonaToolbox> {
    const address = sandbox.toolboxProxyUrl ?? (await this.#toolboxAddress(sandbox.id, signal));
    const base = `${safeAddress(address, daytona)}/${encodeURIComponent(sandbox.id)}`;
    return new DaytonaToolbox(async (method, path, body, signal) =>
      this.#request(method, `${base}${path}`, body, signal),
    );
  }

  async #toolboxAddress(id: string, signal: AbortSignal | undefined): Promise<string> {
    const address = `${this.#base}/sandbox/${encodeURIComponent(id)}/toolbox-proxy-url`;
    const { url } = asRecord(await this.#json('GET', address, undefined, signal));
    if (typeof url !== 'string' || url === '') {
      throw strange('the address of the toolbox');
    }
    return url;
  }

  async #json(method: string, url: string, body: unknown, signal: AbortSignal | undefined): Promise<unknown> {
    return readJson(await this.#request(method, url, body, signal), signal);
  }

  async #request(method: string, url: string, body: unknown, signal: AbortSignal | undefined): Promise<Response> {
    throwIfCancelled(signal);
    const key = sendableKey(await this.#key(), daytona);
    const form = body instanceof FormData;
    const response = await sendWithKey(
      {
        method,
        url,
        headers: {
          authorization: `Bearer ${key}`,
          ...(body === undefined || form ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: form ? body : JSON.stringify(body) }),
        timeoutMs: this.#timeoutMs,
        signal,
      },
      daytona,
    );
    if (response.ok) {
      return response;
    }
    const detail = await readDetail(response);
    throw statusError(response, detail);
  }
}

/** The list of a scope of 5,000 entries, in base64, has about a mebibyte. */
const maxDocumentBytes = 64 * 1024 * 1024;
/** Callers ask for 16 MiB of files at once, or for one larger file. */
const maxFilesBytes = 256 * 1024 * 1024 + 64 * 1024 * 1024;
const maxDetailBytes = 64 * 1024;
/** Pages of the list of sandboxes: a server that never stops would be asked for ever. */
const maxPages = 1000;

type Send = (method: string, path: string, body: unknown, signal: AbortSignal | undefined) => Promise<Response>;

/** Files and processes of one sandbox. */
export class DaytonaToolbox {
  readonly #send: Send;

  constructor(send: Send) {
    this.#send = send;
  }

  /** Runs a command line in a shell of the sandbox. */
  async execute(command: string, signal?: AbortSignal): Promise<ExecuteResult> {
    const answer = asRecord(
      await readJson(await this.#send('POST', '/process/execute', { command, timeout: 120 }, signal), signal),
    );
    const { exitCode, result } = answer;
    if (typeof exitCode !== 'number' || typeof result !== 'string') {
      throw strange('the result of a command');
    }
    return { exitCode, result };
  }

  /** Several files at once; parts named `error` tell of those that could not be read. */
  async bulkDownload(paths: readonly string[], signal?: AbortSignal): Promise<readonly Part[]> {
    const response = await this.#send('POST', '/files/bulk-download', { paths }, signal);
    const body = await readBody(response, maxFilesBytes, daytona, signal);
    return parseMultipart(body, response.headers.get('content-type') ?? '');
  }

  /** Several files at once, with their folders; absolute paths. */
  async bulkUpload(
    files: readonly { readonly path: string; readonly bytes: Uint8Array }[],
    signal?: AbortSignal,
  ): Promise<void> {
    const form = new FormData();
    files.forEach(({ path, bytes }, index) => {
      // The server wants a file's path before its content.
      form.append(`files[${index}].path`, path);
      form.append(`files[${index}].file`, new Blob([Buffer.from(bytes)]), `f${index}`);
    });
    const response = await this.#send('POST', '/files/bulk-upload', form, signal);
    await readBody(response, maxDocumentBytes, daytona, signal);
  }

  async deleteFolder(path: string, signal?: AbortSignal): Promise<void> {
    await this.#send('DELETE', `/files?path=${encodeURIComponent(path)}&recursive=true`, undefined, signal);
  }
}

const daytona = {
  name: 'Daytona',
  example: 'https://app.daytona.io/api',
  keyHint: 'Set DAYTONA_API_KEY in the environment, or run "Set Sandbox API Key" in the editor.',
};

function toSandbox(value: unknown): DaytonaSandbox {
  const { id, name, state: told, toolboxProxyUrl } = asRecord(value);
  const state = told ?? 'unknown';
  if (typeof id !== 'string' || id === '' || typeof state !== 'string') {
    throw strange('a sandbox');
  }
  return {
    id,
    name: typeof name === 'string' && name !== '' ? name : id,
    state,
    toolboxProxyUrl: typeof toolboxProxyUrl === 'string' && toolboxProxyUrl !== '' ? toolboxProxyUrl : undefined,
  };
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) {
    throw strange('an object');
  }
  return value as Readonly<Record<string, unknown>>;
}

async function readJson(response: Response, signal: AbortSignal | undefined): Promise<unknown> {
  const body = await readBody(response, maxDocumentBytes, daytona, signal);
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw strange('a JSON document');
  }
}

/** The server's own words, where it says any. */
async function readDetail(response: Response): Promise<string> {
  try {
    const body = await readBody(response, maxDetailBytes, daytona, undefined);
    const { message, error } = asRecord(JSON.parse(body.toString('utf8')));
    const text = typeof message === 'string' ? message : typeof error === 'string' ? error : '';
    return text.slice(0, 300);
  } catch {
    return '';
  }
}

const nextSteps: ReadonlyMap<number, string> = new Map([
  [401, 'Check the key for Daytona.'],
  [402, 'Check the plan of your Daytona account.'],
  [403, 'Check what the key for Daytona may do.'],
  [404, 'Check the id of the sandbox and the path.'],
  [408, 'Try again.'],
  [409, 'Refresh the view and try again.'],
  [413, 'Write fewer or smaller values at a time.'],
  [429, 'Wait a little and try again.'],
]);

function statusError(response: Response, detail: string): SourceError {
  const { status } = response;
  const waitMs = retryAfterMs(response);
  return new SourceError(codeOfStatus(status), `Daytona answered ${status}${detail === '' ? '.' : `: ${detail}`}`, {
    nextStep: nextSteps.get(status) ?? 'Try again; if it stays so, check the state of the sandbox.',
    ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
  });
}

function strange(what: string): SourceError {
  return new SourceError('protocol', `Daytona answered with something that is not ${what}.`, {
    nextStep: 'Check the address of Daytona.',
  });
}
