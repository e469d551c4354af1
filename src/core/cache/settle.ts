import type { FileTree } from '../fileTree';
import type { WorkOptions } from '../ports';
import { fingerprintOfSha256, sha256Hex } from './fingerprint';
import type { ScopeName } from './model';
import { isPythonObject } from './pythonJson';
import { readInBatches } from './readValues';
import { readScopeState, valuePath } from './scopeState';
import type { ScopeState } from './scopeState';
import { sameEntry } from './workItem';
import type { WorkItem } from './workItem';

/**
 * Reads back what was written. Each item is found done, or replaced by another writer (both get their result), or
 * lost: then it has no result any more and is to be tried again.
 */
export async function settle(
  tree: FileTree,
  scope: ScopeName,
  items: readonly WorkItem[],
  options: WorkOptions,
): Promise<void> {
  // What is on disk counts, also when the person has cancelled by now. The index comes last: it is what others rewrite.
  const values = await readBack(tree, scope, items, options);
  const state = await readScopeState(tree, scope, {});
  for (const item of items) {
    item.result = undefined;
    if (item.change.entry === undefined) {
      settleValueAlone(item, state, values);
    } else if (item.entryAfter === undefined) {
      settleRemoval(item, state);
    } else {
      settleEntry(item, state, values);
    }
  }
}

async function readBack(
  tree: FileTree,
  scope: ScopeName,
  items: readonly WorkItem[],
  options: WorkOptions,
): Promise<ReadonlyMap<string, string | undefined>> {
  const hashes = new Map<string, string | undefined>();
  const files = items
    .filter((item) => item.writesValue)
    .map((item) => ({ path: valuePath(scope, item.change.key), sizeBytes: item.value?.bytes.byteLength ?? 0 }));
  await readInBatches(
    tree,
    files,
    (path, content) => void hashes.set(path, content instanceof Uint8Array ? sha256Hex(content) : undefined),
    { ...options, signal: undefined },
  );
  return hashes;
}

function settleEntry(item: WorkItem, state: ScopeState, values: ReadonlyMap<string, string | undefined>): void {
  const found = state.document.get(item.change.key);
  const value = values.get(valuePath(state.scope, item.change.key));
  const valueIsOurs = !item.writesValue || value === item.value?.sha256;
  if (sameEntry(found, item.entryAfter) && valueIsOurs) {
    item.done();
  } else if (value === undefined && item.writesValue) {
    // Removed together with an entry that the other writer deleted: put both again.
    item.valueWritten = false;
    item.before = undefined;
  } else if (!valueIsOurs) {
    item.fail('Another writer replaced it right after it was written.');
  } else if (found !== undefined && !sameEntry(found, item.entryBefore) && !sameEntry(found, item.entryAfter)) {
    item.fail('Another writer changed its index entry right after it was written.');
  }
}

function settleRemoval(item: WorkItem, state: ScopeState): void {
  const { key } = item.change;
  const found = state.document.get(key);
  if (found === undefined) {
    if (item.before?.sha256 === undefined || !state.files.has(key)) {
      item.done(item.note);
    }
    // Otherwise the entry is gone and the file is still to be removed.
  } else if (sameEntry(found, item.entryBefore)) {
    // A rewrite from an index that was read before brought the entry back.
    item.entryRemoved = false;
  } else {
    // The value that was removed was already that of the other's put, which had yet to write its entry.
    const named = isPythonObject(found) ? found.get('fingerprint') : undefined;
    const { sha256 } = item.before ?? {};
    item.owesValue = sha256 !== undefined && named === fingerprintOfSha256(sha256) && !state.files.has(key);
    item.done('It was removed, and written again by another writer since.');
  }
}

function settleValueAlone(item: WorkItem, state: ScopeState, values: ReadonlyMap<string, string | undefined>): void {
  const { key } = item.change;
  const path = valuePath(state.scope, key);
  const removed = item.before?.sha256 === undefined || !state.files.has(key);
  if (item.removesValue ? removed : values.get(path) === item.value?.sha256) {
    item.done(item.note);
  }
}
