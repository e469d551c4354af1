import { createHash } from 'node:crypto';

/** SHA-256 in lower-case hex. */
export function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The fingerprint that an index records for a value: the first 16 hex digits of its SHA-256. */
export function fingerprintOf(bytes: Uint8Array): string {
  return fingerprintOfSha256(sha256Hex(bytes));
}

export function fingerprintOfSha256(sha256: string): string {
  return sha256.slice(0, 16);
}

/** Stands in the index of a place that does not tell the fingerprint of a value. No value has it. */
export const unknownFingerprint = '';
