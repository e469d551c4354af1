import { UserError } from '../../errors';
import type { FileTree } from '../../fileTree';
import { markOf } from '../changes';
import type { CacheChange, IndexReplacement } from '../changes';
import { exactEntry, removeEntry } from '../entryEdits';
import { sha256Hex } from '../fingerprint';
import type { ContentHistory, FileChange, OperationStep } from '../history';
import { IndexDocument } from '../indexDocument';
import { decodeEntry, parseIndex } from '../indexFile';
import { indexName } from '../keys';
import type { ScopeName } from '../model';
import type { EffectAction } from '../plan';
import { isPythonObject } from '../pythonJson';
import type { PythonObject, PythonValue } from '../pythonJson';
import { readInBatches } from '../readValues';
import { indexPath, present, valuePath } from '../scopeState';
import { sameEntry } from '../workItem';
import type { PlanBuilder } from './planBuilder';

/** One key as it was before the operation, as the operation left it, and as it is. */
interface KeyStates {
  readonly key: string;
  readonly before: KeyState;
  readonly after: KeyState;
  readonly now: KeyState;
  /** The key that the entry stood after; null = it was first; undefined = it had no entry. */
  readonly stoodAfter: string | null | undefined;
  readonly touchedValue: boolean;
}

interface KeyState {
  readonly entry: PythonValue | undefined;
  /** SHA-256 of the value; undefined = there is none. */
  readonly value: string | undefined;
}

/** Adds what takes an operation's steps in one scope back. */
export async function addScopeUndo(
  builder: PlanBuilder,
  tree: FileTree,
  scope: ScopeName,
  steps: readonly OperationStep[],
  history: ContentHistory,
): Promise<void> {
  const path = indexPath(scope);
  const scan = await tree.scan({ files: [path] });
  const indexBytes = present(scan.files.get(path));
  const indexSha256 = indexBytes === undefined ? undefined : sha256Hex(indexBytes);
  const keys = [...new Set(steps.flatMap((step) => step.keys))];
  const values = valueChanges(steps, path);
  const valuesNow = await hashesNow(tree, [...values.keys()]);
  const earlier = earlierIndex(steps, path, indexSha256);
  const untouched = [...values].every(([file, change]) => valuesNow.get(file) === change.after);
  if (earlier !== undefined && untouched) {
    const index = earlier.sha256 === undefined ? undefined : await keptContent(history, earlier.sha256, path);
    if (keys.length === 0 || !isPrintedAgain(index)) {
      builder.replace({
        scope,
        author: 'restored',
        expectedSha256: indexSha256,
        index,
        values: [...values].map(([file, change]) => replacedValue(file, change, history)),
      });
    }
  }
  if (keys.length === 0) {
    const possible = earlier !== undefined && untouched;
    builder.add({
      scope,
      key: '',
      action: possible ? 'rebuild-index' : 'conflict',
      reason: possible ? 'the index as it was before' : 'the index was changed since and can not go back as a whole',
      selected: possible,
    });
    return;
  }
  const indexNow = parseIndex(indexBytes);
  const entriesNow: PythonObject = indexNow.kind === 'valid' ? indexNow.root : new Map();
  const indexes = new KeptIndexes(history);
  for (const key of keys) {
    const own = steps.filter((step) => step.keys.includes(key));
    const states = await statesOf(scope, key, own, indexes, {
      entry: entriesNow.get(key),
      value: valuesNow.get(valuePath(scope, key)),
    });
    addKeyUndo(builder, scope, states, history);
  }
}

/** Whether editing entries one by one leads to these very bytes: not so when there was no index, or another's layout. */
function isPrintedAgain(index: Uint8Array | undefined): boolean {
  const parsed = parseIndex(index);
  return parsed.kind === 'valid' && Buffer.compare(new IndexDocument(parsed.root).print(), index!) === 0;
}

function addKeyUndo(builder: PlanBuilder, scope: ScopeName, states: KeyStates, history: ContentHistory): void {
  const { key, before, after, now, touchedValue } = states;
  const isBack = sameState(now, before, touchedValue);
  const asLeft = isBetween(now, before, after, touchedValue);
  const action: EffectAction = isBack ? 'unchanged' : asLeft ? actionOf(states) : 'conflict';
  const readKept = (sha256: string | undefined) => async (): Promise<Uint8Array | undefined> =>
    sha256 === undefined ? undefined : history.content(sha256);
  builder.add(
    {
      scope,
      key,
      action,
      reason: isBack ? 'is as it was before' : asLeft ? 'as it was before' : 'changed since',
      selected: asLeft && !isBack,
      ...(touchedValue ? { before: readKept(now.value), after: readKept(before.value) } : {}),
    },
    isBack ? undefined : changeOf(scope, states, history),
  );
}

function changeOf(scope: ScopeName, states: KeyStates, history: ContentHistory): Omit<CacheChange, 'scope' | 'key'> {
  const { key, before, now, stoodAfter, touchedValue } = states;
  const { value } = before;
  return {
    author: 'restored',
    expected: markOfValue(key, now.entry),
    ...(sameEntry(now.entry, before.entry)
      ? {}
      : { entry: isPythonObject(before.entry) ? exactEntry(before.entry) : removeEntry }),
    ...(touchedValue && now.value !== value
      ? { value: value === undefined ? 'remove' : async () => keptContent(history, value, valuePath(scope, key)) }
      : {}),
    ...(stoodAfter === undefined ? {} : { place: { after: stoodAfter } }),
  };
}

function actionOf({ before, after, touchedValue }: KeyStates): EffectAction {
  if (!touchedValue) {
    return 'change-entry';
  }
  if (before.value === undefined) {
    return 'delete';
  }
  return after.value === undefined ? 'create' : 'update';
}

/** As the operation left it, also when it was broken off between value and entry. */
function isBetween(now: KeyState, before: KeyState, after: KeyState, withValue: boolean): boolean {
  return (
    (sameEntry(now.entry, before.entry) || sameEntry(now.entry, after.entry)) &&
    (!withValue || now.value === before.value || now.value === after.value)
  );
}

function sameState(a: KeyState, b: KeyState, withValue: boolean): boolean {
  return sameEntry(a.entry, b.entry) && (!withValue || a.value === b.value);
}

function markOfValue(key: string, entry: PythonValue | undefined): string {
  return markOf(entry === undefined ? undefined : decodeEntry(key, entry));
}

/** The indexes of an operation's steps, each read once. */
class KeptIndexes {
  readonly #history: ContentHistory;
  readonly #known = new Map<string, KeptIndex>();

  constructor(history: ContentHistory) {
    this.#history = history;
  }

  async get(sha256: string | undefined): Promise<KeptIndex> {
    if (sha256 === undefined) {
      return noIndex;
    }
    let index = this.#known.get(sha256);
    if (index === undefined) {
      const parsed = parseIndex(await keptContent(this.#history, sha256, indexName));
      const root: PythonObject = parsed.kind === 'valid' ? parsed.root : new Map();
      const keys = [...root.keys()];
      index = { root, previous: new Map(keys.map((key, position) => [key, keys[position - 1] ?? null])) };
      this.#known.set(sha256, index);
    }
    return index;
  }
}

interface KeptIndex {
  readonly root: PythonObject;
  /** The key that stands before each; null = it is the first. */
  readonly previous: ReadonlyMap<string, string | null>;
}

const noIndex: KeptIndex = { root: new Map(), previous: new Map() };

async function statesOf(
  scope: ScopeName,
  key: string,
  steps: readonly OperationStep[],
  indexes: KeptIndexes,
  now: KeyState,
): Promise<KeyStates> {
  const values = changesOf(steps, valuePath(scope, key));
  const indexChanges = changesOf(steps, indexPath(scope));
  const [first] = indexChanges;
  const before = await indexes.get(first?.before);
  const after = await indexes.get(indexChanges.at(-1)?.after);
  return {
    key,
    before: {
      entry: first === undefined ? now.entry : before.root.get(key),
      value: values[0]?.before,
    },
    after: { entry: first === undefined ? now.entry : after.root.get(key), value: values.at(-1)?.after },
    now,
    stoodAfter: before.previous.get(key),
    touchedValue: values.length > 0,
  };
}

function changesOf(steps: readonly OperationStep[], path: string): FileChange[] {
  return steps.flatMap((step) => step.files.filter((change) => change.path === path));
}

/** Every value that the steps touched: what stood there before the first and after the last of them. */
function valueChanges(steps: readonly OperationStep[], path: string): ReadonlyMap<string, FileChange> {
  const values = new Map<string, FileChange>();
  for (const change of steps.flatMap((step) => step.files)) {
    if (change.path !== path) {
      values.set(change.path, { ...change, before: (values.get(change.path) ?? change).before });
    }
  }
  return values;
}

/**
 * The index to go back to, when nobody else wrote it since: the steps lead from it to the present one without a gap.
 * Attempts that another writer overtook are no part of that way; each was followed by another attempt at its keys.
 */
function earlierIndex(
  steps: readonly OperationStep[],
  path: string,
  sha256: string | undefined,
): { readonly sha256: string | undefined } | undefined {
  let current = sha256;
  const covered = new Set<string>();
  for (const step of [...steps].reverse()) {
    const change = step.files.find((candidate) => candidate.path === path);
    if (change !== undefined && change.after === current) {
      current = change.before;
      step.keys.forEach((key) => covered.add(key));
    } else if (change === undefined) {
      step.keys.forEach((key) => covered.add(key));
    }
  }
  return current !== sha256 && steps.every((step) => step.keys.every((key) => covered.has(key)))
    ? { sha256: current }
    : undefined;
}

async function hashesNow(tree: FileTree, paths: readonly string[]): Promise<ReadonlyMap<string, string | undefined>> {
  const hashes = new Map<string, string | undefined>();
  await readInBatches(
    tree,
    paths.map((path) => ({ path, sizeBytes: 0 })),
    (path, content) => void hashes.set(path, content instanceof Uint8Array ? sha256Hex(content) : undefined),
    {},
  );
  return hashes;
}

function replacedValue(path: string, change: FileChange, history: ContentHistory): IndexReplacement['values'][number] {
  const { before } = change;
  return {
    key: path.slice(path.indexOf('/') + 1),
    bytes: before === undefined ? 'remove' : async () => keptContent(history, before, path),
    expectedSha256: change.after,
  };
}

async function keptContent(history: ContentHistory, sha256: string, path: string): Promise<Uint8Array> {
  const bytes = await history.content(sha256);
  if (bytes === undefined) {
    throw new UserError(
      `The earlier content of '${path}' is not kept any more.`,
      'Raise the limit of the version store for operations of this size.',
    );
  }
  return bytes;
}
