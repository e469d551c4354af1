import picomatch from 'picomatch';
import { UserError } from '../errors';
import type { KvEntry, KvSnapshot, OrphanChunk } from './model';

/** Which entries a command means; all criteria that are given must hold. */
export interface KvCriteria {
  readonly keys?: readonly string[] | undefined;
  readonly tag?: string | undefined;
  readonly derivative?: string | undefined;
  /** A path of an original, or a glob such as `videos/**`. */
  readonly path?: string | undefined;
  readonly format?: string | undefined;
  readonly mode?: string | undefined;
  /** The current version of the entries. */
  readonly version?: number | undefined;
  readonly expired?: boolean | undefined;
  /** Entries of another version than the current one. */
  readonly stale?: boolean | undefined;
  /** Entries whose chunks are not whole. */
  readonly broken?: boolean | undefined;
  /** Entries and chunks that were made before this instant. */
  readonly createdBeforeMs?: number | undefined;
  /** Chunks without a manifest, in place of entries. */
  readonly orphanChunks?: boolean | undefined;
}

export interface KvSelection {
  readonly entries: readonly KvEntry[];
  readonly orphanChunks: readonly OrphanChunk[];
}

/** What of a snapshot meets all criteria. Throws a `UserError` for a key that is not there and for no criterion. */
export function selectKv(snapshot: KvSnapshot, criteria: KvCriteria): KvSelection {
  if (Object.values(criteria).every((value) => value === undefined || value === false)) {
    throw new UserError('Nothing says which entries are meant.', 'Give a key, a tag, a path, or another criterion.');
  }
  if (criteria.orphanChunks === true) {
    return { entries: [], orphanChunks: snapshot.orphanChunks.filter((chunk) => chunkMeets(chunk, criteria)) };
  }
  const known = new Map(snapshot.entries.map((entry) => [entry.key, entry]));
  const unknown = criteria.keys?.find((key) => !known.has(key));
  if (unknown !== undefined) {
    throw new UserError(
      `There is no entry ${JSON.stringify(unknown)}.`,
      'List the entries; one that was written in the last minute may not be listed yet.',
    );
  }
  const candidates = criteria.keys === undefined ? snapshot.entries : criteria.keys.map((key) => known.get(key)!);
  const tests = entryTests(criteria);
  return { entries: [...new Set(candidates)].filter((entry) => tests.every((test) => test(entry))), orphanChunks: [] };
}

function entryTests(criteria: KvCriteria): ((entry: KvEntry) => boolean)[] {
  const { tag, derivative, path, format, mode, version, createdBeforeMs } = criteria;
  const tests: ((entry: KvEntry) => boolean)[] = [];
  if (tag !== undefined) {
    tests.push(({ tags }) => tags.includes(tag));
  }
  if (derivative !== undefined) {
    tests.push((entry) => entry.derivative === derivative);
  }
  if (path !== undefined) {
    const matches = pathMatcher(path);
    tests.push((entry) => entry.path !== undefined && matches(entry.path));
  }
  if (format !== undefined) {
    tests.push((entry) => entry.format === format);
  }
  if (mode !== undefined) {
    tests.push((entry) => entry.mode === mode);
  }
  if (version !== undefined) {
    tests.push((entry) => entry.version?.version === version);
  }
  if (criteria.expired === true) {
    tests.push(({ states }) => states.includes('expired'));
  }
  if (criteria.stale === true) {
    tests.push(({ states }) => states.includes('stale'));
  }
  if (criteria.broken === true) {
    tests.push(({ states }) => states.includes('corrupt'));
  }
  if (createdBeforeMs !== undefined) {
    tests.push(({ createdMs }) => createdMs !== undefined && createdMs < createdBeforeMs);
  }
  return tests;
}

function chunkMeets({ entryKey, tags, createdMs }: OrphanChunk, criteria: KvCriteria): boolean {
  const { keys, tag, createdBeforeMs } = criteria;
  return (
    (keys === undefined || keys.includes(entryKey)) &&
    (tag === undefined || tags.includes(tag)) &&
    (createdBeforeMs === undefined || (createdMs !== undefined && createdMs < createdBeforeMs))
  );
}

function pathMatcher(path: string): (candidate: string) => boolean {
  if (!/[*?[{]/.test(path)) {
    return (candidate) => candidate === path;
  }
  try {
    const matches = picomatch(path, { dot: true, nonegate: true });
    return (candidate) => candidate === path || matches(candidate);
  } catch (cause) {
    throw new UserError(`${JSON.stringify(path)} is not a pattern of paths.`, 'Use * and **.', { cause });
  }
}
