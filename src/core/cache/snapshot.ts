import { describeError, isSourceError, SourceError } from '../errors';
import type { FileTree, ScanResult, TreeEntry } from '../fileTree';
import type { Finding } from '../findings';
import type { Clock, WorkOptions } from '../ports';
import { findProblems } from './checks/findProblems';
import { markStaleSummaries } from './checks/summaryCheck';
import { indexedEntry, isSafeName, orphanEntry } from './entryStates';
import type { IndexFile } from './indexFile';
import { parseIndex } from './indexFile';
import { indexName, isValueName } from './keys';
import { cacheListing } from './listing';
import type { CacheEntry, CacheSnapshot, ScopeName, ScopeSnapshot } from './model';
import { scopeNames } from './model';
import { rulesOf, seedFlagName } from './scopes';
import type { SeedFlagFile } from './seedFlag';
import { parseSeedFlag } from './seedFlag';
import { readSourceFiles } from './summarySource';
import type { SourceFileReader } from './summarySource';
import type { ValueFile, ValueVisitor } from './valueHashes';
import { hashValues, ValueHashCache } from './valueHashes';

export interface SnapshotOptions extends WorkOptions {
  readonly clock: Clock;
  /** Reads every value and compares its fingerprint: shows corrupt entries and finds repeated bytes. */
  readonly verifyValues?: boolean;
  /** Sees the bytes of each value that is verified. */
  readonly onValue?: ValueVisitor;
  /** SHA-256 (hex) of values by path, where they are known without reading; without `verifyValues` they are used. */
  readonly knownHashes?: ReadonlyMap<string, string>;
  /** Hashes that earlier snapshots of the same source worked out. */
  readonly hashes?: ValueHashCache;
  /** Fingerprints of the library's instructions by tag: shows which seeded ones are stale. */
  readonly library?: ReadonlyMap<string, string>;
  /** Looks at the files of the workspace that summaries name: shows which of them are stale. */
  readonly sourceFiles?: SourceFileReader | undefined;
}

/**
 * Reads a whole cache; the tree's root is the kv-cache folder. One scan gets the five scopes, another the values when
 * they are to be verified. A scope that can't be read has a `problem` and leaves the others alone; only a cache that
 * can't be read at all, or a cancellation, rejects with a SourceError. Nothing is ever written.
 */
export async function readSnapshot(tree: FileTree, options: SnapshotOptions): Promise<CacheSnapshot> {
  const scan = await tree.scan(cacheListing, { signal: options.signal });
  const root = scan.folders.get('');
  if (root === undefined || root instanceof SourceError) {
    throw root ?? protocolError(tree);
  }
  const readings = scopeNames.map((scope) => readScope(scope, root, scan));
  const hashes =
    options.verifyValues === true
      ? await hashValues(tree, readings.flatMap(valuesOf), options.hashes ?? new ValueHashCache(), options)
      : (options.knownHashes ?? new Map<string, string | SourceError>());
  const nowMs = options.clock.now();
  const library = options.library ?? new Map<string, string>();
  const read = readings.map((reading) => toSnapshot(reading, hashes, nowMs, library));
  const entries = read.flatMap((scope) => scope.entries);
  const sourceFiles = await readSourceFiles(entries, options.sourceFiles, { signal: options.signal });
  const scopes = markStaleSummaries(read, sourceFiles);
  const seedFlag = parseSeedFlag(seedFlagBytes(scan));
  const base = { sourceId: tree.id, label: tree.label, takenMs: nowMs, scopes };
  const findings: Finding[] = [
    ...findProblems({ ...base, seedFlag: seedFlag.kind === 'valid' ? seedFlag.flag : undefined }, library, sourceFiles),
    ...unreadValues(readings, hashes),
    ...seedFlagFindings(seedFlag, scan),
  ];
  return { ...base, seedFlag: seedFlag.kind === 'valid' ? seedFlag.flag : undefined, findings };
}

interface ScopeReading {
  readonly scope: ScopeName;
  readonly index: IndexFile | { readonly kind: 'unreadable'; readonly sha256: undefined; readonly reason: string };
  readonly listing: readonly TreeEntry[];
  /** Why the scope as a whole can't be read. */
  readonly problem?: string;
}

function readScope(scope: ScopeName, root: readonly TreeEntry[], scan: ScanResult): ScopeReading {
  const absent: ScopeReading = { scope, index: { kind: 'absent' }, listing: [] };
  const place = root.find(({ name }) => name === scope);
  if (place !== undefined && place.kind !== 'folder') {
    const what = place.kind === 'link' ? 'a link, and links are not followed' : 'not a folder';
    return { ...absent, problem: `'${scope}' is ${what}.` };
  }
  const listing = scan.folders.get(scope);
  if (listing === undefined || listing instanceof SourceError) {
    if (listing === undefined || isSourceError(listing, 'not-found')) {
      return absent;
    }
    return { ...absent, problem: `The folder '${scope}' can't be read: ${describeError(listing)}` };
  }
  const bytes = scan.files.get(`${scope}/${indexName}`);
  if (!(bytes instanceof SourceError)) {
    return { scope, index: parseIndex(bytes), listing };
  }
  if (bytes.code === 'not-found') {
    return { scope, index: { kind: 'absent' }, listing };
  }
  return { scope, index: { kind: 'unreadable', sha256: undefined, reason: describeError(bytes) }, listing };
}

function toSnapshot(
  reading: ScopeReading,
  hashes: ReadonlyMap<string, string | SourceError>,
  nowMs: number,
  library: ReadonlyMap<string, string>,
): ScopeSnapshot {
  const { scope, index, listing } = reading;
  const files = listing.filter(({ kind, name }) => kind === 'file' && isValueName(name)).sort(byName);
  const base = { scope, quotaBytes: rulesOf(scope).quotaBytes, files };
  if (reading.problem !== undefined) {
    return {
      ...base,
      usedBytes: 0,
      index: 'unreadable',
      indexSha256: undefined,
      entries: [],
      problem: reading.problem,
    };
  }
  if (index.kind === 'unreadable' || index.kind === 'invalid') {
    const problem = `The index of '${scope}' can't be read: ${index.reason}.`.replace(/\.\.$/, '.');
    return { ...base, usedBytes: 0, index: 'unreadable', indexSha256: index.sha256, entries: [], problem };
  }
  const placed = new Map(listing.map((entry) => [entry.name, entry]));
  const indexed = index.kind === 'valid' ? index.entries : [];
  const named = new Set(indexed.map(({ key }) => key));
  const hashOf = (name: string): string | undefined => {
    const hash = hashes.get(`${scope}/${name}`);
    return typeof hash === 'string' ? hash : undefined;
  };
  const entries: CacheEntry[] = indexed.map((entry) => {
    const safe = isSafeName(entry.key);
    const gone = isGone(hashes.get(`${scope}/${entry.key}`));
    return indexedEntry(scope, entry, safe && !gone ? placed.get(entry.key) : undefined, {
      nowMs,
      library,
      contentSha256: safe ? hashOf(entry.key) : undefined,
    });
  });
  for (const file of files) {
    if (!named.has(file.name) && !isGone(hashes.get(`${scope}/${file.name}`))) {
      entries.push(orphanEntry(scope, file, hashOf(file.name)));
    }
  }
  return {
    ...base,
    usedBytes: indexed.reduce((sum, { sizeBytes }) => sum + (sizeBytes ?? 0), 0),
    index: index.kind,
    indexSha256: index.kind === 'valid' ? index.sha256 : undefined,
    entries,
  };
}

function byName(a: TreeEntry, b: TreeEntry): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/** A file that was listed and then vanished. */
function isGone(hash: string | SourceError | undefined): boolean {
  return hash instanceof SourceError && hash.code === 'not-found';
}

function valuesOf({ scope, listing, index, problem }: ScopeReading): ValueFile[] {
  if (problem !== undefined || (index.kind !== 'valid' && index.kind !== 'absent')) {
    return [];
  }
  return listing
    .filter(({ kind, name }) => kind === 'file' && isValueName(name))
    .map(({ name, sizeBytes, modifiedMs }) => ({ path: `${scope}/${name}`, sizeBytes, modifiedMs }));
}

function unreadValues(
  readings: readonly ScopeReading[],
  hashes: ReadonlyMap<string, string | SourceError>,
): readonly Finding[] {
  return readings.flatMap((reading) =>
    valuesOf(reading).flatMap(({ path }): Finding[] => {
      const hash = hashes.get(path);
      if (!(hash instanceof SourceError) || isGone(hash)) {
        return [];
      }
      const key = path.slice(reading.scope.length + 1);
      return [
        {
          id: 'corrupt',
          severity: 'warning',
          scope: reading.scope,
          key,
          message: `The value '${key}' in '${reading.scope}' could not be read, so its fingerprint was not checked: ${hash.message}`,
          fix: hash.nextStep,
        },
      ];
    }),
  );
}

function seedFlagBytes(scan: ScanResult): Uint8Array | undefined {
  const bytes = scan.files.get(seedFlagName);
  return bytes instanceof SourceError ? undefined : bytes;
}

function seedFlagFindings(seedFlag: SeedFlagFile, scan: ScanResult): readonly Finding[] {
  const failure = scan.files.get(seedFlagName);
  const unreadable = failure instanceof SourceError && failure.code !== 'not-found' ? failure.message : undefined;
  const reason = seedFlag.kind === 'invalid' ? seedFlag.reason : unreadable;
  if (reason === undefined) {
    return [];
  }
  return [
    {
      id: 'seed-flag',
      severity: 'warning',
      message: `The seed flag '${seedFlagName}' can't be read: ${reason}`,
      fix: 'Seed the instructions again.',
    },
  ];
}

function protocolError(tree: FileTree): SourceError {
  return new SourceError('protocol', `${tree.label} did not list its root folder.`, {
    nextStep: 'Check that the source is what its settings say.',
  });
}
