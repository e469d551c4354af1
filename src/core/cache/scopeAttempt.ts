import { SourceError, throwIfCancelled } from '../errors';
import type { FileTree } from '../fileTree';
import { mapLimited } from '../instructions/concurrency';
import type { Clock, WorkOptions } from '../ports';
import { sha256Hex } from './fingerprint';
import type { ContentHistory, FileChange, OperationRecorder } from './history';
import { placeEntries } from './indexOrder';
import type { ScopeName } from './model';
import { readInBatches } from './readValues';
import { foldedNames, indexPath, readScopeState, valuePath } from './scopeState';
import type { ScopeState } from './scopeState';
import { settle } from './settle';
import { checkQuota, endsTheOperation, indexedBytes, sameEntry } from './workItem';
import type { WorkItem } from './workItem';

const keptAtOnce = 16;

/** What a writer works on and with. */
export interface WriteTarget {
  readonly tree: FileTree;
  readonly history: ContentHistory;
  readonly clock: Clock;
  /** Waits between attempts; milliseconds. */
  readonly delay: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
  /** 0 ≤ x < 1, so that two writers do not meet again and again. */
  readonly random: () => number;
}

/** One scope's part of an operation. */
export interface ScopeWork {
  readonly target: WriteTarget;
  readonly recorder: OperationRecorder;
  readonly scope: ScopeName;
  readonly options: WorkOptions;
}

/**
 * One attempt to apply changes to a scope; throws `conflict` when another writer came in between. Items that are still
 * without a result afterwards are to be tried again.
 */
export async function attemptOnce(work: ScopeWork, items: readonly WorkItem[]): Promise<void> {
  const { target, scope, options } = work;
  const { tree } = target;
  throwIfCancelled(options.signal);
  await checkWrittenValues(tree, scope, items, options);
  let state = await readScopeState(tree, scope, options);
  if (items.some((item) => item.result === undefined && touchesValue(item) && !item.prepared)) {
    await prepareValues(target, state, items, options);
    // That took a while: the less time lies between reading an index and writing it, the fewer writers meet.
    state = await readScopeState(tree, scope, options);
  }
  let edited = editAll(target, state, items);
  const writing = edited.filter((item) => item.writesValue && !item.valueWritten);
  const atomic = tree.capabilities.compareAndSwap === 'atomic';
  if (writing.length > 0 && !atomic) {
    await writeDown(work, writing, valueChanges(scope, writing));
    throwIfCancelled(options.signal);
    await commitValues(tree, scope, writing);
    state = await readScopeState(tree, scope, options);
    edited = editAll(target, state, edited);
  }
  const changesIndex = edited.some((item) => !sameEntry(item.entryFound, item.entryAfter));
  const index = changesIndex ? placeEntries(state.document, placesOf(state, edited)).print() : undefined;
  const removing = edited.filter((item) => item.removesValue && item.before?.sha256 !== undefined);
  await writeDown(work, edited, [
    ...(await indexChange(target, state, index)),
    ...valueChanges(scope, atomic ? [...writing, ...removing] : removing),
  ]);
  throwIfCancelled(options.signal);
  await commitRest(tree, state, edited, { index, writing: atomic ? writing : [], removing });
  await settle(tree, scope, edited, options);
}

/** A value that we wrote in an earlier attempt may have been replaced since: then the key is the other writer's. */
async function checkWrittenValues(
  tree: FileTree,
  scope: ScopeName,
  items: readonly WorkItem[],
  options: WorkOptions,
): Promise<void> {
  const written = new Map(
    items.filter((item) => item.valueWritten).map((item) => [valuePath(scope, item.change.key), item]),
  );
  const files = [...written].map(([path, item]) => ({ path, sizeBytes: item.value?.bytes.byteLength ?? 0 }));
  await readInBatches(
    tree,
    files,
    (path, content) => {
      const item = written.get(path)!;
      if (content === undefined) {
        item.valueWritten = false;
        item.before = undefined;
      } else if (content instanceof SourceError) {
        item.fail(content);
      } else if (sha256Hex(content) !== item.value?.sha256) {
        item.fail('Another writer replaced it while it was being written.');
      }
    },
    options,
  );
}

/** Edits the state's document for every item that may be applied; the others get their result. */
function editAll(target: WriteTarget, state: ScopeState, items: readonly WorkItem[]): WorkItem[] {
  const folded = foldedNames(state);
  const nowMs = target.clock.now();
  let usedBytes = indexedBytes(state);
  const edited: WorkItem[] = [];
  for (const item of items) {
    if (item.result !== undefined) {
      continue;
    }
    try {
      const newBytes = item.value?.bytes.byteLength ?? 0;
      checkQuota(item.change, usedBytes, newBytes);
      item.edit(state, folded, nowMs);
      usedBytes += newBytes;
      edited.push(item);
    } catch (error) {
      item.fail(error);
    }
  }
  return edited;
}

async function loadOrFail(item: WorkItem, history: ContentHistory): Promise<void> {
  try {
    if (item.result === undefined && item.value === undefined) {
      const bytes = await item.load();
      if (bytes !== undefined) {
        await history.keep(bytes, { durable: true });
      }
    }
  } catch (error) {
    if (endsTheOperation(error)) {
      throw error;
    }
    item.fail(error);
  }
}

/** Reads new values, and keeps them and those that they replace: nothing goes that could not be brought back. */
async function prepareValues(
  target: WriteTarget,
  state: ScopeState,
  items: readonly WorkItem[],
  options: WorkOptions,
): Promise<void> {
  await mapLimited(items, keptAtOnce, async (item) => loadOrFail(item, target.history));
  const touched = new Map(
    items
      .filter((item) => item.result === undefined && touchesValue(item) && !item.valueWritten)
      .map((item) => [valuePath(state.scope, item.change.key), item]),
  );
  const files = [...touched].map(([path, item]) => ({
    path,
    sizeBytes: state.files.get(item.change.key)?.sizeBytes ?? 0,
  }));
  await readInBatches(
    target.tree,
    files,
    async (path, content) => keepValueBefore(target.history, touched.get(path)!, content),
    options,
  );
}

function touchesValue({ change }: WorkItem): boolean {
  return change.value !== undefined || change.keepsValue === true;
}

async function keepValueBefore(
  history: ContentHistory,
  item: WorkItem,
  content: Uint8Array | SourceError | undefined,
): Promise<void> {
  if (content instanceof SourceError) {
    if (!item.writesValue && item.change.entry !== undefined) {
      item.before = { sha256: undefined, sizeBytes: 0 };
      item.note = `Its file was left alone: ${content.message}`;
    } else {
      item.fail(content);
    }
    return;
  }
  const sha256 = content === undefined ? undefined : await history.keep(content, { durable: true });
  if (item.entryRemoved && item.before !== undefined && sha256 !== item.before.sha256) {
    item.done('Its entry was removed; another writer is writing its file again.');
    return;
  }
  item.before = { sha256, sizeBytes: content?.byteLength ?? 0 };
  item.prepared = true;
}

function placesOf(state: ScopeState, items: readonly WorkItem[]): ReadonlyMap<string, string | null> {
  const places = new Map<string, string | null>();
  for (const { change } of items) {
    if (change.place !== undefined && !state.entries.has(change.key)) {
      places.set(change.key, change.place.after);
    }
  }
  return places;
}

/** The step is written down before the sandbox is changed, so that it can be undone whatever happens in between. */
async function writeDown(work: ScopeWork, items: readonly WorkItem[], files: readonly FileChange[]): Promise<void> {
  if (files.length > 0) {
    await work.recorder.addStep({ scope: work.scope, keys: items.map((item) => item.change.key), files });
  }
}

function valueChanges(scope: ScopeName, items: readonly WorkItem[]): FileChange[] {
  return items.map((item) => ({
    path: valuePath(scope, item.change.key),
    before: item.before?.sha256,
    after: item.value?.sha256,
  }));
}

async function indexChange(
  { history }: WriteTarget,
  state: ScopeState,
  index: Uint8Array | undefined,
): Promise<FileChange[]> {
  if (index === undefined) {
    return [];
  }
  // Waiting for the disk here would let other writers in; a lost index only costs the undo of this operation.
  const before = state.indexBytes === undefined ? undefined : await history.keep(state.indexBytes);
  return [{ path: indexPath(state.scope), before, after: await history.keep(index) }];
}

function expectBefore(scope: ScopeName, item: WorkItem): { path: string; sha256: string | undefined } {
  return { path: valuePath(scope, item.change.key), sha256: item.before?.sha256 };
}

function valueWrites(scope: ScopeName, items: readonly WorkItem[]): { path: string; bytes: Uint8Array }[] {
  return items.map((item) => ({ path: valuePath(scope, item.change.key), bytes: item.value!.bytes }));
}

/** Values come first: an entry never names a value that is not there. */
async function commitValues(tree: FileTree, scope: ScopeName, items: readonly WorkItem[]): Promise<void> {
  for (const item of items) {
    item.started = true;
    item.valueAttempted = true;
  }
  await tree.commit({
    expect: items.map((item) => expectBefore(scope, item)),
    writes: valueWrites(scope, items),
  });
  markWritten(items);
}

interface Rest {
  readonly index: Uint8Array | undefined;
  /** Values that are yet to be written: where the tree checks and writes in one go. */
  readonly writing: readonly WorkItem[];
  readonly removing: readonly WorkItem[];
}

/** The index, and then the values of entries that went; one commit where the tree checks and writes in one go. */
async function commitRest(
  tree: FileTree,
  state: ScopeState,
  items: readonly WorkItem[],
  { index, writing, removing }: Rest,
): Promise<void> {
  const { scope } = state;
  const path = indexPath(scope);
  for (const item of items) {
    item.started = true;
    item.valueAttempted ||= writing.includes(item);
  }
  const expectIndex = { path, sha256: state.indexSha256 };
  const indexWrites = index === undefined ? [] : [{ path, bytes: index }];
  const removes = removing.map((item) => valuePath(scope, item.change.key));
  if (tree.capabilities.compareAndSwap === 'atomic') {
    await tree.commit({
      expect: [expectIndex, ...[...writing, ...removing].map((item) => expectBefore(scope, item))],
      writes: [...valueWrites(scope, writing), ...indexWrites],
      removes,
    });
    markWritten(writing);
    markRemoved(items);
    return;
  }
  if (index !== undefined) {
    await tree.commit({ expect: [expectIndex], writes: indexWrites });
  }
  markRemoved(items);
  if (removing.length > 0) {
    const indexNow = { path, sha256: index === undefined ? state.indexSha256 : sha256Hex(index) };
    await tree.commit({ expect: [indexNow, ...removing.map((item) => expectBefore(scope, item))], removes });
  }
}

function markWritten(items: readonly WorkItem[]): void {
  for (const item of items) {
    item.valueWritten = true;
  }
}

function markRemoved(items: readonly WorkItem[]): void {
  for (const item of items) {
    item.entryRemoved ||= item.removesValue && item.entryAfter === undefined;
  }
}
