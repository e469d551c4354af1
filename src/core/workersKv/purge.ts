import { describeError, isSourceError, SourceError, throwIfCancelled } from '../errors';
import { mapLimited } from '../instructions/concurrency';
import type { WorkOptions } from '../ports';
import { isRecord } from './answers';
import { seen } from './changes';
import type { KvContext } from './changes';
import { encodeRecord } from './keptRecord';
import type { KeptRecord } from './keptRecord';
import { kvLimits } from './limits';
import type { KeyResult } from './batches';
import type { ListedKey } from './namespace';
import type { PurgeJournal, UnfinishedPurge } from './purgeJournal';
import type { KvPurgeItem, KvPurgePlan } from './purgePlan';
import type { KvReport, KvResult } from './report';
import { kvSourceId } from './target';

export interface PurgeContext extends KvContext {
  readonly journal: PurgeJournal;
}

const concurrentReads = 6;

/**
 * Keeps what the plan says is kept, writes the purge down, and performs it. When it is interrupted, by a signal or a
 * crash, `resumeKvPurge` goes on with it. A key that fails stays in the journal, too.
 */
export async function applyKvPurge(
  plan: KvPurgePlan,
  context: PurgeContext,
  options: WorkOptions = {},
): Promise<KvReport> {
  const { api, clock, journal } = context;
  const nothing: KvReport = { results: [], operationId: undefined, purgeId: undefined, cancelled: false };
  if (plan.items.length === 0 && plan.edgeTags.length === 0) {
    return nothing;
  }
  let purgeId: string;
  try {
    const operationId = await keepItems(plan, context, options);
    throwIfCancelled(options.signal);
    purgeId = await journal.begin({
      sourceId: kvSourceId(api.target),
      title: plan.title,
      startedMs: clock.now(),
      // A manifest goes before its chunks: chunks alone harm nobody, a manifest without them breaks its readers.
      keys: plan.items.map(({ key }) => key),
      chunkKeys: plan.items.flatMap(({ keys }) => keys.slice(1)),
      edgeTags: plan.edgeTags,
      operationId,
    });
  } catch (error) {
    if (isSourceError(error, 'cancelled')) {
      return { ...nothing, cancelled: true };
    }
    throw error;
  }
  return run(await journal.read(purgeId), new Map(), context, options);
}

/**
 * Goes on with an interrupted purge. What was made again since it began is left alone.
 */
export async function resumeKvPurge(
  purgeId: string,
  context: PurgeContext,
  options: WorkOptions = {},
): Promise<KvReport> {
  const { api, journal } = context;
  const purge = await journal.read(purgeId);
  if (purge.sourceId !== kvSourceId(api.target)) {
    throw new SourceError('unsupported', `The purge '${purgeId}' is of another cache.`, {
      nextStep: 'Resume it where it was begun.',
    });
  }
  const results = new Map<string, KvResult>();
  try {
    const present = new Map((await api.entries.list({ signal: options.signal })).map((key) => [key.key, key]));
    const gone: string[] = [];
    for (const key of [...purge.keys, ...purge.chunkKeys]) {
      const listed = present.get(key);
      if (purge.doneKeys.has(key) || listed === undefined || isNewer(listed, purge.startedMs)) {
        if (listed !== undefined && !purge.doneKeys.has(key)) {
          results.set(key, { id: key, outcome: 'skipped', message: 'made again since the purge began: left alone' });
        }
        gone.push(key);
      }
    }
    const doneKeys = new Set(gone);
    await journal.addDone(purgeId, { keys: gone.filter((key) => !purge.doneKeys.has(key)) });
    return await run({ ...purge, doneKeys }, results, context, options);
  } catch (error) {
    if (isSourceError(error, 'cancelled')) {
      return { results: [], operationId: purge.operationId, purgeId, cancelled: true };
    }
    throw error;
  }
}

function isNewer({ metadata }: ListedKey, startedMs: number): boolean {
  const createdAt = isRecord(metadata) ? metadata['createdAt'] : undefined;
  return typeof createdAt === 'number' && createdAt > startedMs;
}

/** Deletes what is left, and reports on that. */
async function run(
  purge: UnfinishedPurge,
  results: Map<string, KvResult>,
  context: PurgeContext,
  options: WorkOptions,
): Promise<KvReport> {
  const { api, history, journal } = context;
  const { signal, progress } = options;
  const total = purge.keys.length + purge.chunkKeys.length + purge.edgeTags.length;
  let handled = purge.doneKeys.size + purge.doneEdgeTags.size;
  const step = (count: number, message: string): void => {
    handled += count;
    progress?.report({ done: handled, total, message });
  };
  const onResults = async (batch: readonly KeyResult[]): Promise<void> => {
    await journal.addDone(purge.id, { keys: batch.filter(({ error }) => error === undefined).map(({ key }) => key) });
    for (const { key, error } of batch) {
      results.set(
        key,
        error === undefined
          ? { id: key, outcome: 'done' }
          : { id: key, outcome: 'failed', message: describeError(error) },
      );
    }
    step(batch.length, `${handled + batch.length} of ${total}`);
  };
  let cancelled = false;
  try {
    for (const keys of [purge.keys, purge.chunkKeys]) {
      await api.entries.deleteAll(
        keys.filter((key) => !purge.doneKeys.has(key)),
        { signal, onResults },
      );
    }
    // Last, so that the edge is not filled again from what is about to be deleted.
    const tags = purge.edgeTags.filter((tag) => !purge.doneEdgeTags.has(tag));
    if (tags.length > 0) {
      await purgeEdge(tags, purge, results, context, signal);
      step(tags.length, 'edge');
    }
  } catch (error) {
    if (!isSourceError(error)) {
      throw error;
    }
    cancelled = error.code === 'cancelled';
    if (!cancelled) {
      // Such as a token that is refused: what is left stays in the journal.
      for (const key of [...purge.keys, ...purge.chunkKeys]) {
        if (!purge.doneKeys.has(key) && !results.has(key)) {
          results.set(key, { id: key, outcome: 'failed', message: describeError(error) });
        }
      }
    }
  }
  const finished = !cancelled && [...results.values()].every(({ outcome }) => outcome !== 'failed');
  if (finished) {
    await journal.remove(purge.id);
  }
  const operation = purge.operationId === undefined ? undefined : await history.operation(purge.operationId);
  const keptKeys = operation?.steps.flatMap(({ keys }) => keys) ?? [];
  await history.record(
    kvSourceId(api.target),
    keptKeys
      .filter((key) => results.get(key)?.outcome === 'done')
      .map((key) => ({ scope: 'entries', key, author: 'invalidated', operationId: purge.operationId! })),
  );
  return {
    results: [...results.values()],
    operationId: purge.operationId,
    purgeId: finished ? undefined : purge.id,
    cancelled,
  };
}

async function purgeEdge(
  tags: readonly string[],
  purge: UnfinishedPurge,
  results: Map<string, KvResult>,
  { api, journal }: PurgeContext,
  signal: AbortSignal | undefined,
): Promise<void> {
  try {
    await api.purgeEdge(tags, signal);
    await journal.addDone(purge.id, { edgeTags: tags });
    for (const tag of tags) {
      results.set(`edge: ${tag}`, { id: `edge: ${tag}`, outcome: 'done' });
    }
  } catch (error) {
    if (!isSourceError(error) || isSourceError(error, 'cancelled')) {
      throw error;
    }
    // What was deleted in Workers KV is deleted all the same; the tags stay in the journal.
    for (const tag of tags) {
      results.set(`edge: ${tag}`, { id: `edge: ${tag}`, outcome: 'failed', message: describeError(error) });
    }
  }
}

/** Keeps the values that the plan promises, before anything is deleted. Returns the operation that holds them. */
async function keepItems(
  plan: KvPurgePlan,
  context: PurgeContext,
  { signal }: WorkOptions,
): Promise<string | undefined> {
  const { api, history } = context;
  const kept = plan.items.filter((item) => item.kept);
  if (kept.length === 0) {
    return undefined;
  }
  const sourceId = kvSourceId(api.target);
  const listed = await readListed(kept, context, signal);
  const records = await mapLimited(
    kept.flatMap(({ keys }) => keys).filter((key) => listed.has(key)),
    concurrentReads,
    async (key) => ({ key, record: await readRecord(listed.get(key)!, context, signal) }),
  );
  const operation = await history.beginOperation({ sourceId, sourceLabel: api.target.name, title: plan.title });
  const files = [];
  for (const { key, record } of records) {
    files.push({ path: key, before: await history.keep(encodeRecord(record), { durable: true }), after: undefined });
    await history.record(sourceId, [
      { scope: 'entries', key, author: 'sandbox', content: await seen(record, history) },
    ]);
  }
  if (files.length === 0) {
    return undefined;
  }
  await operation.addStep({ scope: 'entries', keys: files.map(({ path }) => path), files });
  await operation.flush();
  return operation.id;
}

/** From so many keys on, listing the namespace takes fewer requests. */
const listedOneByOne = 20;

async function readListed(
  kept: readonly KvPurgeItem[],
  { api }: PurgeContext,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, ListedKey>> {
  const keys = kept.flatMap((item) => item.keys);
  const listed =
    keys.length > listedOneByOne
      ? await api.entries.list({ signal })
      : await mapLimited(keys, concurrentReads, async (key) => api.entries.find(key, signal));
  return new Map(listed.flatMap((one) => (one === undefined ? [] : [[one.key, one]])));
}

async function readRecord(
  listed: ListedKey,
  { api }: PurgeContext,
  signal: AbortSignal | undefined,
): Promise<KeptRecord> {
  const { bytes } = await api.entries.read(listed.key, { length: kvLimits.valueBytes }, signal);
  return { value: bytes, metadata: listed.metadata, expiration: listed.expiration };
}
