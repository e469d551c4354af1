import { SourceError, throwIfCancelled } from '../errors';
import type { FileTree, TreeChange } from '../fileTree';
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
  const { target, recorder, scope, options } = work;
  const { tree } = target;
  throwIfCancelled(options.signal);
  const state = await readScopeState(tree, scope, options);
  await checkWrittenValues(tree, scope, items, options);
  await keepValuesBefore(target, state, items, options);
  const edited = await editAll(target, state, items);
  const document = placeEntries(state.document, placesOf(state, edited));
  const changesIndex = edited.some((item) => !sameEntry(item.entryFound, item.entryAfter));
  const indexBytes = changesIndex ? document.print() : undefined;
  await writeDown(target, recorder, state, edited, indexBytes);
  throwIfCancelled(options.signal);
  await commitAll(tree, state, edited, indexBytes);
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
async function editAll(target: WriteTarget, state: ScopeState, items: readonly WorkItem[]): Promise<WorkItem[]> {
  const folded = foldedNames(state);
  const nowMs = target.clock.now();
  let usedBytes = indexedBytes(state);
  const edited: WorkItem[] = [];
  await mapLimited(items, keptAtOnce, loadOrFail);
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

async function loadOrFail(item: WorkItem): Promise<void> {
  try {
    if (item.result === undefined) {
      await item.load();
    }
  } catch (error) {
    if (endsTheOperation(error)) {
      throw error;
    }
    item.fail(error);
  }
}

/** Keeps the bytes that are about to be replaced or removed: nothing goes that could not be brought back. */
async function keepValuesBefore(
  target: WriteTarget,
  state: ScopeState,
  items: readonly WorkItem[],
  options: WorkOptions,
): Promise<void> {
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

/** The step stands on disk before the sandbox is changed, so that it can be undone whatever happens in between. */
async function writeDown(
  target: WriteTarget,
  recorder: OperationRecorder,
  state: ScopeState,
  items: readonly WorkItem[],
  indexBytes: Uint8Array | undefined,
): Promise<void> {
  const files: FileChange[] = [];
  const keep = async (bytes: Uint8Array | undefined): Promise<string | undefined> =>
    bytes === undefined ? undefined : target.history.keep(bytes, { durable: true });
  if (indexBytes !== undefined) {
    files.push({
      path: indexPath(state.scope),
      before: await keep(state.indexBytes),
      after: await keep(indexBytes),
    });
  }
  const valued = items.filter((item) => item.change.value !== undefined);
  files.push(
    ...(await mapLimited(valued, keptAtOnce, async (item) => ({
      path: valuePath(state.scope, item.change.key),
      before: item.before?.sha256,
      after: await keep(item.value?.bytes),
    }))),
  );
  if (files.length > 0) {
    await recorder.addStep({ scope: state.scope, keys: items.map((item) => item.change.key), files });
  }
}

/**
 * Values first, then the index, then what is removed, each with what must still be true right before it. Where the
 * tree can check and write in one go, they are one commit.
 */
async function commitAll(
  tree: FileTree,
  state: ScopeState,
  items: readonly WorkItem[],
  indexBytes: Uint8Array | undefined,
): Promise<void> {
  const { scope } = state;
  const writing = items.filter((item) => item.writesValue && !item.valueWritten);
  const removing = items.filter((item) => item.removesValue && item.before?.sha256 !== undefined);
  const expectBefore = (item: WorkItem): { path: string; sha256: string | undefined } => ({
    path: valuePath(scope, item.change.key),
    sha256: item.before?.sha256,
  });
  const values: TreeChange = {
    expect: writing.map(expectBefore),
    writes: writing.map((item) => ({ path: valuePath(scope, item.change.key), bytes: item.value!.bytes })),
  };
  const index: TreeChange =
    indexBytes === undefined
      ? {}
      : {
          expect: [{ path: indexPath(scope), sha256: state.indexSha256 }],
          writes: [{ path: indexPath(scope), bytes: indexBytes }],
        };
  const indexAfter = indexBytes === undefined ? state.indexSha256 : sha256Hex(indexBytes);
  const removals: TreeChange = {
    expect: [{ path: indexPath(scope), sha256: indexAfter }, ...removing.map(expectBefore)],
    removes: removing.map((item) => valuePath(scope, item.change.key)),
  };
  for (const item of writing) {
    item.valueAttempted = true;
  }
  for (const item of items) {
    item.started = true;
  }
  if (tree.capabilities.compareAndSwap === 'atomic') {
    await tree.commit({
      expect: [...values.expect!, { path: indexPath(scope), sha256: state.indexSha256 }, ...removing.map(expectBefore)],
      writes: [...values.writes!, ...(index.writes ?? [])],
      removes: removals.removes!,
    });
    markWritten(writing);
    markRemoved(items);
    return;
  }
  if (writing.length > 0) {
    await tree.commit(values);
    markWritten(writing);
  }
  if (indexBytes !== undefined) {
    await tree.commit(index);
  }
  markRemoved(items);
  if (removing.length > 0) {
    await tree.commit(removals);
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
