import type { ContentHistory, OperationRecorder, Sighting } from '../cache/history';
import { fingerprintOfSha256 } from '../cache/fingerprint';
import { describeError, isSourceError, SourceError } from '../errors';
import { mapLimited } from '../instructions/concurrency';
import type { Clock, WorkOptions } from '../ports';
import { parseChunkKey } from './entryKeys';
import { encodeRecord, looksTheSame } from './keptRecord';
import type { KeptRecord } from './keptRecord';
import type { KvApi } from './kvApi';
import type { KeyResult } from './batches';
import type { KvNamespace, ListedKey } from './namespace';
import type { KvReport, KvResult } from './report';
import { kvSourceId } from './target';

/** The two namespaces, as histories and operations name them. */
export type KvScope = 'entries' | 'versions';

/** One key that is to be written or deleted, if it still looks as expected. */
export interface KvChange {
  readonly scope: KvScope;
  readonly key: string;
  /** How the key looks before; undefined = there is none. Only its metadata is compared. */
  readonly expected: Pick<KeptRecord, 'metadata' | 'expiration'> | undefined;
  /** How it is to be; undefined = gone. */
  readonly wanted: KeptRecord | undefined;
}

export interface KvContext {
  readonly api: KvApi;
  readonly history: ContentHistory;
  readonly clock: Clock;
}

/** From so many keys on, listing a namespace takes fewer requests than asking for each. */
const askedOneByOne = 20;
const concurrentQuestions = 6;
/** An operation is written down in steps of so many keys. */
const keysPerStep = 500;

/**
 * Writes and deletes keys that still look as expected, in an operation that can be undone. Workers KV has no
 * compare-and-swap: who writes within the same moment wins or loses by chance.
 */
export async function applyChanges(
  title: string,
  changes: readonly KvChange[],
  context: KvContext,
  options: WorkOptions = {},
): Promise<KvReport> {
  const { api, history } = context;
  const sourceId = kvSourceId(api.target);
  const results = new Map<string, KvResult>();
  const fitting: (KvChange & { readonly present: ListedKey | undefined })[] = [];
  let operation: OperationRecorder | undefined;
  let cancelled = false;
  try {
    for (const scope of ['versions', 'entries'] as const) {
      const ofScope = changes.filter((change) => change.scope === scope);
      const present = await readPresent(namespaceOf(api, scope, ofScope.length), ofScope, options.signal);
      for (const change of ofScope) {
        const now = present.get(change.key);
        if (looksTheSame(now, change.expected)) {
          fitting.push({ ...change, present: now });
        } else {
          results.set(change.key, { id: change.key, outcome: 'skipped', message: 'changed since: left alone' });
        }
      }
    }
    if (fitting.length > 0) {
      operation = await history.beginOperation({ sourceId, sourceLabel: api.target.name, title });
      await writeDown(operation, fitting, history);
    }
    const report = (batch: readonly KeyResult[]): void => {
      for (const { key, error } of batch) {
        results.set(key, resultOf(key, error));
      }
      options.progress?.report({ done: results.size, total: changes.length });
    };
    for (const scope of ['versions', 'entries'] as const) {
      const ofScope = fitting.filter((change) => change.scope === scope);
      const namespace = namespaceOf(api, scope, ofScope.length);
      // A manifest comes after its chunks and goes before them, so that it never stands alone.
      const writes = ofScope.flatMap(({ key, wanted }) => (wanted === undefined ? [] : [{ key, ...wanted }]));
      const deletions = ofScope.filter(({ wanted }) => wanted === undefined);
      const batch = { signal: options.signal, onResults: report };
      for (const few of [writes.filter(isChunk), writes.filter((write) => !isChunk(write))]) {
        await namespace?.writeAll(few, batch);
      }
      for (const few of [deletions.filter((one) => !isChunk(one)), deletions.filter(isChunk)]) {
        await namespace?.deleteAll(
          few.map(({ key }) => key),
          batch,
        );
      }
    }
  } catch (error) {
    if (!isSourceError(error, 'cancelled')) {
      throw error;
    }
    cancelled = true;
  }
  const done = fitting.filter(({ key }) => results.get(key)?.outcome === 'done');
  await history.record(sourceId, await sightingsOf(done, history, operation?.id));
  return {
    results: changes.map(
      ({ key }) => results.get(key) ?? { id: key, outcome: 'skipped', message: 'cancelled before its turn' },
    ),
    operationId: done.length > 0 ? operation?.id : undefined,
    purgeId: undefined,
    cancelled,
  };
}

function namespaceOf(api: KvApi, scope: KvScope, needed: number): KvNamespace | undefined {
  const namespace = scope === 'entries' ? api.entries : api.versions;
  if (namespace === undefined && needed > 0) {
    throw new SourceError('unsupported', `${api.target.name} has no namespace of versions.`, {
      nextStep: 'Name the namespace of the versions.',
    });
  }
  return namespace;
}

async function readPresent(
  namespace: KvNamespace | undefined,
  changes: readonly KvChange[],
  signal: AbortSignal | undefined,
): Promise<Map<string, ListedKey>> {
  if (namespace === undefined || changes.length === 0) {
    return new Map();
  }
  const listed =
    changes.length > askedOneByOne
      ? await namespace.list({ signal })
      : await mapLimited(changes, concurrentQuestions, async ({ key }) => namespace.find(key, signal));
  return new Map(listed.flatMap((one) => (one === undefined ? [] : [[one.key, one]])));
}

/** What is known of a key before, without its value: enough for a version record, whose value is empty. */
function recordBefore(present: ListedKey | undefined): KeptRecord | undefined {
  return present === undefined
    ? undefined
    : { value: new Uint8Array(), metadata: present.metadata, expiration: present.expiration };
}

async function writeDown(
  operation: OperationRecorder,
  changes: readonly (KvChange & { readonly present: ListedKey | undefined })[],
  history: ContentHistory,
): Promise<void> {
  for (const scope of ['versions', 'entries'] as const) {
    const ofScope = changes.filter((change) => change.scope === scope);
    for (let start = 0; start < ofScope.length; start += keysPerStep) {
      const part = ofScope.slice(start, start + keysPerStep);
      const files = await mapLimited(part, concurrentQuestions, async ({ key, present, wanted }) => ({
        path: key,
        before: await keep(recordBefore(present), history),
        after: await keep(wanted, history),
      }));
      await operation.addStep({ scope, keys: part.map(({ key }) => key), files });
    }
  }
  await operation.flush();
}

async function keep(record: KeptRecord | undefined, history: ContentHistory): Promise<string | undefined> {
  return record === undefined ? undefined : history.keep(encodeRecord(record), { durable: true });
}

async function sightingsOf(
  changes: readonly (KvChange & { readonly present: ListedKey | undefined })[],
  history: ContentHistory,
  operationId: string | undefined,
): Promise<Sighting[]> {
  const sightings: Sighting[] = [];
  for (const { scope, key, present, wanted } of changes) {
    const before = recordBefore(present);
    if (before !== undefined && scope === 'versions') {
      sightings.push({ scope, key, author: 'sandbox', content: await seen(before, history) });
    }
    sightings.push({
      scope,
      key,
      author: wanted === undefined ? 'invalidated' : 'put',
      ...(wanted === undefined ? {} : { content: await seen(wanted, history) }),
      ...(operationId === undefined ? {} : { operationId }),
    });
  }
  return sightings;
}

/** A content as the history tells of it; its bytes hold the metadata, too. */
export async function seen(record: KeptRecord, history: ContentHistory) {
  const sha256 = await history.keep(encodeRecord(record));
  return {
    fingerprint: fingerprintOfSha256(sha256),
    sizeBytes: record.value.byteLength,
    sha256,
    entry: JSON.stringify(record.metadata ?? null),
  };
}

function resultOf(key: string, error: SourceError | undefined): KvResult {
  return error === undefined
    ? { id: key, outcome: 'done' }
    : { id: key, outcome: 'failed', message: describeError(error) };
}

function isChunk({ key }: { readonly key: string }): boolean {
  return parseChunkKey(key) !== undefined;
}
