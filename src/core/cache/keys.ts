import { UserError } from '../errors';

/** Names that start so are temporary files of ours: never a value, and never a key. */
export const temporaryPrefix = '.context-cache-';
export const indexName = '_index.json';
const instructionPrefix = 'instruction_';
const maxCodePoints = 255;
const maxNameBytes = 255;

/** A key that can't be used, with the reason. */
export class KeyError extends UserError {}

/** What the original writer keeps of a key: Python's `\w`, `-` and `.`, for one code point. */
const keptCodePoint = /^[\p{L}\p{N}_\-.]$/u;
/**
 * Letters and numbers that Unicode gained after version 14, which Python 3.11 still replaces and a newer engine of
 * JavaScript does not. They are replaced here too, so that a key does not depend on who runs us.
 */
const newerThanUnicode14 =
  /[\u{88f}\u{c5c}\u{cdc}\u{1c89}-\u{1c8a}\u{a7cb}-\u{a7cf}\u{a7d2}\u{a7d4}\u{a7da}-\u{a7dc}\u{a7f1}\u{105c0}-\u{105f3}\u{10940}-\u{10959}\u{10d40}-\u{10d65}\u{10d6f}-\u{10d85}\u{10ec2}-\u{10ec7}\u{1123f}-\u{11240}\u{11380}-\u{11389}\u{1138b}\u{1138e}\u{11390}-\u{113b5}\u{113b7}\u{113d1}\u{113d3}\u{116d0}-\u{116e3}\u{11bc0}-\u{11be0}\u{11bf0}-\u{11bf9}\u{11db0}-\u{11ddb}\u{11de0}-\u{11de9}\u{11f02}\u{11f04}-\u{11f10}\u{11f12}-\u{11f33}\u{11f50}-\u{11f59}\u{1342f}\u{13441}-\u{13446}\u{13460}-\u{143fa}\u{16100}-\u{1611d}\u{16130}-\u{16139}\u{16d40}-\u{16d6c}\u{16d70}-\u{16d79}\u{16ea0}-\u{16eb8}\u{16ebb}-\u{16ed3}\u{16ff2}-\u{16ff6}\u{187f8}-\u{187ff}\u{18cff}\u{18d09}-\u{18d1e}\u{18d80}-\u{18df2}\u{1b132}\u{1b155}\u{1ccf0}-\u{1ccf9}\u{1d2c0}-\u{1d2d3}\u{1df25}-\u{1df2a}\u{1e030}-\u{1e06d}\u{1e4d0}-\u{1e4eb}\u{1e4f0}-\u{1e4f9}\u{1e5d0}-\u{1e5ed}\u{1e5f0}-\u{1e5fa}\u{1e6c0}-\u{1e6de}\u{1e6e0}-\u{1e6e2}\u{1e6e4}-\u{1e6e5}\u{1e6e7}-\u{1e6ed}\u{1e6f0}-\u{1e6f4}\u{1e6fe}-\u{1e6ff}\u{2b739}-\u{2b73f}\u{2cea2}-\u{2cead}\u{2ebf0}-\u{2ee5d}\u{31350}-\u{33479}]/u;

/**
 * The name of a key's file and index entry, as the original writer derives it; throws `KeyError` where it refuses.
 * The result may still be a name that nobody should use: see `assertUsableKey`.
 */
export function sanitizeKey(key: string): string {
  if (typeof key !== 'string' || key === '') {
    throw new KeyError('A key must be a non-empty string.', 'Give the entry a name.');
  }
  const codePoints = Array.from(key);
  if (codePoints.length > maxCodePoints) {
    throw new KeyError(
      `The key has ${codePoints.length} characters; ${maxCodePoints} is the most.`,
      'Use a shorter key.',
    );
  }
  const sanitized = codePoints
    .map((point) => (keptCodePoint.test(point) && !newerThanUnicode14.test(point) ? point : '_'))
    .join('');
  if (sanitized.includes('..')) {
    throw new KeyError(`The key ${quote(key)} contains '..'.`, 'Use a key without two dots in a row.');
  }
  return sanitized;
}

/**
 * Refuses sanitized keys that would destroy a scope (`.`, the index itself in any case) or that no file system takes
 * (over 255 bytes), names of temporary files, and anything that is not sanitized. Throws `KeyError`.
 */
export function assertUsableKey(key: string): void {
  if (sanitizeKey(key) !== key) {
    throw new KeyError(`${quote(key)} is not the name of a cache entry.`, 'Use the sanitized key.');
  }
  if (key === '.' || key.toLowerCase() === indexName) {
    throw new KeyError(`The key ${quote(key)} would overwrite the scope's index.`, 'Use another key.');
  }
  if (key.startsWith(temporaryPrefix)) {
    throw new KeyError(`The key ${quote(key)} is reserved for temporary files.`, 'Use another key.');
  }
  const bytes = Buffer.byteLength(key, 'utf8');
  if (bytes > maxNameBytes) {
    throw new KeyError(
      `The key ${quote(key)} is ${bytes} bytes long; file names have at most ${maxNameBytes}.`,
      'Use a shorter key.',
    );
  }
}

/** The sanitized, usable key of a caller's key; throws `KeyError`. */
export function usableKey(originalKey: string): string {
  const key = sanitizeKey(originalKey);
  assertUsableKey(key);
  return key;
}

/** Whether a file of a scope folder can be a value; the index and temporary files are none. */
export function isValueName(name: string): boolean {
  return name !== indexName && !name.startsWith(temporaryPrefix);
}

/** The caller's key of an instruction's tag. */
export function originalKeyOfTag(tag: string): string {
  return `${instructionPrefix}${tag}`;
}

/** The tag of an instruction's key: less the leading `instruction_` only; undefined for other keys. */
export function tagOfKey(key: string): string | undefined {
  return key.startsWith(instructionPrefix) && key.length > instructionPrefix.length
    ? key.slice(instructionPrefix.length)
    : undefined;
}

/**
 * Keys with the same folded form are one file where the file system ignores case or Unicode normalisation (macOS,
 * Windows).
 */
export function foldKey(key: string): string {
  return key.normalize('NFC').toLowerCase().normalize('NFC');
}

function quote(key: string): string {
  const shown = Array.from(key).slice(0, 60).join('');
  return JSON.stringify(shown === key ? key : `${shown}…`);
}
