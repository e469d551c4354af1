import type { TreeEntry } from '../fileTree';
import { fingerprintOfSha256, unknownFingerprint } from './fingerprint';
import type { IndexEntry } from './indexFile';
import { indexName, tagOfKey } from './keys';
import type { CacheEntry, EntryState, ScopeName } from './model';
import { entryStates } from './model';
import type { PythonObject } from './pythonJson';
import { objectToDisplayJson } from './pythonJsonPrint';
import { defaultContentType, derivedPath } from './scopes';

/** What is known beside the index when states are worked out. */
export interface StateFacts {
  readonly nowMs: number;
  /** Fingerprints of the library's instructions by tag. */
  readonly library: ReadonlyMap<string, string>;
  /** SHA-256 of the value, when it was read. */
  readonly contentSha256: string | undefined;
}

const msPerHour = 3_600_000;
const expiringShare = 0.1;

/** An index entry with its file; `file` is what stands at the derived place, if anything. */
export function indexedEntry(
  scope: ScopeName,
  entry: IndexEntry,
  file: TreeEntry | undefined,
  facts: StateFacts,
): CacheEntry {
  const value = file?.kind === 'file' ? file : undefined;
  const holds = new Set<EntryState>();
  if (!isSafeName(entry.key) || pointsElsewhere(scope, entry) || file?.kind === 'link') {
    holds.add('foreign');
  }
  if (value === undefined && file?.kind !== 'link') {
    holds.add('missing');
  }
  const actual = facts.contentSha256 === undefined ? undefined : fingerprintOfSha256(facts.contentSha256);
  const recorded = entry.fingerprint === unknownFingerprint ? undefined : entry.fingerprint;
  if (actual !== undefined && recorded !== undefined && actual !== recorded) {
    holds.add('corrupt');
  }
  const lifetime = lifetimeStateOf(entry, facts.nowMs);
  if (lifetime !== undefined) {
    holds.add(lifetime);
  }
  const tag = seededTag(scope, entry.key, entry.metadata);
  const current = tag === undefined ? undefined : facts.library.get(tag);
  if (current !== undefined && current !== entry.fingerprint && entry.fingerprint !== unknownFingerprint) {
    holds.add('stale');
  }
  return {
    scope,
    key: entry.key,
    originalKey: entry.originalKey ?? entry.key,
    path: entry.path ?? derivedPath(scope, entry.key),
    contentType: entry.contentType ?? defaultContentType(scope, entry.key),
    sizeBytes: entry.sizeBytes ?? value?.sizeBytes ?? 0,
    fileBytes: value?.sizeBytes,
    fingerprint: entry.fingerprint,
    createdAt: entry.createdAt,
    updatedAt: entry.updatedAt,
    expiresAt: entry.expiresAt,
    createdMs: entry.createdMs,
    expiresMs: entry.expiresMs,
    ttlHours: entry.ttlHours,
    version: entry.version,
    tags: entry.tags,
    metadata: objectToDisplayJson(entry.metadata),
    record: entry.record,
    problems: entry.problems,
    fileModifiedMs: value === undefined || value.modifiedMs === 0 ? undefined : value.modifiedMs,
    contentSha256: facts.contentSha256,
    ...rank(holds),
  };
}

/** A value file that no index entry names. */
export function orphanEntry(scope: ScopeName, file: TreeEntry, contentSha256: string | undefined): CacheEntry {
  return {
    scope,
    key: file.name,
    originalKey: file.name,
    path: derivedPath(scope, file.name),
    contentType: defaultContentType(scope, file.name),
    sizeBytes: file.sizeBytes,
    fileBytes: file.sizeBytes,
    fingerprint: contentSha256 === undefined ? undefined : fingerprintOfSha256(contentSha256),
    createdAt: undefined,
    updatedAt: undefined,
    expiresAt: undefined,
    createdMs: undefined,
    expiresMs: undefined,
    ttlHours: undefined,
    version: undefined,
    tags: [],
    metadata: {},
    fileModifiedMs: file.modifiedMs === 0 ? undefined : file.modifiedMs,
    contentSha256,
    state: 'orphan',
    states: ['orphan'],
  };
}

/**
 * Whether a name can be a file directly inside a scope's folder. Wider than what we would write: another version of
 * the original writer may have kept letters that we replace.
 */
export function isSafeName(key: string): boolean {
  return (
    key !== '' &&
    key !== '.' &&
    key !== '..' &&
    key.toLowerCase() !== indexName &&
    !/[/\\\0]/.test(key) &&
    Buffer.byteLength(key) <= 255
  );
}

/** The tag of an entry that was seeded from a library (and not put by an agent under such a key). */
function seededTag(scope: ScopeName, key: string, metadata: PythonObject): string | undefined {
  return scope === 'instructions' && metadata.get('auto_seeded') === true ? tagOfKey(key) : undefined;
}

function pointsElsewhere(scope: ScopeName, entry: IndexEntry): boolean {
  return entry.path !== undefined && entry.path !== derivedPath(scope, entry.key);
}

/** What time alone makes of an entry at a moment; undefined when it is neither over nor close to it. */
export function lifetimeStateOf(
  entry: Pick<CacheEntry, 'expiresMs' | 'createdMs' | 'ttlHours'>,
  nowMs: number,
): 'expired' | 'expiring' | undefined {
  const { expiresMs, createdMs, ttlHours } = entry;
  if (expiresMs === undefined || expiresMs === null) {
    return undefined;
  }
  if (nowMs > expiresMs) {
    return 'expired';
  }
  const lifetimeMs =
    ttlHours !== undefined && ttlHours > 0 ? ttlHours * msPerHour : expiresMs - (createdMs ?? expiresMs);
  return expiresMs - nowMs < lifetimeMs * expiringShare ? 'expiring' : undefined;
}

/** The entry with one more state. */
export function withState(entry: CacheEntry, state: EntryState): CacheEntry {
  return { ...entry, ...rank(new Set([...entry.states.filter((one) => one !== 'fresh'), state])) };
}

function rank(holds: ReadonlySet<EntryState>): Pick<CacheEntry, 'state' | 'states'> {
  const [heaviest, ...others] = entryStates.filter((state) => holds.has(state));
  return heaviest === undefined
    ? { state: 'fresh', states: ['fresh'] }
    : { state: heaviest, states: [heaviest, ...others] };
}
