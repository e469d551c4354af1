import type { Command } from 'commander';
import type { ScopeName } from '../../core/cache/model';
import { planInvalidate } from '../../core/cache/plans/invalidate';
import type { CliContext, ExitCode } from '../io';
import type { ActionRunner } from '../actions';
import { addCriteria, criteriaOf } from './criteria';
import type { CriteriaOptions } from './criteria';
import { addSourceOption } from './options';
import { addChangeOptions, openCache, openHistory, runPlan } from './runPlan';
import type { ChangeOptions } from './runPlan';

type InvalidateOptions = ChangeOptions & CriteriaOptions;

/** `cache invalidate`: deletes entries with their values; they can be restored. */
export function addInvalidateCommand(cache: Command, run: ActionRunner): void {
  const command = cache
    .command('invalidate')
    .description('delete entries: one, a scope, or those that meet all the options given; can be taken back');
  addChangeOptions(addSourceOption(addCriteria(command))).action(run(invalidate));
}

async function invalidate(
  context: CliContext,
  scope: ScopeName | undefined,
  key: string | undefined,
  options: InvalidateOptions,
  command: Command,
): Promise<ExitCode> {
  const cache = await openCache(context, options);
  const plan = planInvalidate(cache, criteriaOf(cache, command, scope, key, options));
  return runPlan(context, cache, plan, openHistory(context), { ...options, asks: true });
}
