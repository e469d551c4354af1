import type { VersionAuthor } from './history';
import type { CacheEntry, ScopeName } from './model';
import type { Plan } from './plan';
import type { PythonObject } from './pythonJson';

/** What a change needs to know of the value that it writes, and of the time. */
export interface EditContext {
  readonly nowMs: number;
  /** The value that the change writes; undefined when it writes none. */
  readonly value: { readonly sizeBytes: number; readonly fingerprint: string } | undefined;
}

/** Makes the new index entry from the present one; undefined = no entry. Called again when another writer won. */
export type EntryEdit = (current: PythonObject | undefined, context: EditContext) => PythonObject | undefined;

/** One key's change: of its index entry, of its value, or of both. What is absent is left as it is. */
export interface CacheChange {
  readonly scope: ScopeName;
  /** The sanitized key. */
  readonly key: string;
  readonly author: VersionAuthor;
  /** What the plan saw of the entry. When it looks different by then, the change is not applied. */
  readonly expected?: EntryMark;
  readonly entry?: EntryEdit;
  readonly value?: (() => Promise<Uint8Array>) | 'remove';
  /** Keeps the value in the history although it is not changed: it may be deleted by others from now on. */
  readonly keepsValue?: boolean;
  /** Refuses to go beyond the scope's quota, as the original writer does. */
  readonly checkQuota?: boolean;
  /** Where a new entry goes: after that key, or first (null). Last when absent, or when that key is gone. */
  readonly place?: { readonly after: string | null };
}

/** Replaces a whole index: only for Repair, and for undoing to the byte. */
export interface IndexReplacement {
  readonly scope: ScopeName;
  readonly author: VersionAuthor;
  /** SHA-256 of the index file that is replaced; undefined = there is none. Nothing is done when it is another. */
  readonly expectedSha256: string | undefined;
  /** undefined = the index file is removed. */
  readonly index: Uint8Array | undefined;
  /** Values that are written or removed with it. */
  readonly values: readonly {
    readonly key: string;
    readonly bytes: (() => Promise<Uint8Array>) | 'remove';
    /** SHA-256 of the value that is replaced; undefined = there is none. */
    readonly expectedSha256: string | undefined;
  }[];
}

/** A file at the root of the cache, written after everything that was chosen has been done. */
export interface RootFileChange {
  readonly path: string;
  /** The new content; undefined = no such file; the current one = no change. */
  readonly bytes: (current: Uint8Array | undefined, outcome: RootFileOutcome) => Uint8Array | undefined;
}

export interface RootFileOutcome {
  readonly nowMs: number;
  /** Ids of the effects that were done. */
  readonly done: ReadonlySet<string>;
}

/** A plan that can be applied to a cache. */
export interface CachePlan extends Plan {
  readonly sourceId: string;
  /** By the id of the effect. Effects without one (unchanged ones) do nothing. */
  readonly changes: ReadonlyMap<string, CacheChange>;
  /** Effects that are applied together with a replacement of their scope's index, by the scope. */
  readonly replacements?: ReadonlyMap<ScopeName, IndexReplacement>;
  readonly rootFile?: RootFileChange;
}

/** Tells one state of an index entry from another; `absent` when there is none. */
export type EntryMark = string;

/** The fields that every writer renews when it puts or edits an entry. */
export interface MarkedFields {
  readonly fingerprint: string | undefined;
  readonly createdAt: string | undefined;
  readonly updatedAt: string | undefined;
  readonly expiresAt: string | null | undefined;
  readonly version: number | undefined;
}

export function markOf(entry: MarkedFields | undefined): EntryMark {
  return entry === undefined
    ? 'absent'
    : JSON.stringify([entry.fingerprint, entry.createdAt, entry.updatedAt, entry.expiresAt, entry.version]);
}

/** The mark of an entry of a snapshot: a file that is in no index has no index entry. */
export function markOfEntry(entry: CacheEntry | undefined): EntryMark {
  return markOf(entry?.states.includes('orphan') === true ? undefined : entry);
}

export function effectId(scope: ScopeName, key: string): string {
  return `${scope}/${key}`;
}
