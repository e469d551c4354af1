import type { Finding } from '../findings';
import type { SourceText } from './model';
import { TextLines } from './textLines';

/** Larger files are not read: no harness loads them, and an editor should not either. Bytes. */
export const maxInstructionBytes = 10 * 1024 * 1024;
const probedBytes = 8192;

/** Turns bytes into text. Invalid UTF-8 is a finding and counts as U+FFFD; a binary file has no text. */
export function decodeText(bytes: Uint8Array, location: string): SourceText {
  if (bytes.subarray(0, probedBytes).includes(0)) {
    const message = 'The file is binary or UTF-16, and no harness can load it.';
    const fix = 'Save it as UTF-8 text.';
    return textWithout('binary', bytes.length, finding('binary', message, fix, location));
  }
  // A BOM stays part of the text: it is part of what a harness sends.
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  if (!text.includes('\uFFFD') || isValidUtf8(bytes)) {
    return { text, sizeBytes: bytes.length, problems: [], status: 'valid' };
  }
  const at = text.indexOf('\uFFFD');
  const problem: Finding = {
    ...finding('invalid-utf8', 'The file has bytes that are not UTF-8.', 'Save it as UTF-8.', location),
    range: new TextLines(text).range(at, at + 1),
  };
  return { text, sizeBytes: bytes.length, problems: [problem], status: 'valid' };
}

/** A file that counts for nothing, with the reason. */
export function textWithout(
  status: Exclude<SourceText['status'], 'valid'>,
  sizeBytes: number,
  problem: Finding,
): SourceText {
  return { text: '', sizeBytes, problems: [problem], status };
}

function finding(id: string, message: string, fix: string, path: string): Finding {
  return { id, severity: 'warning', message, fix, path };
}

function isValidUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
