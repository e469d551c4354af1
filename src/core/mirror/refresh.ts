import { fingerprintOfSha256, unknownFingerprint } from '../cache/fingerprint';
import type { ContentHistory, ContentVersion, Sighting } from '../cache/history';
import { parseIndex } from '../cache/indexFile';
import type { IndexEntry } from '../cache/indexFile';
import { indexName, isValueName } from '../cache/keys';
import { cacheListing } from '../cache/listing';
import { scopeNames } from '../cache/model';
import type { ScopeName } from '../cache/model';
import { printPython } from '../cache/pythonJsonPrint';
import { readInBatches } from '../cache/readValues';
import { SourceError } from '../errors';
import type { FileTree, ScanResult, TreeEntry } from '../fileTree';
import type { Clock, WorkOptions } from '../ports';
import type { MirrorState } from './mirrorState';
import type { MirrorStore } from './mirrorStore';

/** Bytes of values that one refresh fetches by itself; 0 fetches none. */
const defaultBudgetBytes = 8 * 1024 * 1024;

export interface RefreshOptions extends WorkOptions {
  readonly clock: Clock;
  readonly budgetBytes?: number;
  /** The latest version of each key before the tree was looked at, where that was before the call. */
  readonly versionsBefore?: readonly ContentVersion[] | undefined;
}

/** What a refresh found since the last one. */
export interface RefreshResult {
  readonly state: MirrorState;
  /** `<scope>/<key>` of entries that are new or have another content, and of those that vanished. */
  readonly changed: readonly string[];
  readonly vanished: readonly string[];
  /** Bytes of values that were fetched. */
  readonly fetchedBytes: number;
  /** Whether keys were left to the next look, since somebody has written them down anew since this one began. */
  readonly overtaken: boolean;
}

/**
 * Looks at a source and brings its mirror and its history up to date. Listings and indexes come in one scan; when
 * nothing has changed, that is all. Of what has changed, by fingerprint, values are fetched within the budget, the
 * smallest first; a deletion leaves a tombstone. The source is only read.
 */
export async function refreshMirror(
  tree: FileTree,
  mirror: MirrorStore,
  history: ContentHistory,
  options: RefreshOptions,
): Promise<RefreshResult> {
  const versionsBefore = options.versionsBefore ?? (await history.latest(tree.id));
  const scan = await tree.scan(cacheListing, { signal: options.signal });
  const root = scan.folders.get('');
  if (root === undefined || root instanceof SourceError) {
    throw root ?? new SourceError('protocol', `${tree.label} did not list its root.`, { nextStep: 'Try again.' });
  }
  const before = await mirror.load(tree.id);
  const folders = foldersOf(scan, before);
  const files = await smallFiles(scan, before, history);
  const latest = new Map(
    (await history.latest(tree.id)).map((version) => [`${version.scope}/${version.key}`, version]),
  );
  const seen = scopeNames.flatMap((scope) => seenEntries(scope, scan, folders));
  const isCurrent = unlessWrittenSince(versionsBefore, latest);
  const { sightings, changed } = changesOf(seen.filter(isCurrent), latest);
  const unread = unreadScopes(scan);
  const vanished = vanishedKeys(seen, latest, unread).filter(isCurrent);
  await history.record(tree.id, [...sightings, ...vanished.map(tombstone)]);
  const held = [...(before?.files ?? [])].filter(([path]) => unread.has(path.slice(0, path.indexOf('/'))));
  const known = new Map([...held, ...files, ...knownValues(seen, latest, before)]);
  const state: MirrorState = {
    sourceId: tree.id,
    label: tree.label,
    seenMs: options.clock.now(),
    folders,
    files: known,
  };
  // Before the values: a link that breaks off now must not cost what was seen.
  await mirror.save(state);
  const fetched = await fetchValues(tree, history, seen.filter(isCurrent), state, options);
  const complete: MirrorState = { ...state, files: new Map([...known, ...fetched.files]) };
  if (fetched.files.size > 0) {
    await mirror.save(complete);
  }
  return {
    state: complete,
    changed,
    vanished: vanished.map(({ scope, key }) => `${scope}/${key}`),
    fetchedBytes: fetched.bytes,
    overtaken: ![...seen, ...latest.values()].every(isCurrent),
  };
}

/** An indexed value that exists. */
interface SeenEntry {
  readonly scope: ScopeName;
  readonly key: string;
  readonly path: string;
  readonly fingerprint: string;
  readonly sizeBytes: number;
  readonly file: TreeEntry;
  readonly entry: IndexEntry;
}

/** Keys that somebody has written down anew since the look began are told by the next look: this one may be older. */
function unlessWrittenSince(
  before: readonly ContentVersion[],
  latest: ReadonlyMap<string, ContentVersion>,
): (key: { readonly scope: string; readonly key: string }) => boolean {
  const known = new Map(before.map((version) => [`${version.scope}/${version.key}`, version.id]));
  return ({ scope, key }) => known.get(`${scope}/${key}`) === latest.get(`${scope}/${key}`)?.id;
}

/** A scope that could not be read keeps its last good listing. */
function foldersOf(scan: ScanResult, before: MirrorState | undefined): Map<string, readonly TreeEntry[]> {
  const folders = new Map<string, readonly TreeEntry[]>();
  for (const [path, listing] of scan.folders) {
    if (!(listing instanceof SourceError)) {
      folders.set(path, listing);
    } else if (listing.code !== 'not-found' && before?.folders.has(path) === true) {
      folders.set(path, before.folders.get(path)!);
    }
  }
  return folders;
}

/** Keeps indexes and the seed flag. */
async function smallFiles(
  scan: ScanResult,
  before: MirrorState | undefined,
  history: ContentHistory,
): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const [path, content] of scan.files) {
    const known = before?.files.get(path);
    if (content instanceof SourceError) {
      if (content.code !== 'not-found' && known !== undefined) {
        files.set(path, known);
      }
    } else {
      // Also when nothing changed: what was kept may have been dropped to save space.
      files.set(path, await history.keep(content));
    }
  }
  return files;
}

function seenEntries(
  scope: ScopeName,
  scan: ScanResult,
  folders: ReadonlyMap<string, readonly TreeEntry[]>,
): SeenEntry[] {
  const content = scan.files.get(`${scope}/${indexName}`);
  const index = parseIndex(content instanceof SourceError ? undefined : content);
  const listed = new Map((folders.get(scope) ?? []).map((file) => [file.name, file]));
  return (index.kind === 'valid' ? index.entries : []).flatMap((entry) => {
    const file = listed.get(entry.key);
    return file?.kind === 'file' && isValueName(entry.key) && entry.fingerprint !== undefined
      ? [
          {
            scope,
            key: entry.key,
            path: `${scope}/${entry.key}`,
            fingerprint: entry.fingerprint,
            sizeBytes: file.sizeBytes,
            file,
            entry,
          },
        ]
      : [];
  });
}

function changesOf(
  seen: readonly SeenEntry[],
  latest: ReadonlyMap<string, ContentVersion>,
): { readonly sightings: Sighting[]; readonly changed: string[] } {
  const sightings: Sighting[] = [];
  const changed: string[] = [];
  for (const { scope, key, path, fingerprint, sizeBytes, entry } of seen) {
    const text = printPython(entry.record, {});
    const known = latest.get(path)?.content;
    if (fingerprint === unknownFingerprint) {
      continue; // It may still be the content that was seen before.
    }
    if (known?.fingerprint !== fingerprint) {
      changed.push(path);
    }
    if (known?.fingerprint !== fingerprint || known.entry !== text) {
      sightings.push({ scope, key, author: 'sandbox', content: { fingerprint, sizeBytes, entry: text } });
    }
  }
  return { sightings, changed };
}

/** Scopes of which this look tells nothing: what is known of them stays. */
function unreadScopes(scan: ScanResult): ReadonlySet<string> {
  return new Set(
    scopeNames.filter((scope) => {
      const content = scan.files.get(`${scope}/${indexName}`);
      const listing = scan.folders.get(scope);
      const isGone = content instanceof SourceError && content.code === 'not-found';
      const index = parseIndex(content instanceof SourceError ? undefined : content);
      return (!isGone && index.kind !== 'valid') || (listing instanceof SourceError && listing.code !== 'not-found');
    }),
  );
}

/** Keys with a history that are gone; not where the scope could not be read, which tells nothing. */
function vanishedKeys(
  seen: readonly SeenEntry[],
  latest: ReadonlyMap<string, ContentVersion>,
  unread: ReadonlySet<string>,
): { readonly scope: string; readonly key: string }[] {
  const present = new Set(seen.map(({ path }) => path));
  return [...latest.values()].filter(
    ({ scope, key, content }) => content !== undefined && !unread.has(scope) && !present.has(`${scope}/${key}`),
  );
}

function tombstone({ scope, key }: { readonly scope: string; readonly key: string }): Sighting {
  return { scope, key, author: 'sandbox' };
}

/** Values whose bytes are in the history already: by fingerprint, or because their file has not been touched since. */
function knownValues(
  seen: readonly SeenEntry[],
  latest: ReadonlyMap<string, ContentVersion>,
  before: MirrorState | undefined,
): Map<string, string> {
  const known = new Map<string, string>();
  const facts = (file: TreeEntry): string => `${file.name}/${file.sizeBytes}/${file.modifiedMs}`;
  const earlier = new Map(
    [...(before?.folders ?? [])].map(([folder, listing]) => [folder, new Set(listing.map(facts))]),
  );
  for (const { scope, path, fingerprint, file } of seen) {
    const content = latest.get(path)?.content;
    const untouched = file.modifiedMs > 0 && earlier.get(scope)?.has(facts(file)) === true;
    const sha256 = content?.fingerprint === fingerprint ? content.sha256 : undefined;
    const kept = sha256 ?? (untouched ? before?.files.get(path) : undefined);
    if (kept !== undefined) {
      known.set(path, kept);
    }
  }
  return known;
}

async function fetchValues(
  tree: FileTree,
  history: ContentHistory,
  seen: readonly SeenEntry[],
  state: MirrorState,
  options: RefreshOptions,
): Promise<{ readonly files: ReadonlyMap<string, string>; readonly bytes: number }> {
  let budget = options.budgetBytes ?? defaultBudgetBytes;
  const wanted: SeenEntry[] = [];
  for (const one of [...seen].sort((a, b) => a.sizeBytes - b.sizeBytes || (a.path < b.path ? -1 : 1))) {
    if (!state.files.has(one.path) && one.sizeBytes <= budget) {
      budget -= one.sizeBytes;
      wanted.push(one);
    }
  }
  const files = new Map<string, string>();
  let bytes = 0;
  await readInBatches(
    tree,
    wanted,
    async (path, content) => {
      if (content instanceof Uint8Array) {
        files.set(path, await history.keep(content));
        bytes += content.byteLength;
      }
    },
    options,
  );
  await history.record(
    tree.id,
    wanted.flatMap(({ scope, key, path, fingerprint, sizeBytes, entry }): Sighting[] => {
      const sha256 = files.get(path);
      const text = printPython(entry.record, {});
      // A value that does not match its entry is being written, or corrupt: neither is a version.
      return sha256 === undefined || fingerprintOfSha256(sha256) !== fingerprint
        ? []
        : [{ scope, key, author: 'sandbox', content: { fingerprint, sizeBytes, sha256, entry: text } }];
    }),
  );
  return { files, bytes };
}
