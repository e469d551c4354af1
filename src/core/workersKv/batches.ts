import type { SourceError } from '../errors';
import { isSourceError } from '../errors';
import { checkWrite } from './limits';
import type { KvWrite } from './limits';

/** What became of one key of a batch. */
export interface KeyResult {
  readonly key: string;
  readonly error?: SourceError;
}

export interface BatchOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called, and waited for, after each part of the batch. */
  readonly onResults?: (results: readonly KeyResult[]) => Promise<void> | void;
}

/** Cloudflare takes 10,000. */
const keysPerBulkWrite = 1000;
/** Bytes of values in one bulk write; Cloudflare takes 100 MB, with base64 and all. */
const bytesPerBulkWrite = 32 * 1024 * 1024;

/** Collects results, and hands them on. */
export function reporter(
  results: KeyResult[],
  { onResults }: BatchOptions,
): (batch: readonly KeyResult[]) => Promise<void> {
  return async (batch) => {
    if (batch.length > 0) {
      results.push(...batch);
      await onResults?.(batch);
    }
  };
}

/** The error of one item; what concerns all is thrown on. */
export function itemError(error: unknown): SourceError {
  if (isSourceError(error) && !isSourceError(error, 'cancelled', 'auth', 'forbidden')) {
    return error;
  }
  throw error;
}

/** Why Workers KV would refuse a write. */
export function refusal(write: KvWrite): SourceError | undefined {
  try {
    checkWrite(write, Date.now());
    return undefined;
  } catch (error) {
    return itemError(error);
  }
}

export function* slices<Item>(items: readonly Item[], size: number): Generator<readonly Item[]> {
  for (let start = 0; start < items.length; start += size) {
    yield items.slice(start, start + size);
  }
}

/** Parts that fit into one request each. */
export function* writeSlices(writes: readonly KvWrite[]): Generator<readonly KvWrite[]> {
  let part: KvWrite[] = [];
  let bytes = 0;
  for (const write of writes) {
    if (part.length > 0 && (part.length === keysPerBulkWrite || bytes + write.value.byteLength > bytesPerBulkWrite)) {
      yield part;
      part = [];
      bytes = 0;
    }
    part.push(write);
    bytes += write.value.byteLength;
  }
  if (part.length > 0) {
    yield part;
  }
}
