import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type {
  ContentHistory,
  ContentVersion,
  KeyAddress,
  Operation,
  OperationRecorder,
  OperationSummary,
  Sighting,
} from '../cache/history';
import { sha256Hex } from '../cache/fingerprint';
import { UserError } from '../errors';
import { silentLogger, systemClock } from '../ports';
import type { Clock, Logger } from '../ports';
import { addressOf, condense, foldHistory } from './foldHistory';
import type { FoldedHistory } from './foldHistory';
import { namesIn } from './fileSystem';
import type { Histories } from './moments';
import { Journal } from './journal';
import { ObjectStore } from './objectStore';
import { OperationLog } from './operationLog';
import type { HistoryRecord, VersionRecord } from './records';
import { planRetention } from './retention';
import type { RetentionRule, VacuumPlan } from './retention';

const defaultLimitBytes = 512 * 1024 * 1024;

/** Compaction keeps this many versions of a key, and all that are labelled or pinned. */
const versionsPerKey = 200;
const operationsKept = 500;
const mostSegments = 24;
const mostLooseBytes = 4 * 1024 * 1024;
/** Contents that a running operation relies on are not dropped to save space. */
const inUseMs = 10 * 60 * 1000;
/** Eviction goes a little below the limit, so that it need not run at every write. */
const evictionTarget = 0.9;

export interface VersionStoreOptions {
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** Bytes on disk that contents may take. Default 512 MiB. */
  readonly limitBytes?: number;
}

interface SourceHistory {
  readonly journal: Journal;
  folded: { readonly revision: number; readonly history: FoldedHistory } | undefined;
}

/**
 * Every content that was seen or written, by hash, with the history of each key and the operations that can be undone.
 * One folder serves any number of processes at once without a daemon. It may be deleted at any time: what lives in a
 * source is never only here.
 */
export class VersionStore implements ContentHistory {
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #limitBytes: number;
  readonly #objects: ObjectStore;
  readonly #operations: OperationLog;
  readonly #sources = new Map<string, SourceHistory>();
  readonly #inUse = new Map<string, number>();
  #storedBytes: number | undefined;

  /** @param folder the `versions` folder inside the per-user data folder; made when something is first kept. */
  constructor(folder: string, options: VersionStoreOptions = {}) {
    this.#folder = folder;
    this.#clock = options.clock ?? systemClock;
    this.#logger = options.logger ?? silentLogger;
    this.#limitBytes = options.limitBytes ?? defaultLimitBytes;
    this.#objects = new ObjectStore(folder, this.#logger);
    this.#operations = new OperationLog(join(folder, 'operations'));
  }

  async keep(bytes: Uint8Array, options: { readonly durable?: boolean } = {}): Promise<string> {
    const { sha256, grew } = await this.#objects.put(bytes, options);
    if (options.durable === true) {
      this.#inUse.set(sha256, Date.now());
    }
    if (grew > 0) {
      await this.#grow(grew);
    }
    return sha256;
  }

  async content(sha256: string): Promise<Uint8Array | undefined> {
    return this.#objects.get(sha256);
  }

  async record(sourceId: string, sightings: readonly Sighting[]): Promise<void> {
    const source = this.#source(sourceId);
    const contents = await source.journal.read();
    const history = foldedOf(source, sourceId, contents);
    const records: HistoryRecord[] = contents.segments === 0 ? [{ type: 'source', sourceId }] : [];
    const newest = new Map<string, { readonly number: number; readonly fingerprint: string | undefined }>();
    for (const sighting of sightings) {
      const address = addressOf(sighting.scope, sighting.key);
      const latest = history.keys.get(address)?.at(-1);
      const pending = newest.get(address);
      if (
        pending === undefined ? addsNothing(latest, sighting) : pending.fingerprint === sighting.content?.fingerprint
      ) {
        continue;
      }
      const repeats = pending === undefined && latest?.content?.fingerprint === sighting.content?.fingerprint;
      const number = (pending?.number ?? latest?.number ?? 0) + (repeats ? 0 : 1);
      newest.set(address, { number, fingerprint: sighting.content?.fingerprint });
      records.push(versionRecord(sighting, number, this.#clock.now()));
    }
    if (records.every((record) => record.type === 'source')) {
      return;
    }
    await source.journal.append(records, { durable: sightings.some((sighting) => sighting.operationId !== undefined) });
    if (contents.segments > mostSegments || contents.looseBytes > mostLooseBytes) {
      await source.journal.compact((all) => condense(sourceId, all, versionsPerKey));
    }
  }

  async versions(address: KeyAddress): Promise<readonly ContentVersion[]> {
    const history = await this.#history(address.sourceId);
    return history.keys.get(addressOf(address.scope, address.key)) ?? [];
  }

  async latest(sourceId: string): Promise<readonly ContentVersion[]> {
    const history = await this.#history(sourceId);
    return [...history.keys.values()].map((versions) => versions.at(-1)!);
  }

  /** The versions of every key of a source. */
  async histories(sourceId: string): Promise<Histories> {
    return (await this.#history(sourceId)).keys;
  }

  /** One version of a key by its number; throws a `UserError` when there is none. */
  async version(address: KeyAddress, number: number): Promise<ContentVersion> {
    const versions = await this.versions(address);
    const found = versions.find((version) => version.number === number);
    if (found === undefined) {
      const known = versions.map((version) => version.number).join(', ');
      throw new UserError(
        `There is no version ${number} of ${address.scope}/${address.key}.`,
        known === '' ? 'No version of this key has been seen yet.' : `Choose one of these: ${known}.`,
      );
    }
    return found;
  }

  /** Names a version, or takes its name away. */
  async label(version: ContentVersion, label: string | undefined): Promise<void> {
    await this.#mark(version, (turn) => ({ type: 'label', of: version.id, label: label ?? null, turn }));
  }

  /** A pinned version is never dropped to save space. */
  async pin(version: ContentVersion, pinned: boolean): Promise<void> {
    await this.#mark(version, (turn) => ({ type: 'pin', of: version.id, pinned, turn }));
  }

  /** Whether the bytes of a version are still kept. */
  async isKept(version: ContentVersion): Promise<boolean> {
    return version.content?.sha256 !== undefined && (await this.#objects.has(version.content.sha256));
  }

  async beginOperation(operation: Omit<OperationSummary, 'id' | 'startedMs'>): Promise<OperationRecorder> {
    const ids = await this.#operations.ids();
    await Promise.all(ids.slice(operationsKept).map(async (id) => this.#operations.remove(id)));
    return this.#operations.begin({ ...operation, startedMs: this.#clock.now() });
  }

  async operation(id: string): Promise<Operation | undefined> {
    return this.#operations.read(id);
  }

  async operations(sourceId?: string): Promise<readonly OperationSummary[]> {
    const found: OperationSummary[] = [];
    for (const id of await this.#operations.ids()) {
      const operation = await this.#operations.read(id);
      if (operation !== undefined && (sourceId === undefined || operation.sourceId === sourceId)) {
        const { sourceLabel, title, startedMs } = operation;
        found.push({ id, sourceId: operation.sourceId, sourceLabel, title, startedMs });
      }
    }
    return found;
  }

  /** Ids of the sources that have a history. */
  async sources(): Promise<readonly string[]> {
    const found = new Set<string>();
    for (const name of await namesIn(join(this.#folder, 'history'))) {
      const { records } = await new Journal(join(this.#folder, 'history', name), this.#logger).read();
      for (const record of records) {
        const source = record as { readonly type?: unknown; readonly sourceId?: unknown } | null;
        if (source?.type === 'source' && typeof source.sourceId === 'string') {
          found.add(source.sourceId);
        }
      }
    }
    return [...found].sort();
  }

  /** What dropping contents by age and by size would take away. Pinned contents always stay. */
  async planVacuum(rule: RetentionRule): Promise<VacuumPlan> {
    return planRetention(await this.#objects.list(), await this.#unremovable(), rule);
  }

  /** Drops the contents of a plan, save those that have been used since. Histories stay; their bytes are gone. */
  async vacuum(plan: VacuumPlan): Promise<{ readonly dropped: number; readonly droppedBytes: number }> {
    let dropped = 0;
    let droppedBytes = 0;
    for (const object of plan.drop) {
      if (await this.#objects.remove(object)) {
        dropped += 1;
        droppedBytes += object.storedBytes;
      }
    }
    this.#storedBytes = undefined;
    return { dropped, droppedBytes };
  }

  async #grow(bytes: number): Promise<void> {
    if (this.#storedBytes === undefined) {
      const objects = await this.#objects.list();
      this.#storedBytes = objects.reduce((sum, object) => sum + object.storedBytes, 0);
    } else {
      this.#storedBytes += bytes;
    }
    if (this.#storedBytes > this.#limitBytes) {
      const plan = await this.planVacuum({ maxBytes: this.#limitBytes * evictionTarget });
      await this.vacuum(plan);
      this.#storedBytes = plan.keepBytes;
    }
  }

  async #unremovable(): Promise<Set<string>> {
    const keep = new Set<string>();
    for (const [sha256, usedMs] of this.#inUse) {
      if (Date.now() - usedMs > inUseMs) {
        this.#inUse.delete(sha256);
      } else {
        keep.add(sha256);
      }
    }
    for (const sourceId of await this.sources()) {
      const history = await this.#history(sourceId);
      for (const version of [...history.keys.values()].flat()) {
        if (version.pinned && version.content?.sha256 !== undefined) {
          keep.add(version.content.sha256);
        }
      }
    }
    return keep;
  }

  async #mark(version: ContentVersion, record: (turn: number) => HistoryRecord): Promise<void> {
    const { turn } = await this.#history(version.sourceId);
    await this.#source(version.sourceId).journal.append([record(turn + 1)], { durable: true });
  }

  async #history(sourceId: string): Promise<FoldedHistory> {
    const source = this.#source(sourceId);
    return foldedOf(source, sourceId, await source.journal.read());
  }

  #source(sourceId: string): SourceHistory {
    let source = this.#sources.get(sourceId);
    if (source === undefined) {
      const name = sha256Hex(new TextEncoder().encode(sourceId)).slice(0, 32);
      source = { journal: new Journal(join(this.#folder, 'history', name), this.#logger), folded: undefined };
      this.#sources.set(sourceId, source);
    }
    return source;
  }
}

function foldedOf(
  source: SourceHistory,
  sourceId: string,
  contents: { readonly records: readonly unknown[]; readonly revision: number },
): FoldedHistory {
  if (source.folded?.revision !== contents.revision) {
    source.folded = { revision: contents.revision, history: foldHistory(sourceId, contents.records) };
  }
  return source.folded.history;
}

/** Whether the latest version of the key says all that the sighting does. */
function addsNothing(latest: ContentVersion | undefined, sighting: Sighting): boolean {
  if (latest === undefined) {
    // A key that was never seen need not be remembered as gone.
    return sighting.content === undefined;
  }
  const { content } = sighting;
  return (
    latest.content?.fingerprint === content?.fingerprint &&
    (sighting.author === 'sandbox' || sighting.author === latest.author) &&
    (content?.sha256 === undefined || latest.content?.sha256 !== undefined) &&
    (content?.entry === undefined || latest.content?.entry === content.entry)
  );
}

function versionRecord(sighting: Sighting, number: number, seenMs: number): VersionRecord {
  return {
    type: 'version',
    id: randomUUID(),
    number,
    scope: sighting.scope,
    key: sighting.key,
    seenMs,
    author: sighting.author,
    ...(sighting.content === undefined ? {} : { content: sighting.content }),
    ...(sighting.operationId === undefined ? {} : { operationId: sighting.operationId }),
  };
}
