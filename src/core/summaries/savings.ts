import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { describeError } from '../errors';
import { silentLogger } from '../ports';
import type { Clock, Logger } from '../ports';
import { Journal } from '../versions/journal';

/** What happened when a summary was asked for. */
export type SummaryEvent =
  | { readonly kind: 'hit'; readonly tokensBefore: number; readonly tokensAfter: number }
  | { readonly kind: 'miss' }
  | {
      readonly kind: 'made';
      readonly tokensBefore: number;
      readonly tokensAfter: number;
      readonly tokensSpent: number;
    }
  | { readonly kind: 'failed' };

/** Counts of one user's summaries, over all caches and processes. */
export interface SummarySavings {
  readonly hits: number;
  readonly misses: number;
  readonly made: number;
  /** Asked for, and nothing was stored. */
  readonly failed: number;
  /** Tokens that readers of a cached summary did not have to read: of the sources, less those of the summaries. */
  readonly tokensSaved: number;
  /** Tokens sent to models and received from them for summaries. */
  readonly tokensSpent: number;
  /** When the oldest event that is still counted happened, in milliseconds since the epoch. */
  readonly sinceMs: number | undefined;
}

type StoredEvent = SummaryEvent & { readonly id: string; readonly atMs: number };

/** Older events are forgotten, so that the folder does not grow for ever. */
const keptEvents = 20_000;
const mostSegments = 24;

/**
 * Remembers hits, misses and tokens in the data folder, which any number of processes use at once. Losing it loses
 * numbers alone.
 */
export class SummaryStatistics {
  readonly #journal: Journal;
  readonly #clock: Clock;
  readonly #log: Logger;

  /** @param dataFolder the per-user data folder */
  constructor(dataFolder: string, options: { readonly clock: Clock; readonly log?: Logger | undefined }) {
    this.#log = options.log ?? silentLogger;
    this.#journal = new Journal(join(dataFolder, 'summaries'), this.#log);
    this.#clock = options.clock;
  }

  /** Adds an event. Never fails: a folder that can't be written is told to the log. */
  async add(event: SummaryEvent): Promise<void> {
    try {
      await this.#journal.append([{ ...event, id: randomUUID(), atMs: Math.floor(this.#clock.now()) }]);
      const { records, segments } = await this.#journal.read();
      if (segments > mostSegments || records.length > 2 * keptEvents) {
        await this.#journal.compact((all) => newest(all));
      }
    } catch (error) {
      this.#log.warn(`Hits and misses of summaries are not counted: ${describeError(error)}`);
    }
  }

  async read(): Promise<SummarySavings> {
    const { records } = await this.#journal.read();
    const events = newest(records);
    const count = (kind: SummaryEvent['kind']): number => events.filter((event) => event.kind === kind).length;
    let tokensSaved = 0;
    let tokensSpent = 0;
    for (const event of events) {
      tokensSaved += event.kind === 'hit' ? event.tokensBefore - event.tokensAfter : 0;
      tokensSpent += event.kind === 'made' ? event.tokensSpent : 0;
    }
    return {
      hits: count('hit'),
      misses: count('miss'),
      made: count('made'),
      failed: count('failed'),
      tokensSaved,
      tokensSpent,
      sinceMs: events[0]?.atMs,
    };
  }
}

/** Each event once, oldest first; what is no event of ours is left out. */
function newest(records: readonly unknown[]): StoredEvent[] {
  const byId = new Map<string, StoredEvent>();
  for (const record of records) {
    if (isEvent(record)) {
      byId.set(record.id, record);
    }
  }
  return [...byId.values()].sort((a, b) => a.atMs - b.atMs || (a.id < b.id ? -1 : 1)).slice(-keptEvents);
}

function isEvent(record: unknown): record is StoredEvent {
  if (typeof record !== 'object' || record === null) {
    return false;
  }
  const event = record as Readonly<Record<string, unknown>>;
  const numbers = (...names: readonly string[]): boolean => names.every((name) => Number.isFinite(event[name]));
  if (typeof event['id'] !== 'string' || !numbers('atMs')) {
    return false;
  }
  switch (event['kind']) {
    case 'hit':
      return numbers('tokensBefore', 'tokensAfter');
    case 'made':
      return numbers('tokensBefore', 'tokensAfter', 'tokensSpent');
    default:
      return event['kind'] === 'miss' || event['kind'] === 'failed';
  }
}
