import type { Command } from 'commander';
import { planInvalidate } from '../../core/cache/plans/invalidate';
import { entriesOf } from '../../core/cache/plans/planBuilder';
import { isSummary } from '../../core/cache/summarySource';
import { addSourceOption } from '../cache/options';
import { addChangeOptions, openCache, openHistory, runPlan } from '../cache/runPlan';
import type { ChangeOptions } from '../cache/runPlan';
import type { CliContext, ExitCode } from '../io';
import type { ActionRunner } from '../actions';
import { summaryEntry } from './summaryEntry';

interface InvalidateOptions extends ChangeOptions {
  readonly stale?: true;
}

/** `summary invalidate`: deletes summaries; they can be restored. */
export function addInvalidateCommand(summary: Command, run: ActionRunner): void {
  const command = summary
    .command('invalidate')
    .description('delete summaries: those named, or all of the cache; can be taken back')
    .argument('[keys...]', 'such as summary_<id> or project/summary')
    .option('--stale', 'only those whose source changed, and expired ones');
  addChangeOptions(addSourceOption(command)).action(run(invalidate));
}

async function invalidate(context: CliContext, keys: readonly string[], options: InvalidateOptions): Promise<ExitCode> {
  const cache = await openCache(context, options);
  const named =
    keys.length === 0
      ? entriesOf(cache.snapshot).filter(isSummary)
      : keys.map((key) => summaryEntry(cache.snapshot, key));
  const chosen = named.filter(
    ({ states }) => options.stale !== true || states.includes('stale') || states.includes('expired'),
  );
  const entries = chosen.map(({ scope, key }) => ({ scope, key }));
  return runPlan(context, cache, planInvalidate(cache, { entries }), openHistory(context), { ...options, asks: true });
}
