import type { ContentHistory } from '../cache/history';
import type { CacheEntry, CacheSnapshot, JsonValue } from '../cache/model';
import { entriesOf } from '../cache/plans/planBuilder';
import { isSummary, summaryOrigin } from '../cache/summarySource';
import type { SummaryOrigin } from '../cache/summarySource';
import { describeError, isSourceError, throwIfCancelled, UserError } from '../errors';
import type { FileTree } from '../fileTree';
import type { Progress, WorkOptions } from '../ports';
import { isConversation } from './conversation';
import { lookUpSummary } from './lookUp';
import type { MissReason } from './lookUp';
import { SummaryError } from './model';
import type { SummaryModel, SummarySource } from './model';
import { conversationSource, entrySource, fileSource, projectSource } from './sources';
import type { Summarizer, SummarizeOptions, SummaryOutcome } from './summarizer';

/** Reads what summaries sum up. */
export interface SourceReader {
  /** A file of the workspace by its relative path. Throws SourceErrors. */
  file(path: string, options: WorkOptions): Promise<Uint8Array>;
}

/** A summary whose source can be found and that does not count any more. */
export interface StaleSummary {
  readonly entry: CacheEntry;
  readonly source: SummarySource;
  readonly reason: MissReason;
  /**
   * Whether this user's own history says that we wrote it for that source. What an index says can be written by
   * anybody in the sandbox: it must not decide alone which files are sent to a model.
   */
  readonly known: boolean;
}

export interface RefreshPlan {
  readonly stale: readonly StaleSummary[];
  /** Summaries that are out of date and can't be made again, with the reason. */
  readonly left: readonly { readonly entry: CacheEntry; readonly reason: string }[];
}

/**
 * Finds the summaries of a cache that do not count any more and whose sources are recorded. Expired ones are left out:
 * nobody asked for them within their lifetime, and making them again costs. Nothing is written.
 */
export async function planRefresh(
  tree: FileTree,
  snapshot: CacheSnapshot,
  history: ContentHistory,
  reader: SourceReader,
  options: WorkOptions = {},
): Promise<RefreshPlan> {
  const stale: StaleSummary[] = [];
  const left: { entry: CacheEntry; reason: string }[] = [];
  for (const entry of entriesOf(snapshot).filter(isLive)) {
    throwIfCancelled(options.signal);
    const origin = summaryOrigin(entry.metadata);
    if (origin.entry === undefined && origin.files.length === 0) {
      continue;
    }
    try {
      const source = await sourceOf(entry, origin, tree, reader, snapshot, options);
      const found = await lookUpSummary(source, snapshot, tree, options);
      if (found.kind === 'miss') {
        stale.push({ entry, source, reason: found.reason, known: await isOurs(tree, history, entry) });
      }
    } catch (error) {
      if (!(error instanceof UserError) || isSourceError(error, 'cancelled')) {
        throw error;
      }
      left.push({ entry, reason: describeError(error) });
    }
  }
  return { stale, left };
}

function isLive(entry: CacheEntry): boolean {
  return isSummary(entry) && !entry.states.some((state) => state === 'orphan' || state === 'expired');
}

/** What became of one summary of a refresh. */
export type RefreshResult =
  | { readonly summary: StaleSummary; readonly outcome: SummaryOutcome }
  | { readonly summary: StaleSummary; readonly failure: UserError };

/**
 * Makes the given summaries again, one after the other, within one budget. What fails is left as it is and does not
 * stop the others, save a cancellation and an error that all the others would meet as well.
 */
export async function refreshSummaries(
  tree: FileTree,
  summaries: readonly StaleSummary[],
  summarizer: Summarizer,
  model: SummaryModel,
  options: Omit<SummarizeOptions, 'progress'> & { readonly progress?: Progress | undefined },
): Promise<{ readonly results: readonly RefreshResult[]; readonly cancelled: boolean }> {
  const results: RefreshResult[] = [];
  for (const [index, summary] of summaries.entries()) {
    options.progress?.report({ done: index, total: summaries.length, message: summary.source.label });
    try {
      const waiting: Progress = {
        report: ({ message }) => {
          if (message !== undefined) {
            options.progress?.report({ done: index, total: summaries.length, message });
          }
        },
      };
      const outcome = await summarizer.summarize(tree, summary.source, model, { ...options, progress: waiting });
      results.push({ summary, outcome });
    } catch (error) {
      if (isSourceError(error, 'cancelled')) {
        return { results, cancelled: true };
      }
      if (!(error instanceof UserError)) {
        throw error;
      }
      results.push({ summary, failure: error });
      if (!(error instanceof SummaryError) && !isSourceError(error, 'conflict', 'too-large', 'quota')) {
        break;
      }
    }
  }
  return { results, cancelled: false };
}

/** The source that an entry says it sums up. Throws a `UserError` when it can't be read. */
export async function sourceOf(
  summary: CacheEntry,
  origin: SummaryOrigin,
  tree: FileTree,
  reader: SourceReader,
  snapshot: CacheSnapshot,
  options: WorkOptions,
): Promise<SummarySource> {
  if (origin.entry !== undefined) {
    const entry = entriesOf(snapshot).find((one) => `${one.scope}/${one.key}` === origin.entry);
    if (entry?.fileBytes === undefined) {
      throw new UserError(`'${origin.entry}' is no longer in the cache.`, 'Invalidate the summary.');
    }
    const source = entrySource(entry, await tree.read(`${entry.scope}/${entry.key}`, options));
    return { ...source, scope: 'task', originalKey: summary.originalKey };
  }
  const files = await Promise.all(
    origin.files.map(async (path) => ({ path, bytes: await reader.file(path, options) })),
  );
  const [first] = files;
  if (first === undefined) {
    throw new UserError(`${summary.key} does not say what it sums up.`, 'Sum its source up again.');
  }
  if (summary.scope === 'project') {
    return projectSource(files);
  }
  const file = { ...first, inWorkspace: true };
  const isTalk =
    summary.metadata['source_kind'] === 'conversation' && isConversation(Buffer.from(first.bytes).toString());
  const source = isTalk ? conversationSource(file) : fileSource(file);
  return { ...source, originalKey: summary.originalKey };
}

async function isOurs(tree: FileTree, history: ContentHistory, { scope, key, metadata }: CacheEntry): Promise<boolean> {
  const versions = await history.versions({ sourceId: tree.id, scope, key });
  return versions.some(
    ({ author, content }) =>
      author === 'summarized' &&
      content?.entry !== undefined &&
      originText(entryMetadata(content.entry)) === originText(metadata),
  );
}

function originText(metadata: Readonly<Record<string, JsonValue>>): string {
  const { entry, files } = summaryOrigin(metadata);
  return JSON.stringify([entry ?? null, files, metadata['source_kind'] ?? null]);
}

/** The metadata of an index entry that the history kept as JSON text. */
function entryMetadata(text: string): Readonly<Record<string, JsonValue>> {
  try {
    const entry = JSON.parse(text) as { readonly metadata?: Readonly<Record<string, JsonValue>> };
    return entry.metadata ?? {};
  } catch {
    return {};
  }
}
