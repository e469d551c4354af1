import type { Command } from 'commander';
import { planPrune } from '../../core/cache/plans/invalidate';
import type { CliContext, ExitCode } from '../io';
import type { ActionRunner } from '../actions';
import { addScopeOption, addSourceOption } from './options';
import type { ScopeOptions } from './options';
import { addChangeOptions, openCache, openHistory, runPlan } from './runPlan';
import type { ChangeOptions } from './runPlan';

/** `cache prune`: deletes expired entries with their values; they can be restored. */
export function addPruneCommand(cache: Command, run: ActionRunner): void {
  const command = cache.command('prune').description('delete expired entries; can be taken back');
  addChangeOptions(addScopeOption(addSourceOption(command))).action(run(prune));
}

async function prune(context: CliContext, options: ChangeOptions & ScopeOptions): Promise<ExitCode> {
  const cache = await openCache(context, options);
  const plan = planPrune(cache, options.scope === undefined ? {} : { scope: options.scope });
  return runPlan(context, cache, plan, openHistory(context), { ...options, asks: true });
}
