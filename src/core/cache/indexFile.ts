import { describeError } from '../errors';
import { sha256Hex } from './fingerprint';
import { IndexDocument, requiredFields } from './indexDocument';
import type { EntryProblem } from './model';
import type { PythonObject, PythonValue } from './pythonJson';
import { isPythonArray, isPythonObject, parsePythonBytes, PythonJsonError, PythonNumber } from './pythonJson';
import { parseTimestamp } from './timestamps';

/** One entry of an index, decoded; a field that is missing or of the wrong type is undefined. */
export interface IndexEntry {
  readonly key: string;
  /** The entry as it stands in the index; empty when it is not an object. */
  readonly record: PythonObject;
  readonly originalKey: string | undefined;
  readonly path: string | undefined;
  readonly contentType: string | undefined;
  readonly sizeBytes: number | undefined;
  readonly fingerprint: string | undefined;
  readonly createdAt: string | undefined;
  readonly createdMs: number | undefined;
  readonly updatedAt: string | undefined;
  readonly updatedMs: number | undefined;
  /** null = never expires. */
  readonly expiresAt: string | null | undefined;
  readonly expiresMs: number | null | undefined;
  readonly ttlHours: number | undefined;
  readonly metadata: PythonObject;
  readonly tags: readonly string[];
  readonly version: number | undefined;
  readonly problems: readonly EntryProblem[];
}

/** What the bytes of an `_index.json` turned out to be. */
export type IndexFile =
  | { readonly kind: 'absent' }
  | {
      readonly kind: 'valid';
      /** SHA-256 (hex) of the bytes. */
      readonly sha256: string;
      readonly root: PythonObject;
      readonly entries: readonly IndexEntry[];
    }
  /** Not UTF-8, or not JSON as Python reads it. */
  | { readonly kind: 'unreadable'; readonly sha256: string; readonly reason: string }
  /** JSON, but not an object. */
  | { readonly kind: 'invalid'; readonly sha256: string; readonly reason: string };

/** Reads an index; undefined bytes stand for a file that does not exist. Never throws. */
export function parseIndex(bytes: Uint8Array | undefined): IndexFile {
  if (bytes === undefined) {
    return { kind: 'absent' };
  }
  const sha256 = sha256Hex(bytes);
  if (bytes.byteLength === 0) {
    return { kind: 'unreadable', sha256, reason: 'the file is empty' };
  }
  let root: PythonValue;
  try {
    root = parsePythonBytes(bytes);
  } catch (error) {
    return { kind: 'unreadable', sha256, reason: reasonOf(error) };
  }
  if (!isPythonObject(root)) {
    return { kind: 'invalid', sha256, reason: `it holds ${typeName(root)} instead of an object` };
  }
  return { kind: 'valid', sha256, root, entries: [...root].map(([key, value]) => decodeEntry(key, value)) };
}

/** The index to edit: a copy of a valid one, or a new one in place of one that is absent. */
export function editIndex(index: IndexFile & { readonly kind: 'valid' | 'absent' }): IndexDocument {
  return index.kind === 'valid' ? new IndexDocument(index.root) : new IndexDocument();
}

function reasonOf(error: unknown): string {
  const text = error instanceof PythonJsonError ? error.message : describeError(error).replace(/\..*$/s, '');
  return text.charAt(0).toLowerCase() + text.slice(1);
}

/** Decodes one entry of an index and says what is wrong with it. */
export function decodeEntry(key: string, value: PythonValue): IndexEntry {
  const problems: EntryProblem[] = [];
  const record: PythonObject = isPythonObject(value) ? value : new Map();
  if (isPythonObject(value)) {
    for (const field of requiredFields) {
      if (!record.has(field)) {
        problems.push({ field, kind: 'missing', text: `${field} is missing` });
      }
    }
  } else {
    problems.push({ field: '', kind: 'wrong-type', text: `the entry is ${typeName(value)} instead of an object` });
  }
  const read = new FieldReader(record, problems);
  const created = read.time('created_at');
  const updated = read.time('updated_at');
  const expires = record.get('expires_at') === null ? null : read.time('expires_at');
  return {
    key,
    record,
    originalKey: read.string('original_key'),
    path: read.string('path'),
    contentType: read.string('content_type'),
    sizeBytes: read.number('size_bytes', (size) => Number.isInteger(size) && size >= 0, 'is not a size'),
    fingerprint: read.string('fingerprint'),
    createdAt: created?.text,
    createdMs: created?.ms,
    updatedAt: updated?.text,
    updatedMs: updated?.ms,
    expiresAt: expires === null ? null : expires?.text,
    expiresMs: expires === null ? null : expires?.ms,
    ttlHours: read.number('ttl_hours', Number.isFinite, 'is not a number of hours'),
    metadata: read.object('metadata'),
    tags: read.tags(),
    version: read.number('version', Number.isInteger, 'is not a whole number'),
    problems,
  };
}

class FieldReader {
  readonly #record: PythonObject;
  readonly #problems: EntryProblem[];

  constructor(record: PythonObject, problems: EntryProblem[]) {
    this.#record = record;
    this.#problems = problems;
  }

  string(field: string): string | undefined {
    const value = this.#record.get(field);
    if (value === undefined || typeof value === 'string') {
      return value;
    }
    this.#wrong(field, `is ${typeName(value)} instead of a string`);
    return undefined;
  }

  number(field: string, accepts: (value: number) => boolean, complaint: string): number | undefined {
    const value = this.#record.get(field);
    if (value === undefined) {
      return undefined;
    }
    if (value instanceof PythonNumber && accepts(value.value)) {
      return value.value;
    }
    this.#wrong(field, complaint);
    return undefined;
  }

  object(field: string): PythonObject {
    const value = this.#record.get(field);
    if (value !== undefined && !isPythonObject(value)) {
      this.#wrong(field, `is ${typeName(value)} instead of an object`);
    }
    return isPythonObject(value) ? value : new Map();
  }

  tags(): readonly string[] {
    const value = this.#record.get('tags');
    if (isPythonArray(value) && value.every((tag): tag is string => typeof tag === 'string')) {
      return value;
    }
    if (value !== undefined && value !== null) {
      this.#wrong('tags', 'is not a list of strings');
    }
    return [];
  }

  /** The text as recorded, with its time unless it is malformed. */
  time(field: string): { readonly text: string; readonly ms: number | undefined } | undefined {
    if (field === 'updated_at' && this.#record.get(field) === null) {
      return undefined;
    }
    const text = this.string(field);
    if (text === undefined) {
      return undefined;
    }
    const timestamp = parseTimestamp(text);
    if (timestamp.kind === 'malformed') {
      this.#problems.push({ field, kind: 'malformed-time', text: `${field} is not a time: ${JSON.stringify(text)}` });
      return { text, ms: undefined };
    }
    if (timestamp.kind === 'aware') {
      this.#problems.push({ field, kind: 'aware-time', text: `${field} has a time zone: ${JSON.stringify(text)}` });
    }
    return { text, ms: timestamp.ms };
  }

  #wrong(field: string, complaint: string): void {
    this.#problems.push({ field, kind: 'wrong-type', text: `${field} ${complaint}` });
  }
}

function typeName(value: PythonValue): string {
  if (value === null) {
    return 'null';
  }
  if (isPythonArray(value)) {
    return 'a list';
  }
  if (isPythonObject(value)) {
    return 'an object';
  }
  if (value instanceof PythonNumber) {
    return 'a number';
  }
  return typeof value === 'string' ? 'a string' : 'a boolean';
}
