import type { Command } from 'commander';
import { entriesOf } from '../../core/cache/plans/planBuilder';
import { isSummary } from '../../core/cache/summarySource';
import type { SummarySavings } from '../../core/summaries/savings';
import { isSourceError } from '../../core/errors';
import { addSourceOption } from '../cache/options';
import type { SourceOptions } from '../cache/options';
import { openCache } from '../cache/runPlan';
import type { CliContext, ExitCode } from '../io';
import { formatJson } from '../json';
import type { ActionRunner } from '../actions';
import { formatTable, printable } from '../text';
import { openStatistics } from './options';

/** `summary stats`: what summaries have saved, and the state of those in a cache. */
export function addStatsCommand(summary: Command, run: ActionRunner): void {
  const command = summary
    .command('stats')
    .description('count hits, misses and tokens saved, over all caches of this user, and the summaries of one cache');
  addSourceOption(command).action(run(stats));
}

interface CacheCounts {
  readonly place: string;
  readonly total: number;
  readonly fresh: number;
  readonly stale: number;
  readonly expired: number;
}

async function stats(context: CliContext, options: SourceOptions): Promise<ExitCode> {
  const savings = await openStatistics(context).read();
  const cache = await countsOf(context, options);
  context.out(context.json ? formatJson(statsOutput(savings, cache)) : statsText(savings, cache));
  return 0;
}

async function countsOf(context: CliContext, options: SourceOptions): Promise<CacheCounts | undefined> {
  try {
    const { snapshot, place } = await openCache(context, options);
    const summaries = entriesOf(snapshot).filter(isSummary);
    const stale = summaries.filter(({ states }) => states.includes('stale')).length;
    const expired = summaries.filter(({ states }) => states.includes('expired')).length;
    const total = summaries.length;
    return { place, total, stale, expired, fresh: total - stale - expired };
  } catch (error) {
    if (isSourceError(error, 'not-found') && (options.source ?? '.') === '.') {
      return undefined;
    }
    throw error;
  }
}

function statsOutput({ sinceMs, ...savings }: SummarySavings, cache: CacheCounts | undefined) {
  return {
    ...savings,
    since: sinceMs === undefined ? null : new Date(sinceMs).toISOString(),
    encoding: 'o200k_base',
    cache: cache === undefined ? null : { ...cache },
  };
}

function statsText(savings: SummarySavings, cache: CacheCounts | undefined): string {
  const { hits, misses, made, failed, tokensSaved, tokensSpent, sinceMs } = savings;
  const table = formatTable(
    ['HITS', 'MISSES', 'MADE', 'FAILED', 'TOKENS SAVED', 'TOKENS SPENT'],
    [[hits, misses, made, failed, tokensSaved, tokensSpent]],
  );
  const since = sinceMs === undefined ? '' : `Since ${new Date(sinceMs).toISOString()}; exact counts in o200k_base.\n`;
  const place =
    cache === undefined
      ? ''
      : `${printable(cache.place)}: ${cache.total} summaries, ${cache.fresh} fresh, ${cache.stale} stale, ${cache.expired} expired.\n`;
  return `${table}${since}${place}`;
}
