import type { Command } from 'commander';
import { planRepair } from '../../core/cache/plans/repair';
import type { CliContext, ExitCode } from '../io';
import type { ActionRunner } from '../actions';
import { addScopeOption, addSourceOption } from './options';
import type { ScopeOptions } from './options';
import { addChangeOptions, openCache, openHistory, runPlan } from './runPlan';
import type { ChangeOptions } from './runPlan';

/** `cache repair`: makes indexes readable and true again. */
export function addRepairCommand(cache: Command, run: ActionRunner): void {
  const command = cache
    .command('repair')
    .description('rebuild unreadable indexes, index orphans, drop entries without files, correct the others');
  addChangeOptions(addScopeOption(addSourceOption(command))).action(run(repair));
}

async function repair(context: CliContext, options: ChangeOptions & ScopeOptions): Promise<ExitCode> {
  const cache = await openCache(context, options, { verifyValues: true });
  const history = openHistory(context);
  const plan = await planRepair(cache, history, {
    signal: context.signal,
    ...(options.scope === undefined ? {} : { scope: options.scope }),
  });
  return runPlan(context, cache, plan, history, { ...options, asks: true });
}
