import { createHash } from 'node:crypto';

const newline = 0x0a;

/**
 * One record per line: eight hex digits that check the rest, a space, JSON. Each batch begins with a newline, so that
 * a line torn by a process that died never spoils the next one.
 */
export function encodeLines(records: readonly object[]): string {
  let text = '\n';
  for (const record of records) {
    const json = JSON.stringify(record);
    text += `${checkOf(json)} ${json}\n`;
  }
  return text;
}

/** The records of all whole, undamaged lines. */
export function decodeLines(bytes: Uint8Array): {
  readonly records: unknown[];
  /** Lines that are whole but not what was written. */
  readonly damaged: number;
  /** Bytes up to and including the last newline: where reading continues later. */
  readonly complete: number;
} {
  const complete = bytes.lastIndexOf(newline) + 1;
  const records: unknown[] = [];
  let damaged = 0;
  for (const line of new TextDecoder().decode(bytes.subarray(0, complete)).split('\n')) {
    if (line === '') {
      continue;
    }
    const json = line.slice(9);
    if (line[8] !== ' ' || line.slice(0, 8) !== checkOf(json)) {
      damaged += 1;
      continue;
    }
    records.push(JSON.parse(json));
  }
  return { records, damaged, complete };
}

function checkOf(json: string): string {
  return createHash('sha256').update(json).digest('hex').slice(0, 8);
}
