import { SourceError, throwIfCancelled } from '../errors';
import type { SourceErrorCode } from '../errors';

/** Who is asked, as errors name them. */
export interface KeyedService {
  /** Such as `Daytona`. */
  readonly name: string;
  /** How a person gives the key. */
  readonly keyHint: string;
}

export interface KeyedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | FormData;
  /** Milliseconds after which it is given up. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

/** The key if it can be sent; throws `auth`, and never an error that holds the key. */
export function sendableKey(key: string | undefined, { name, keyHint }: KeyedService): string {
  if (key === undefined || key === '') {
    throw new SourceError('auth', `There is no key for ${name}.`, { nextStep: keyHint });
  }
  if (/[^\x21-\x7e]/.test(key)) {
    // Said here, since the error of a header would hold the key.
    throw new SourceError('auth', `The key for ${name} has characters that no key has.`, {
      nextStep: 'Copy the key once more, without spaces and line ends.',
    });
  }
  return key;
}

/** Sends a request whose headers hold a key. The answer may have any status; no answer is a SourceError. */
export async function sendWithKey(request: KeyedRequest, service: KeyedService): Promise<Response> {
  const { method, url, headers, body, signal } = request;
  throwIfCancelled(signal);
  const timeout = AbortSignal.timeout(request.timeoutMs);
  try {
    return await fetch(url, {
      method,
      headers,
      ...(body === undefined ? {} : { body }),
      // A redirect would take the key to another place.
      redirect: 'error',
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
  } catch (cause) {
    throwIfCancelled(signal);
    throw timeout.aborted
      ? new SourceError('timeout', `${service.name} has not answered in time.`, { nextStep: 'Try again.' })
      : new SourceError('unavailable', `${service.name} can't be reached at ${new URL(url).host}.`, {
          nextStep: 'Check the connection and the address.',
          cause,
        });
  }
}

/** What is thrown when an answer ends before it is complete. */
export function brokeOff(cause: unknown, { name }: KeyedService, signal: AbortSignal | undefined): SourceError {
  throwIfCancelled(signal);
  return new SourceError('unavailable', `The connection to ${name} broke off.`, { nextStep: 'Try again.', cause });
}

/** The body of an answer. Throws `too-large` once it is longer, and `unavailable` when it breaks off. */
export async function readBody(
  response: Response,
  maxBytes: number,
  service: KeyedService,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of response.body ?? []) {
      chunks.push(chunk as Uint8Array);
      size += (chunk as Uint8Array).byteLength;
      if (size > maxBytes) {
        // Leaving the loop ends the connection.
        throw new SourceError('too-large', `The answer of ${service.name} has more than ${maxBytes} bytes.`, {
          nextStep: 'Read it in the sandbox itself.',
        });
      }
    }
  } catch (error) {
    throw error instanceof SourceError ? error : brokeOff(error, service, signal);
  }
  return Buffer.concat(chunks);
}

const commonStatuses: ReadonlyMap<number, SourceErrorCode> = new Map([
  [401, 'auth'],
  [402, 'quota'],
  [403, 'forbidden'],
  [404, 'not-found'],
  [408, 'timeout'],
  [409, 'conflict'],
  [413, 'too-large'],
  [429, 'rate-limited'],
  [504, 'timeout'],
  [507, 'quota'],
]);

/** What a status means where the service gives it no meaning of its own. */
export function codeOfStatus(status: number): SourceErrorCode {
  return commonStatuses.get(status) ?? (status >= 500 ? 'unavailable' : 'protocol');
}

/** Milliseconds that the answer asks to wait; undefined when it does not say. */
export function retryAfterMs(response: Response): number | undefined {
  const seconds = Number(response.headers.get('retry-after') ?? '');
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined;
}
