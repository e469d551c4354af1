import { isDeepStrictEqual } from 'node:util';
import { isRecord } from './answers';

/** One key as it can be written again. */
export interface KeptRecord {
  readonly value: Uint8Array;
  readonly metadata: unknown;
  /** Seconds since the epoch. */
  readonly expiration: number | undefined;
}

const newline = 0x0a;

/** A line of JSON, then the value: one content of the version store. */
export function encodeRecord({ value, metadata, expiration }: KeptRecord): Uint8Array {
  return Buffer.concat([Buffer.from(`${JSON.stringify({ metadata, expiration })}\n`), value]);
}

/** Undefined when the bytes are of something else. */
export function decodeRecord(bytes: Uint8Array): KeptRecord | undefined {
  const end = bytes.indexOf(newline);
  try {
    const head: unknown = JSON.parse(Buffer.from(bytes.subarray(0, end)).toString());
    return end < 0 || !isRecord(head)
      ? undefined
      : {
          value: bytes.subarray(end + 1),
          metadata: head['metadata'],
          expiration: typeof head['expiration'] === 'number' ? head['expiration'] : undefined,
        };
  } catch {
    return undefined;
  }
}

/** Whether a key still is as it was kept, as far as a listing tells: its value is not compared. */
export function looksTheSame(
  a: Pick<KeptRecord, 'metadata' | 'expiration'> | undefined,
  b: Pick<KeptRecord, 'metadata' | 'expiration'> | undefined,
): boolean {
  return a === undefined || b === undefined
    ? a === b
    : isDeepStrictEqual(a.metadata ?? null, b.metadata ?? null) && a.expiration === b.expiration;
}
