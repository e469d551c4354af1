import type { TreeEntry } from '../fileTree';
import type { Finding } from '../findings';
import type { PythonObject } from './pythonJson';

/** Scopes of the sandbox kv-cache, in the order in which they are shown. */
export const scopeNames = ['system', 'instructions', 'project', 'task', 'artifacts'] as const;
export type ScopeName = (typeof scopeNames)[number];

/** The state of an entry. An entry can be in several; `state` is the first of them in this order of weight. */
export const entryStates = [
  'foreign', // its `path` points elsewhere than the derived place
  'missing', // an index entry without its file
  'corrupt', // the bytes do not have the recorded fingerprint
  'orphan', // a file without an index entry
  'expired',
  'stale', // its instruction file changed since it was seeded, or its source since it was summed up
  'expiring', // less than a tenth of its lifetime is left
  'fresh',
] as const;
export type EntryState = (typeof entryStates)[number];

/** A JSON value as the editor and the command line show it. */
export type JsonValue =
  null | boolean | number | string | readonly JsonValue[] | { readonly [name: string]: JsonValue };

/** What is wrong with one entry of an index. */
export interface EntryProblem {
  /** `''` when the entry as a whole is wrong. */
  readonly field: string;
  readonly kind: 'missing' | 'wrong-type' | 'aware-time' | 'malformed-time';
  /** A phrase such as "size_bytes is not a size". */
  readonly text: string;
}

/** One key of one scope, as it stands in the index and on disk. */
export interface CacheEntry {
  readonly scope: ScopeName;
  /** The sanitized key: the name of the value's file and of the index entry. */
  readonly key: string;
  /** The key as the caller gave it; the sanitized one for an orphan. */
  readonly originalKey: string;
  /** The `path` of the index entry, as recorded; the derived one for an orphan. Only ever shown, never followed. */
  readonly path: string;
  readonly contentType: string;
  /** Bytes as recorded in the index; those of the file for an orphan. */
  readonly sizeBytes: number;
  /** Bytes of the file; undefined when it is missing. */
  readonly fileBytes: number | undefined;
  /** First 16 hex digits of the SHA-256 of the value, as recorded; undefined for an orphan that was not read. */
  readonly fingerprint: string | undefined;
  /** Naive UTC as recorded, such as `2025-11-11T03:30:00.125091`. */
  readonly createdAt: string | undefined;
  readonly updatedAt: string | undefined;
  /** null = never expires; undefined = unknown (an orphan, or a malformed time). */
  readonly expiresAt: string | null | undefined;
  /** The same as milliseconds since the epoch. */
  readonly createdMs: number | undefined;
  readonly expiresMs: number | null | undefined;
  readonly ttlHours: number | undefined;
  readonly version: number | undefined;
  readonly tags: readonly string[];
  readonly metadata: Readonly<Record<string, JsonValue>>;
  /** The index entry as it stands, with every unknown field and every digit; undefined for an orphan. */
  readonly record?: PythonObject | undefined;
  /** What is wrong with the index entry. */
  readonly problems?: readonly EntryProblem[];
  /** When the file was last written, in milliseconds since the epoch; undefined when unknown. */
  readonly fileModifiedMs?: number | undefined;
  /** SHA-256 (hex) of the file's bytes, when the snapshot was asked to verify values. */
  readonly contentSha256?: string | undefined;
  readonly state: EntryState;
  /** Every state that holds, heaviest first; never empty. */
  readonly states: readonly EntryState[];
}

export interface ScopeSnapshot {
  readonly scope: ScopeName;
  readonly quotaBytes: number;
  /** Sum of the indexed sizes, expired entries included, as the original writer reckons its quota. */
  readonly usedBytes: number;
  readonly index: 'valid' | 'absent' | 'unreadable';
  /** SHA-256 (hex) of the index file's bytes; undefined when it is absent. */
  readonly indexSha256: string | undefined;
  /** In the order of the index, then orphans by name. */
  readonly entries: readonly CacheEntry[];
  /** Every value file of the scope's folder, also when the index can't be read: what a repair could save. */
  readonly files?: readonly TreeEntry[];
  /** Why the scope could not be read; its entries are then empty. */
  readonly problem?: string;
}

/** What a cache held at one moment. */
export interface CacheSnapshot {
  readonly sourceId: string;
  readonly label: string;
  readonly takenMs: number;
  readonly scopes: readonly ScopeSnapshot[];
  readonly seedFlag: SeedFlag | undefined;
  /** Findings that reading alone shows; `checkHealth` adds those that need the values. */
  readonly findings: readonly Finding[];
}

/** `.instructions_seeded.json`. */
export interface SeedFlag {
  readonly version: number;
  readonly seededAt: string;
  readonly results: Readonly<Record<string, boolean>>;
}
