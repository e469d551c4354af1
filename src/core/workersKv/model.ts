/** What holds of an entry, the worst first. */
export const kvStates = [
  'corrupt', // chunks are missing, or are not what the manifest says
  'expired', // Workers KV itself keeps it all the same
  'stale', // of another version than the current one
  'expiring', // the last tenth of its lifetime
  'foreign', // of something else that uses the namespace
  'fresh',
] as const;
export type KvState = (typeof kvStates)[number];

/** A piece of a value that was too large for one key. */
export interface KvChunk {
  readonly key: string;
  readonly index: number;
  /** Undefined when its metadata doesn't say. */
  readonly sizeBytes: number | undefined;
}

/** The record of an entry in the namespace of the versions. */
export interface KvVersion {
  readonly key: string;
  /** Undefined when the record has no number. */
  readonly version: number | undefined;
  readonly createdMs: number | undefined;
  readonly updatedMs: number | undefined;
  /** Seconds since the epoch after which Workers KV drops the record; undefined = never. */
  readonly expiration: number | undefined;
  /** As it stands, with fields that are not known here. */
  readonly metadata: unknown;
}

/** One cached thing, with its chunks. */
export interface KvEntry {
  readonly key: string;
  readonly mode: string | undefined;
  /** Of the original; undefined for a foreign key. */
  readonly path: string | undefined;
  readonly derivative: string | undefined;
  readonly format: string | undefined;
  readonly tags: readonly string[];
  readonly contentType: string | undefined;
  /** Bytes of the whole, chunks and all; undefined when the metadata doesn't say. */
  readonly sizeBytes: number | undefined;
  readonly createdMs: number | undefined;
  /** When the entry counts as expired for its users. */
  readonly expiresMs: number | undefined;
  /** When Workers KV itself drops the key. */
  readonly droppedMs: number | undefined;
  /** The version that the entry was made of. */
  readonly entryVersion: number | undefined;
  /** The key of its version record, whether there is one or not. */
  readonly versionKey: string;
  /** Its version record; undefined = none, or there is no namespace of versions. */
  readonly version: KvVersion | undefined;
  /** Undefined when the value is in one piece; else its chunks in order, as far as they are there. */
  readonly chunks: readonly KvChunk[] | undefined;
  /** What is wrong with the chunks, as sentences. */
  readonly chunkProblems: readonly string[];
  readonly state: KvState;
  readonly states: readonly KvState[];
  /** As it stands; undefined = none. */
  readonly metadata: unknown;
}

/** A chunk whose entry is gone, or is not in chunks. */
export interface OrphanChunk extends KvChunk {
  readonly entryKey: string;
  readonly tags: readonly string[];
  readonly createdMs: number | undefined;
}

/** Both namespaces at one moment; what was written in the last minute may be missing, as they are of many places. */
export interface KvSnapshot {
  readonly takenMs: number;
  /** In the order of their keys. */
  readonly entries: readonly KvEntry[];
  readonly orphanChunks: readonly OrphanChunk[];
  /** By version key; undefined when there is no namespace of versions. */
  readonly versions: ReadonlyMap<string, KvVersion> | undefined;
}
