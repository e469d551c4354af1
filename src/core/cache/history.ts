import type { WorkOptions } from '../ports';

/**
 * What the careful writer needs from a history: a place that keeps contents by hash, the versions of each key, and
 * the operations that can be undone. Implemented by the version store.
 */

/** Who brought a content about, or took it away. */
export const versionAuthors = [
  'sandbox', // seen in the sandbox, written by something else than us
  'seeded',
  'put',
  'summarized',
  'copied',
  'restored',
  'repaired',
  'invalidated',
  'pruned',
] as const;
export type VersionAuthor = (typeof versionAuthors)[number];

const authorTexts: Readonly<Record<VersionAuthor, string>> = {
  sandbox: 'changed in the sandbox',
  seeded: 'seeded',
  put: 'put',
  summarized: 'summed up',
  copied: 'copied',
  restored: 'restored',
  repaired: 'repaired',
  invalidated: 'invalidated',
  pruned: 'pruned',
};

/** How an author is shown to a person. */
export function describeAuthor(author: VersionAuthor): string {
  return authorTexts[author];
}

export interface KeyAddress {
  /** The id of the file tree, such as `folder:/abs/path`. */
  readonly sourceId: string;
  readonly scope: string;
  readonly key: string;
}

/** One content of one key, as it was seen or written; or the moment at which the key was gone. */
export interface Sighting {
  readonly scope: string;
  readonly key: string;
  readonly author: VersionAuthor;
  /** undefined = the key is gone: a tombstone. */
  readonly content?: SeenContent;
  readonly operationId?: string;
}

export interface SeenContent {
  /** First 16 hex digits of the SHA-256 of the value. */
  readonly fingerprint: string;
  readonly sizeBytes: number;
  /** Where `keep` put the bytes; absent when only the index was read. */
  readonly sha256?: string;
  /** The index entry as JSON text, so that a restored value gets its type, lifetime and metadata back. */
  readonly entry?: string;
}

/** One immutable content of a key in its history, or a tombstone (`content` is undefined). */
export interface ContentVersion extends KeyAddress {
  readonly id: string;
  /** Counts from 1 per key; never reused. */
  readonly number: number;
  readonly seenMs: number;
  readonly author: VersionAuthor;
  readonly content: SeenContent | undefined;
  readonly operationId: string | undefined;
  readonly label: string | undefined;
  /** Pinned contents are never dropped to save space. */
  readonly pinned: boolean;
}

/** A file's content before and after one commit: hashes of kept contents, undefined = no such file. */
export interface FileChange {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** One commit of an operation, written down before it is made, so that it can be undone even after a crash. */
export interface OperationStep {
  /** The scope, or undefined for files outside the scopes (the seed flag). */
  readonly scope: string | undefined;
  /** Keys that the step touched. */
  readonly keys: readonly string[];
  /** The index file and the values, in no particular order. */
  readonly files: readonly FileChange[];
}

export interface OperationSummary {
  readonly id: string;
  readonly sourceId: string;
  readonly sourceLabel: string;
  readonly title: string;
  readonly startedMs: number;
}

export interface Operation extends OperationSummary {
  readonly steps: readonly OperationStep[];
}

/** Writes down one running operation. */
export interface OperationRecorder {
  readonly id: string;
  /** From its return on the step outlives this process. */
  addStep(step: OperationStep): Promise<void>;
  /** From its return on all steps outlive a loss of power. */
  flush(): Promise<void>;
}

export interface ContentHistory {
  /** Keeps bytes and returns their SHA-256 in hex; with `durable` they survive a loss of power from then on. */
  keep(bytes: Uint8Array, options?: { readonly durable?: boolean }): Promise<string>;
  /** Kept bytes by SHA-256; undefined when they were never kept, were dropped to save space, or are damaged. */
  content(sha256: string): Promise<Uint8Array | undefined>;
  /** Adds what is new to the versions of a source; a content that is the key's latest already is left alone. */
  record(sourceId: string, sightings: readonly Sighting[]): Promise<void>;
  /** The versions of one key, oldest first. */
  versions(address: KeyAddress): Promise<readonly ContentVersion[]>;
  /** The latest version (or tombstone) of every key of a source. */
  latest(sourceId: string, options?: WorkOptions): Promise<readonly ContentVersion[]>;
  beginOperation(operation: Omit<OperationSummary, 'id' | 'startedMs'>): Promise<OperationRecorder>;
  operation(id: string): Promise<Operation | undefined>;
  /** Newest first. */
  operations(sourceId?: string): Promise<readonly OperationSummary[]>;
}
