import { SourceError } from '../errors';

/** What Workers KV takes at most; checked before a request, so that no half of a batch is refused by the far end. */
export const kvLimits = {
  keyBytes: 512,
  metadataBytes: 1024,
  valueBytes: 25 * 1024 * 1024,
  leastTtlSeconds: 60,
} as const;

/** A key with what is to be stored under it. */
export interface KvWrite {
  readonly key: string;
  readonly value: Uint8Array;
  /** A JSON value; undefined = none. */
  readonly metadata?: unknown;
  /** Seconds since the epoch; undefined = never. */
  readonly expiration?: number | undefined;
}

/** Throws a SourceError that names the key when Workers KV would refuse it. `nowMs` is for the shortest lifetime. */
export function checkWrite(write: KvWrite, nowMs: number): void {
  checkKey(write.key);
  const metadataBytes = write.metadata === undefined ? 0 : Buffer.byteLength(JSON.stringify(write.metadata));
  if (metadataBytes > kvLimits.metadataBytes) {
    throw tooLarge(write.key, 'metadata', metadataBytes, kvLimits.metadataBytes);
  }
  if (write.value.byteLength > kvLimits.valueBytes) {
    throw tooLarge(write.key, 'value', write.value.byteLength, kvLimits.valueBytes);
  }
  if (write.expiration !== undefined && write.expiration * 1000 < nowMs + kvLimits.leastTtlSeconds * 1000) {
    throw new SourceError(
      'unsupported',
      `${JSON.stringify(write.key)} would expire in less than ${kvLimits.leastTtlSeconds} s, which Workers KV refuses.`,
      { nextStep: 'Give it a longer lifetime, or none.' },
    );
  }
}

/** Throws a SourceError when a key can't be one of Workers KV. */
export function checkKey(key: string): void {
  if (key === '' || key === '.' || key === '..') {
    throw new SourceError('unsupported', `${JSON.stringify(key)} is not a key of Workers KV.`, {
      nextStep: 'Give a key that is neither empty nor "." nor "..".',
    });
  }
  const keyBytes = Buffer.byteLength(key);
  if (keyBytes > kvLimits.keyBytes) {
    throw tooLarge(`${key.slice(0, 60)}…`, 'key', keyBytes, kvLimits.keyBytes);
  }
}

function tooLarge(key: string, what: 'key' | 'metadata' | 'value', bytes: number, limit: number): SourceError {
  const its = what === 'key' ? 'is' : `has a ${what === 'value' ? 'value' : 'metadata record'} of`;
  return new SourceError(
    'too-large',
    `${JSON.stringify(key)} ${its} ${bytes} bytes${what === 'key' ? ' long' : ''}; Workers KV takes ${limit}.`,
    { nextStep: what === 'value' ? 'Store it in chunks.' : `Make the ${what} shorter.` },
  );
}
