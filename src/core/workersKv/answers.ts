import { SourceError } from '../errors';
import { codeOfStatus } from '../sources/keyedFetch';

export type JsonRecord = Readonly<Record<string, unknown>>;

/** The parts of Cloudflare's envelope that matter. */
export interface Envelope {
  readonly result: unknown;
  /** Of a listing: where the next page begins; '' at the end. */
  readonly cursor: string;
}

export function asRecord(value: unknown, what: string): JsonRecord {
  if (!isRecord(value)) {
    throw strangeAnswer(what);
  }
  return value;
}

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Reads an answer of the API. Throws a SourceError when it is none. */
export function parseEnvelope(text: string): Envelope {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw strangeAnswer('a JSON document');
  }
  const { success, result, result_info: info } = asRecord(value, 'an answer of the API');
  if (success !== true) {
    throw strangeAnswer('a successful answer');
  }
  const cursor = isRecord(info) ? info['cursor'] : undefined;
  return { result, cursor: typeof cursor === 'string' ? cursor : '' };
}

const nextSteps: ReadonlyMap<number, string> = new Map([
  [400, 'Check the ids of the account and of the namespace.'],
  [401, 'Check the API token; it needs the permission to edit Workers KV storage.'],
  [403, 'Check what the API token may do; it needs the permission to edit Workers KV storage.'],
  [404, 'Check the account, the namespace and the key.'],
  [413, 'Write smaller values, or fewer at a time.'],
  [429, 'Wait a little and try again.'],
]);

/**
 * The error of an answer that is not a success. A 404 that is not JSON comes from a server that lacks the route: the
 * local one serves only a part of the API.
 */
export function statusError(response: Response, text: string, nowMs: number): SourceError {
  const { status, headers } = response;
  const routeMissing = status === 405 || (status === 404 && !/json/i.test(headers.get('content-type') ?? ''));
  const detail = detailOf(text);
  const retryAfterMs = parseRetryAfter(headers.get('retry-after'), nowMs);
  return new SourceError(
    routeMissing ? 'unsupported' : codeOfStatus(status),
    `Workers KV answered ${status}${detail === '' ? '.' : `: ${detail}`}`,
    {
      nextStep: routeMissing
        ? 'Check the base address; a local server has only a part of the API.'
        : (nextSteps.get(status) ?? 'Try again; if it stays so, look at Cloudflare’s status.'),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    },
  );
}

/** The far end's own words, where it says any. */
function detailOf(text: string): string {
  try {
    const { errors } = asRecord(JSON.parse(text), 'an answer');
    const messages = (Array.isArray(errors) ? errors : []).map((error: unknown) =>
      isRecord(error) && typeof error['message'] === 'string' ? error['message'] : '',
    );
    return messages
      .filter((message) => message !== '')
      .join('; ')
      .slice(0, 300);
  } catch {
    return '';
  }
}

/** Milliseconds of a `retry-after` header: seconds, or a date. */
function parseRetryAfter(header: string | null, nowMs: number): number | undefined {
  if (header === null || header.trim() === '') {
    return undefined;
  }
  const seconds = Number(header);
  if (Number.isFinite(seconds)) {
    return Math.max(0, seconds * 1000);
  }
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}

export function strangeAnswer(what: string): SourceError {
  return new SourceError('protocol', `Workers KV answered with something that is not ${what}.`, {
    nextStep: 'Check the base address.',
  });
}
