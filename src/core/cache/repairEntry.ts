import { requiredFields } from './indexDocument';
import { decodeEntry } from './indexFile';
import type { ScopeName } from './model';
import { isPythonObject, PythonNumber } from './pythonJson';
import type { PythonObject, PythonValue } from './pythonJson';
import { defaultContentType, derivedPath, rulesOf } from './scopes';
import { expiryAfter, formatTimestamp, parseTimestamp } from './timestamps';

/** The value of an entry as it is on disk. */
export interface ValueFacts {
  readonly sizeBytes: number;
  readonly fingerprint: string;
  /** When the file was last written; undefined when unknown. Milliseconds since the epoch. */
  readonly modifiedMs: number | undefined;
}

export interface RepairedEntry {
  readonly record: PythonObject;
  /** What was wrong, in a few words each; empty when nothing was. */
  readonly repairs: readonly string[];
}

/**
 * An entry that every reader understands, made from what there is: fields that are in order stay as they are and where
 * they are; the others are derived from the value, from the key, and from the rules of the scope. An entry that is made
 * anew lives from now on, as nobody knows when it would have expired.
 */
export function repairEntry(
  scope: ScopeName,
  key: string,
  present: PythonValue | undefined,
  value: ValueFacts,
  nowMs: number,
): RepairedEntry {
  const entry = decodeEntry(key, present ?? null);
  const ttl = entry.ttlHours ?? rulesOf(scope).defaultTtlHours;
  const bornMs = entry.createdMs ?? (value.modifiedMs === undefined ? nowMs : Math.min(value.modifiedMs, nowMs));
  const fixes = new Map<string, readonly [PythonValue, string]>();
  const fix = (field: string, wrong: boolean, right: () => PythonValue, why: string): void => {
    if (wrong) {
      fixes.set(field, [right(), why]);
    }
  };
  const badTime = (field: string): boolean =>
    entry.problems.some((problem) => problem.field === field) || !entry.record.has(field);
  fix('original_key', entry.originalKey === undefined, () => key, 'no original key');
  fix('path', entry.path !== derivedPath(scope, key), () => derivedPath(scope, key), 'its path led elsewhere');
  fix('content_type', entry.contentType === undefined, () => defaultContentType(scope, key), 'no content type');
  fix('size_bytes', entry.sizeBytes !== value.sizeBytes, () => PythonNumber.int(value.sizeBytes), 'wrong size');
  fix('fingerprint', entry.fingerprint !== value.fingerprint, () => value.fingerprint, 'wrong fingerprint');
  fix('created_at', badTime('created_at'), () => naive(entry.createdAt) ?? formatTimestamp(bornMs), 'unreadable time');
  fix(
    'expires_at',
    entry.expiresAt !== null && badTime('expires_at'),
    () => naive(entry.expiresAt ?? undefined) ?? expiryAfter(nowMs, ttl),
    'unreadable expiry',
  );
  fix('ttl_hours', entry.ttlHours === undefined, () => PythonNumber.int(ttl), 'no time to live');
  fix('metadata', !isPythonObject(entry.record.get('metadata')), () => metadataOf(scope, key), 'no metadata');
  fix(
    'updated_at',
    entry.record.has('updated_at') && entry.problems.some((problem) => problem.field === 'updated_at'),
    () => naive(entry.updatedAt) ?? formatTimestamp(nowMs),
    'unreadable time',
  );
  return {
    record: withFixes(entry.record, fixes),
    repairs: present === undefined ? ['no index entry'] : [...new Set([...fixes.values()].map(([, why]) => why))],
  };
}

/** An aware time as the naive UTC that the original reads; undefined for what is no time at all. */
function naive(text: string | undefined): string | undefined {
  const time = text === undefined ? undefined : parseTimestamp(text);
  return time === undefined || time.kind === 'malformed' ? undefined : formatTimestamp(time.ms);
}

/** What writers record under keys of their own making, as far as the key tells it. */
function metadataOf(scope: ScopeName, key: string): PythonObject {
  const isConversation = scope === 'task' && key.startsWith('summary_');
  return new Map<string, PythonValue>(isConversation ? [['type', 'conversation_summary']] : []);
}

/** In place where the entry has the field; an entry that lacks some gets all in the original writer's order. */
function withFixes(record: PythonObject, fixes: ReadonlyMap<string, readonly [PythonValue, string]>): PythonObject {
  const fixed = new Map(record);
  for (const [field, [value]] of fixes) {
    fixed.set(field, value);
  }
  if (requiredFields.every((field) => record.has(field))) {
    return fixed;
  }
  const ordered = new Map<string, PythonValue>();
  for (const field of requiredFields) {
    ordered.set(field, fixed.get(field)!);
  }
  for (const [field, value] of fixed) {
    ordered.set(field, value);
  }
  return ordered;
}
