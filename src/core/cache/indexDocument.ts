import { UserError } from '../errors';
import type { PythonObject, PythonValue } from './pythonJson';
import { isPythonObject, PythonNumber } from './pythonJson';
import { indexStyle, printPython } from './pythonJsonPrint';

/** The fields of an index entry, to be written in the original writer's order. */
export interface EntryFields {
  readonly originalKey: string;
  readonly path: string;
  readonly contentType: string;
  readonly sizeBytes: number;
  readonly fingerprint: string;
  /** Naive UTC, as `formatTimestamp` gives it. */
  readonly createdAt: string;
  /** null = never expires. */
  readonly expiresAt: string | null;
  /** A PythonNumber keeps the difference between `24` and `24.0`. */
  readonly ttlHours: number | PythonNumber;
  readonly metadata: PythonObject;
  readonly updatedAt?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly version?: number | undefined;
}

/** The fields that the original writer writes, all of which its reader needs, in its order. */
export const requiredFields = [
  'original_key',
  'path',
  'content_type',
  'size_bytes',
  'fingerprint',
  'created_at',
  'expires_at',
  'ttl_hours',
  'metadata',
] as const;
const optionalFields = ['updated_at', 'tags', 'version'] as const;
const knownFields: ReadonlySet<string> = new Set<string>([...requiredFields, ...optionalFields]);

/**
 * An index that is being edited: entries keep their places, unknown fields and unknown entries are kept as they are.
 * Nothing of it ever passes through a plain object.
 */
export class IndexDocument {
  readonly #entries: Map<string, PythonValue>;

  /** Starts from a parsed index, which is not changed; without one, from an empty index. */
  constructor(entries: PythonObject = new Map()) {
    this.#entries = new Map(entries);
  }

  get keys(): readonly string[] {
    return [...this.#entries.keys()];
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  /** The entry as it stands: an object, unless the index is damaged. */
  get(key: string): PythonValue | undefined {
    return this.#entries.get(key);
  }

  /** Writes all fields of an entry. An existing one keeps its place and its unknown fields; a new one comes last. */
  put(key: string, fields: EntryFields): void {
    const record = toRecord(fields);
    const previous = this.#entries.get(key);
    if (isPythonObject(previous)) {
      for (const [name, value] of previous) {
        if (!knownFields.has(name)) {
          record.set(name, value);
        }
      }
    }
    this.#entries.set(key, record);
  }

  /** Writes an entry exactly as given, such as one that is restored. It keeps its place. */
  putRecord(key: string, record: PythonObject): void {
    this.#entries.set(key, record);
  }

  /** Sets fields of an entry, and removes those given as undefined; the others stay. Throws without such an entry. */
  change(key: string, fields: ReadonlyMap<string, PythonValue | undefined>): void {
    const previous = this.#entries.get(key);
    if (!isPythonObject(previous)) {
      throw new UserError(
        previous === undefined
          ? `The index has no entry ${JSON.stringify(key)}.`
          : `The index entry ${JSON.stringify(key)} is not an object.`,
        'Repair the index, then try again.',
      );
    }
    const record = new Map(previous);
    for (const [name, value] of fields) {
      if (value === undefined) {
        record.delete(name);
      } else {
        record.set(name, value);
      }
    }
    this.#entries.set(key, record);
  }

  /** Whether there was such an entry. */
  delete(key: string): boolean {
    return this.#entries.delete(key);
  }

  clone(): IndexDocument {
    return new IndexDocument(this.#entries);
  }

  /** The file's bytes, as the original writer would print them. */
  print(): Uint8Array {
    return new TextEncoder().encode(printPython(this.#entries, indexStyle));
  }
}

/** An index entry of these fields; those that are undefined are left out. */
export function toRecord(fields: EntryFields): Map<string, PythonValue> {
  const record = new Map<string, PythonValue>([
    ['original_key', fields.originalKey],
    ['path', fields.path],
    ['content_type', fields.contentType],
    ['size_bytes', PythonNumber.int(fields.sizeBytes)],
    ['fingerprint', fields.fingerprint],
    ['created_at', fields.createdAt],
    ['expires_at', fields.expiresAt],
    ['ttl_hours', toPythonNumber(fields.ttlHours)],
    ['metadata', fields.metadata],
  ]);
  if (fields.updatedAt !== undefined) {
    record.set('updated_at', fields.updatedAt);
  }
  if (fields.tags !== undefined) {
    record.set('tags', [...fields.tags]);
  }
  if (fields.version !== undefined) {
    record.set('version', PythonNumber.int(fields.version));
  }
  return record;
}

/** Whole numbers become integers, as Python prints what it was given. */
export function toPythonNumber(value: number | PythonNumber): PythonNumber {
  if (typeof value !== 'number') {
    return value;
  }
  return Number.isInteger(value) ? PythonNumber.int(value) : PythonNumber.float(value);
}
