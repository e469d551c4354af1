import { isSourceError, throwIfCancelled, UserError } from '../errors';
import type { SourceError } from '../errors';
import type { WorkOptions } from '../ports';
import { lifetimeStateOf } from './entryStates';
import type { EntryTree } from './entryTree';
import { fingerprintOfSha256 } from './fingerprint';
import type { FileChange, OperationRecorder } from './history';
import type { ScopeName } from './model';
import { isPythonObject, PythonNumber } from './pythonJson';
import type { PythonObject, PythonValue } from './pythonJson';
import type { WriteTarget } from './scopeAttempt';
import { foldedNames, indexPath, readScopeState, valuePath } from './scopeState';
import type { ScopeState } from './scopeState';
import { checkQuota, endsTheOperation, indexedBytes, sameEntry } from './workItem';
import type { WorkItem } from './workItem';

/** How often an entry is put that the far end says to have stored and does not list. */
const mostAttempts = 3;
/** What the far end sets by itself. */
const ownFields: ReadonlySet<string> = new Set(['path', 'created_at', 'expires_at', 'updated_at']);

/** One scope's part of an operation on a place that takes whole entries. */
export interface EntryWork {
  readonly tree: EntryTree;
  readonly target: WriteTarget;
  readonly recorder: OperationRecorder;
  readonly scope: ScopeName;
  readonly options: WorkOptions;
}

/**
 * Writes changes into one scope of a place that takes whole entries, one after the other. Each is compared with what
 * is there before it is sent, and looked for afterwards: an answer alone is not believed. Every item has its result
 * afterwards. Returns the failure that ended the work early, if one did.
 */
export async function writeEntries(work: EntryWork, items: readonly WorkItem[]): Promise<unknown> {
  let failure: unknown;
  let state: ScopeState | undefined;
  for (const item of items) {
    if (failure !== undefined) {
      giveUp(item, failure);
      continue;
    }
    try {
      throwIfCancelled(work.options.signal);
      state = await writeEntry(work, item, state ?? (await readScopeState(work.tree, work.scope, work.options)));
    } catch (error) {
      state = undefined;
      failure = endsTheOperation(error) && !isSourceError(error, 'unsupported') ? error : undefined;
      giveUp(item, error);
    }
  }
  return failure;
}

function giveUp(item: WorkItem, error: unknown): void {
  if (isSourceError(error, 'cancelled')) {
    item.skip('Cancelled before it was done.');
  } else {
    item.fail(error);
  }
}

/** Makes one change; returns the scope as it is afterwards. */
async function writeEntry(work: EntryWork, item: WorkItem, state: ScopeState): Promise<ScopeState> {
  const { target, recorder, scope, options } = work;
  const { key } = item.change;
  const value = await item.load();
  if (value !== undefined) {
    await target.history.keep(value, { durable: true });
  }
  await keepValueBefore(work, item, state);
  checkQuota(item.change, indexedBytes(state), value?.byteLength ?? 0);
  const found = state.document.get(key);
  const before = state.document.print();
  item.edit(state, foldedNames(state), target.clock.now());
  if (!item.writesValue && !item.removesValue) {
    throw new UserError(
      `${work.tree.label} stores and deletes whole entries; it can't change one in place.`,
      'Put the entry again with what should be different.',
    );
  }
  const planned = state.document.print();
  const files = [
    await indexChange(work, before, planned),
    { path: valuePath(scope, key), before: item.before?.sha256, after: item.value?.sha256 },
  ];
  await recorder.addStep({ scope, keys: [key], files });
  for (let attempt = 1; ; attempt += 1) {
    throwIfCancelled(options.signal);
    const after = await send(work, item, found);
    const entry = after.document.get(key);
    if (item.removesValue ? entry === undefined : isOurs(item, entry) && !sameEntry(entry, found)) {
      // Times are the far end's, so what the entry has become is only known now.
      await recorder.addStep({ scope, keys: [key], files: [await indexChange(work, planned, after.document.print())] });
      settle(item, entry);
      return after;
    }
    if (attempt === mostAttempts) {
      throw notDone(work, item);
    }
  }
}

/** Nothing goes that could not be brought back, but for what the far end hands to nobody any more. */
async function keepValueBefore(
  { tree, target, scope, options }: EntryWork,
  item: WorkItem,
  state: ScopeState,
): Promise<void> {
  const { key } = item.change;
  const path = valuePath(scope, key);
  item.before = { sha256: undefined, sizeBytes: 0 };
  if (!state.files.has(key)) {
    return;
  }
  const content = (await tree.scan({ files: [path] }, { signal: options.signal })).files.get(path);
  const entry = state.entries.get(key);
  if (content instanceof Uint8Array) {
    const sha256 = await target.history.keep(content, { durable: true });
    item.before = { sha256, sizeBytes: content.byteLength };
  } else if (entry !== undefined && lifetimeStateOf(entry, target.clock.now()) === 'expired') {
    item.note = 'Its expired value could not be kept.';
  } else if (content !== undefined && content.code !== 'not-found') {
    throw content;
  }
}

async function indexChange({ target, scope }: EntryWork, before: Uint8Array, after: Uint8Array): Promise<FileChange> {
  const { history } = target;
  return { path: indexPath(scope), before: await history.keep(before), after: await history.keep(after) };
}

/** Sends the change and looks at the scope again, also after a request whose answer was lost: it may have been done. */
async function send({ tree, scope, options }: EntryWork, item: WorkItem, found?: PythonValue): Promise<ScopeState> {
  let lost: SourceError | undefined;
  try {
    if (item.removesValue) {
      await tree.removeEntry(scope, originalKeyOf(found) ?? item.change.key, options);
    } else if (item.value !== undefined && item.entryAfter !== undefined) {
      await tree.putEntry(storedEntry(scope, item, item.value.bytes, item.entryAfter), options);
    }
  } catch (error) {
    if (!isSourceError(error, 'unavailable', 'timeout', 'cancelled')) {
      throw error;
    }
    lost = error;
  }
  try {
    const state = await readScopeState(tree, scope, {});
    const entry = state.document.get(item.change.key);
    if (lost !== undefined && sameEntry(entry, found)) {
      throw lost;
    }
    return state;
  } catch (error) {
    throw lost ?? error;
  }
}

function storedEntry(
  scope: ScopeName,
  item: WorkItem,
  bytes: Uint8Array,
  record: PythonObject,
): Parameters<EntryTree['putEntry']>[0] {
  const contentType = record.get('content_type');
  const ttlHours = record.get('ttl_hours');
  const metadata = record.get('metadata');
  return {
    scope,
    originalKey: originalKeyOf(record) ?? item.change.key,
    bytes,
    contentType: typeof contentType === 'string' ? contentType : 'text/plain',
    ttlHours: ttlHours instanceof PythonNumber ? ttlHours : PythonNumber.float(Number.NaN),
    metadata: isPythonObject(metadata) ? metadata : new Map(),
  };
}

function originalKeyOf(entry: PythonValue | undefined): string | undefined {
  const key = isPythonObject(entry) ? entry.get('original_key') : undefined;
  return typeof key === 'string' ? key : undefined;
}

function isOurs(item: WorkItem, entry: PythonValue | undefined): boolean {
  const ours = item.value === undefined ? undefined : fingerprintOfSha256(item.value.sha256);
  return isPythonObject(entry) && ours !== undefined && entry.get('fingerprint') === ours;
}

/** Tells what of the entry the far end has not taken over. */
function settle(item: WorkItem, entry: PythonValue | undefined): void {
  const notes = item.note === undefined ? [] : [item.note];
  if (isPythonObject(entry)) {
    const wanted = item.entryAfter ?? new Map<string, PythonValue>();
    const different = [...wanted].filter(([name, value]) => !ownFields.has(name) && !sameEntry(entry.get(name), value));
    if (different.length > 0) {
      notes.push(`The API has its own ${different.map(([name]) => name).join(', ')} for it.`);
    }
    if (wanted.get('expires_at') === null && entry.get('expires_at') !== null) {
      notes.push('It expires, since the API takes no entries that never do.');
    }
    item.entryAfter = entry;
  }
  item.done(notes.length === 0 ? undefined : notes.join(' '));
}

function notDone({ tree, scope }: EntryWork, item: WorkItem): UserError {
  const place = `${scope}/${item.change.key}`;
  return item.removesValue
    ? new UserError(`${tree.label} says that it deleted ${place}, and still lists it.`, 'Refresh and try again.')
    : new UserError(
        `${tree.label} says that it stored ${place}, and does not list it.`,
        'Its writer may be set to a time to live of 0, which stores values that no agent finds; ask who runs it.',
      );
}
