import type { Command } from 'commander';
import type { ScopeName } from '../../core/cache/model';
import { planBump } from '../../core/cache/plans/editEntries';
import { selectEntries } from '../../core/cache/selectEntries';
import type { CliContext, ExitCode } from '../io';
import type { ActionRunner } from '../actions';
import { addCriteria, criteriaOf } from './criteria';
import type { CriteriaOptions } from './criteria';
import { wholeNumber } from './numbers';
import { addSourceOption } from './options';
import { addChangeOptions, openCache, openHistory, runPlan } from './runPlan';
import type { ChangeOptions } from './runPlan';

interface BumpOptions extends ChangeOptions, CriteriaOptions {
  readonly to?: number;
}

/** `cache bump`: marks contents as superseded without deleting them. */
export function addBumpCommand(cache: Command, run: ActionRunner): void {
  const command = cache
    .command('bump')
    .description('mark entries as superseded: a new version, expired from now on; their bytes stay restorable')
    .option('--to <version>', 'this version instead of the next one', wholeNumber);
  addChangeOptions(addSourceOption(addCriteria(command))).action(run(bump));
}

async function bump(
  context: CliContext,
  scope: ScopeName | undefined,
  key: string | undefined,
  options: BumpOptions,
  command: Command,
): Promise<ExitCode> {
  const cache = await openCache(context, options);
  const entries = selectEntries(cache.snapshot, criteriaOf(cache, command, scope, key, options));
  const plan = planBump(cache, entries, options.to === undefined ? {} : { to: options.to });
  return runPlan(context, cache, plan, openHistory(context), { ...options, asks: true });
}
