import { SourceError, UserError } from '../errors';
import type { FileTree, TreeEntry } from '../fileTree';
import type { WorkOptions } from '../ports';
import type { IndexDocument } from './indexDocument';
import type { IndexEntry } from './indexFile';
import { editIndex, parseIndex } from './indexFile';
import { foldKey, indexName } from './keys';
import type { ScopeName } from './model';

/** A scope right now, as a writer needs it. */
export interface ScopeState {
  readonly scope: ScopeName;
  /** The index file's bytes and hash; both undefined when there is none. */
  readonly indexBytes: Uint8Array | undefined;
  readonly indexSha256: string | undefined;
  /** A copy of the index to edit. */
  readonly document: IndexDocument;
  readonly entries: ReadonlyMap<string, IndexEntry>;
  readonly files: ReadonlyMap<string, TreeEntry>;
}

export function indexPath(scope: ScopeName): string {
  return `${scope}/${indexName}`;
}

export function valuePath(scope: ScopeName, key: string): string {
  return `${scope}/${key}`;
}

/** An index that can't be read is never written over; it may also be one that is being written right now. */
export class UnreadableIndexError extends UserError {}

/** Reads a scope for writing; throws when it is no folder, can't be read, or has an index that can't be read. */
export async function readScopeState(tree: FileTree, scope: ScopeName, options: WorkOptions): Promise<ScopeState> {
  const path = indexPath(scope);
  const scan = await tree.scan({ folders: [scope], files: [path] }, { signal: options.signal });
  const listing = present(scan.folders.get(scope)) ?? [];
  const indexBytes = present(scan.files.get(path));
  const index = parseIndex(indexBytes);
  if (index.kind === 'unreadable' || index.kind === 'invalid') {
    throw new UnreadableIndexError(
      `The index of '${scope}' in ${tree.label} can't be read: ${index.reason}.`,
      'Repair the index first: nothing is written over an index that can not be read.',
    );
  }
  return {
    scope,
    indexBytes,
    indexSha256: index.kind === 'valid' ? index.sha256 : undefined,
    document: editIndex(index),
    entries: new Map(index.kind === 'valid' ? index.entries.map((entry) => [entry.key, entry]) : []),
    files: new Map(listing.map((entry) => [entry.name, entry])),
  };
}

/** What a scan found; undefined when it does not exist; any other error is thrown. */
export function present<Found>(found: Found | SourceError | undefined): Found | undefined {
  if (found instanceof SourceError) {
    if (found.code === 'not-found') {
      return undefined;
    }
    throw found;
  }
  return found;
}

/**
 * Another name of the scope that is the same file where the file system ignores case or Unicode normalisation;
 * undefined when writing the key's file touches no other.
 */
export function collidingName(
  state: ScopeState,
  key: string,
  folded: ReadonlyMap<string, readonly string[]>,
): string | undefined {
  const others = (folded.get(foldKey(key)) ?? []).filter((name) => name !== key);
  // Both files exist beside each other: this file system tells them apart.
  return state.files.has(key) ? undefined : others[0];
}

/** The names of a scope's files and entries by their folded form. */
export function foldedNames(state: ScopeState): ReadonlyMap<string, readonly string[]> {
  const folded = new Map<string, string[]>();
  for (const name of new Set([...state.files.keys(), ...state.entries.keys()])) {
    const form = foldKey(name);
    folded.set(form, [...(folded.get(form) ?? []), name]);
  }
  return folded;
}
