import { applyPlan } from '../cache/apply';
import type { CachePlan } from '../cache/changes';
import { emptySnapshot } from '../cache/emptySnapshot';
import type { ContentHistory } from '../cache/history';
import type { CacheSnapshot, JsonValue } from '../cache/model';
import type { PlanSource } from '../cache/plans/planBuilder';
import { planPut } from '../cache/plans/put';
import type { PythonObject } from '../cache/pythonJson';
import { fromJson } from '../cache/pythonJsonPrint';
import { readSnapshot } from '../cache/snapshot';
import { formatTimestamp } from '../cache/timestamps';
import { isSourceError, SourceError, throwIfCancelled } from '../errors';
import type { FileTree } from '../fileTree';
import type { Clock, Progress, WorkOptions } from '../ports';
import type { TokenCounter } from '../tokens/counter';
import { lookUpSummary } from './lookUp';
import type { Lookup, MissReason } from './lookUp';
import { makeSummary, summaryEncoding } from './makeSummary';
import type { MadeSummary } from './makeSummary';
import { shortestSource } from './model';
import type { SummaryModel, SummarySource } from './model';
import { summarizerVersion } from './questions';
import type { SummaryStatistics } from './savings';
import { SharedWork } from './sharedWork';
import type { TokenBudget } from './tokenBudget';
import type { WorkLeases } from './workLeases';

export interface SummarizerParts {
  readonly history: ContentHistory;
  readonly counter: TokenCounter;
  readonly clock: Clock;
  readonly statistics: SummaryStatistics;
  /** Keeps other processes from asking for the same at the same time. */
  readonly leases: WorkLeases;
}

export interface SummarizeOptions {
  readonly budget: TokenBudget;
  readonly signal?: AbortSignal | undefined;
  readonly progress?: Progress | undefined;
  /** Makes the folder of a cache that does not exist yet; called right before the first write. */
  readonly prepare?: (() => Promise<void>) | undefined;
}

/** Said as the message of the progress. */
const waitingText = 'Another window or command is summing this up; waiting for it.';

/** A summary, and where it came from. Token numbers are in o200k_base. */
export type SummaryOutcome =
  /** The source is so short that it is its own summary; nothing is stored. */
  | { readonly kind: 'short'; readonly text: string }
  | {
      readonly kind: 'hit';
      readonly text: string;
      readonly tokensBefore: number;
      readonly tokensAfter: number;
    }
  | ({
      readonly kind: 'made';
      /** Why the one that was there, if any, did not count. */
      readonly missed: MissReason;
      readonly model: string;
      /** Takes the summary back out of the cache, by `restore` and Undo. */
      readonly operationId: string | undefined;
    } & MadeSummary);

type Hit = Extract<SummaryOutcome, { kind: 'hit' }>;
type LookupHit = Extract<Lookup, { kind: 'hit' }>;

/**
 * Sums up sources, cache first: a summary that is kept and belongs to the very bytes of the source and to this version
 * of the summariser is served; only otherwise is a model asked, and its answer stored. Whoever asks for the same
 * source while it is being summed up, here or in another process, waits for that summary; where that one fails or its
 * process dies, the next one makes it. Where anything fails, nothing is stored and it throws.
 */
export class Summarizer {
  readonly #parts: SummarizerParts;
  readonly #running = new SharedWork<SummaryOutcome>();

  constructor(parts: SummarizerParts) {
    this.#parts = parts;
  }

  /** The summary that is kept, or why there is none; counted as a hit or a miss. No model is asked. */
  async get(tree: FileTree, source: SummarySource, options: WorkOptions = {}): Promise<Lookup> {
    const found = await this.#lookUp(tree, source, options);
    await this.#parts.statistics.add(
      found.kind === 'hit' ? { kind: 'hit', ...(await this.#tokensOf(source, found, options)) } : { kind: 'miss' },
    );
    return found;
  }

  async #lookUp(tree: FileTree, source: SummarySource, options: WorkOptions): Promise<Lookup> {
    return lookUpSummary(source, await this.#snapshot(tree, options), tree, options);
  }

  /** The summary that is kept, or one that the model makes now. */
  async summarize(
    tree: FileTree,
    source: SummarySource,
    model: SummaryModel,
    options: SummarizeOptions,
  ): Promise<SummaryOutcome> {
    const text = source.pieces.join('');
    if (text.trim().length < shortestSource) {
      return { kind: 'short', text };
    }
    const id = [tree.id, source.scope, source.originalKey, source.fingerprint].join('\n');
    const { result, shared } = await this.#running.run(
      id,
      async (signal) => this.#summarizeOnce(id, tree, source, model, { ...options, signal }),
      options.signal,
    );
    if (!shared || result.kind !== 'made') {
      return result;
    }
    const { tokensBefore, tokensAfter } = result;
    await this.#parts.statistics.add({ kind: 'hit', tokensBefore, tokensAfter });
    return { kind: 'hit', text: result.text, tokensBefore, tokensAfter };
  }

  /** A summary that is there is served at once; to make one, this process must be the only one that does. */
  async #summarizeOnce(
    id: string,
    tree: FileTree,
    source: SummarySource,
    model: SummaryModel,
    options: SummarizeOptions,
  ): Promise<SummaryOutcome> {
    const found = await this.#find(tree, source, options);
    if (found.kind === 'hit') {
      return found;
    }
    const { signal, progress } = options;
    return this.#parts.leases.hold(id, async () => this.#summarize(tree, source, model, options), {
      signal,
      onWait: () => progress?.report({ done: 0, total: 1, message: waitingText }),
    });
  }

  /** What is kept, counted as a hit; where nothing is that counts, why. */
  async #find(tree: FileTree, source: SummarySource, options: WorkOptions): Promise<Hit | Exclude<Lookup, LookupHit>> {
    const found = await this.#lookUp(tree, source, options);
    if (found.kind !== 'hit') {
      return found;
    }
    const tokens = await this.#tokensOf(source, found, options);
    await this.#parts.statistics.add({ kind: 'hit', ...tokens });
    return { kind: 'hit', text: found.cached.text, ...tokens };
  }

  async #summarize(
    tree: FileTree,
    source: SummarySource,
    model: SummaryModel,
    options: SummarizeOptions,
  ): Promise<SummaryOutcome> {
    // Another process may have made it since it was looked for.
    const found = await this.#find(tree, source, options);
    if (found.kind === 'hit') {
      return found;
    }
    await this.#parts.statistics.add({ kind: 'miss' });
    try {
      const made = await makeSummary(source, model, this.#parts.counter, options);
      throwIfCancelled(options.signal);
      const operationId = await this.#store(tree, source, model, made, options);
      const { tokensBefore, tokensAfter, tokensSpent } = made;
      await this.#parts.statistics.add({ kind: 'made', tokensBefore, tokensAfter, tokensSpent });
      return { kind: 'made', missed: found.reason, model: model.id, operationId, ...made };
    } catch (error) {
      if (!isSourceError(error, 'cancelled')) {
        await this.#parts.statistics.add({ kind: 'failed' });
      }
      throw error;
    }
  }

  async #store(
    tree: FileTree,
    source: SummarySource,
    model: SummaryModel,
    made: MadeSummary,
    options: SummarizeOptions,
  ): Promise<string | undefined> {
    const { history, clock } = this.#parts;
    const snapshot = await this.#snapshot(tree, options);
    const plan = planSummary({ tree, snapshot }, source, model, made, clock);
    await options.prepare?.();
    const report = await applyPlan(plan, { tree, history, clock }, { signal: options.signal });
    const [result] = report.results;
    throwIfCancelled(options.signal);
    if (result?.outcome !== 'done') {
      throw new SourceError(
        'conflict',
        `The summary of ${source.label} was not stored: ${result?.message ?? 'it was left alone'}`,
        {
          nextStep: 'Try again.',
        },
      );
    }
    return report.operationId;
  }

  async #snapshot(tree: FileTree, options: WorkOptions): Promise<CacheSnapshot> {
    try {
      return await readSnapshot(tree, { clock: this.#parts.clock, signal: options.signal });
    } catch (error) {
      if (isSourceError(error, 'not-found')) {
        return emptySnapshot(tree, this.#parts.clock.now());
      }
      throw error;
    }
  }

  async #tokensOf(
    source: SummarySource,
    found: LookupHit,
    options: WorkOptions,
  ): Promise<{ readonly tokensBefore: number; readonly tokensAfter: number }> {
    const [tokensBefore = 0, tokensAfter = 0] = await this.#parts.counter.countAll(
      [source.pieces.join(''), found.cached.text],
      summaryEncoding,
      { signal: options.signal },
    );
    return { tokensBefore, tokensAfter };
  }
}

/** Writes a summary with what tells later whether it still counts, beside the fields of the original writer. */
function planSummary(
  source: PlanSource,
  summary: SummarySource,
  model: SummaryModel,
  made: MadeSummary,
  clock: Clock,
): CachePlan {
  const { entry, files } = summary.place;
  const metadata: Record<string, JsonValue> = {
    type:
      summary.kind === 'message' || summary.kind === 'conversation'
        ? 'conversation_summary'
        : `${summary.kind}_summary`,
    timestamp: formatTimestamp(clock.now()),
    version: '1.0',
    source_kind: summary.kind,
    source_label: summary.label,
    ...(entry === undefined ? {} : { source_entry: entry }),
    ...(files === undefined ? {} : files.length === 1 ? { source_file: files[0]! } : { source_files: files }),
    source_fingerprint: summary.fingerprint,
    summarizer: summarizerVersion(summary.kind),
    model: model.id,
    tokens_before: made.tokensBefore,
    tokens_after: made.tokensAfter,
    tokens_encoding: summaryEncoding,
  };
  return planPut(source, {
    scope: summary.scope,
    originalKey: summary.originalKey,
    bytes: Buffer.from(made.text),
    metadata: fromJson(metadata) as PythonObject,
    author: 'summarized',
  });
}
