import { UserError } from '../errors';
import type { EntryEdit } from './changes';
import { requiredFields, toPythonNumber, toRecord } from './indexDocument';
import type { ScopeName } from './model';
import { PythonNumber } from './pythonJson';
import type { PythonObject, PythonValue } from './pythonJson';
import { derivedPath } from './scopes';
import { expiryAfter, formatTimestamp } from './timestamps';

/** What a put says of its entry. */
export interface PutFields {
  readonly scope: ScopeName;
  readonly key: string;
  readonly originalKey: string;
  readonly contentType: string;
  /** Hours from now until it expires. */
  readonly ttlHours: number | PythonNumber;
  readonly metadata: PythonObject;
  /** Absent = those that the entry has. */
  readonly tags?: readonly string[];
}

const renewedFields: ReadonlySet<string> = new Set([...requiredFields, 'updated_at']);

/**
 * Writes an entry as the original writer does: all of its fields anew. What it does not know stays: `tags`, `version`
 * and unknown fields; `updated_at` says that there was an entry before.
 */
export function putEntry(fields: PutFields): EntryEdit {
  return (current, { nowMs, value }) => {
    if (value === undefined) {
      throw new UserError('A put needs a value.', 'Give the value to write.');
    }
    const record = toRecord({
      ...fields,
      path: derivedPath(fields.scope, fields.key),
      sizeBytes: value.sizeBytes,
      fingerprint: value.fingerprint,
      createdAt: formatTimestamp(nowMs),
      expiresAt: expiryOf(nowMs, fields.ttlHours),
      updatedAt: current === undefined ? undefined : formatTimestamp(nowMs),
    });
    for (const [name, kept] of current ?? []) {
      if (!renewedFields.has(name) && !record.has(name)) {
        record.set(name, kept);
      }
    }
    return record;
  };
}

/** Takes the entry out of the index. */
export const removeEntry: EntryEdit = () => undefined;

/** Writes an entry exactly as given. */
export function exactEntry(record: PythonObject): EntryEdit {
  return () => record;
}

/** Lets the entry live for so many hours from now. */
export function ttlEntry(ttlHours: number): EntryEdit {
  return (current, { nowMs }) =>
    changed(current, {
      expires_at: expiryOf(nowMs, ttlHours),
      ttl_hours: toPythonNumber(ttlHours),
      updated_at: formatTimestamp(nowMs),
    });
}

export function tagsEntry(tags: readonly string[]): EntryEdit {
  return (current, { nowMs }) => changed(current, { tags: [...tags], updated_at: formatTimestamp(nowMs) });
}

/** Marks the content as superseded: a new version, expired from now on. */
export function bumpEntry(version: number): EntryEdit {
  return (current, { nowMs }) =>
    changed(current, {
      // "Expired" is strictly later than this moment, to the original reader as to us.
      expires_at: formatTimestamp(nowMs - 1),
      updated_at: formatTimestamp(nowMs),
      version: PythonNumber.int(version),
    });
}

/** Checks hours that a person gave: above zero, and not past what Python can read. */
export function assertTtlHours(hours: number, nowMs: number): void {
  if (!Number.isFinite(hours) || hours <= 0) {
    throw new UserError(`${hours} is no time to live.`, 'Give the hours as a number above 0, such as 24 or 0.5.');
  }
  expiryOf(nowMs, hours);
}

function expiryOf(nowMs: number, ttlHours: number | PythonNumber): string {
  try {
    return expiryAfter(nowMs, typeof ttlHours === 'number' ? ttlHours : ttlHours.value);
  } catch (error) {
    throw new UserError(`${String(ttlHours)} hours from now is past the year 9999.`, 'Give fewer hours.', {
      cause: error,
    });
  }
}

/** The entry with some fields set: those that it has keep their places, new ones come last. */
function changed(current: PythonObject | undefined, fields: Readonly<Record<string, PythonValue>>): PythonObject {
  if (current === undefined) {
    throw new UserError('The entry is not in the index any more.', 'Refresh and try again.');
  }
  const record = new Map(current);
  for (const [name, value] of Object.entries(fields)) {
    record.set(name, value);
  }
  return record;
}
