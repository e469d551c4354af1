import { Argument } from 'commander';
import type { Command } from 'commander';
import type { ScopeName } from '../../core/cache/model';
import { planTtl } from '../../core/cache/plans/editEntries';
import type { CliContext, ExitCode } from '../io';
import type { ActionRunner } from '../actions';
import { hoursArgument } from './numbers';
import { addSourceOption, scopeArgument } from './options';
import { addChangeOptions, openCache, openHistory, runPlan } from './runPlan';
import type { ChangeOptions } from './runPlan';
import { findEntry } from './show';

/** `cache ttl`: sets how long an entry lives from now on. */
export function addTtlCommand(cache: Command, run: ActionRunner): void {
  const command = cache
    .command('ttl')
    .description('let an entry live for so many hours from now')
    .addArgument(new Argument('<scope>', 'the scope').argParser(scopeArgument))
    .argument('<key>', 'the key, as given or as kept')
    .addArgument(new Argument('<hours>', 'such as 24 or 0.5').argParser(hoursArgument));
  addChangeOptions(addSourceOption(command)).action(run(ttl));
}

async function ttl(
  context: CliContext,
  scope: ScopeName,
  key: string,
  hours: number,
  options: ChangeOptions,
): Promise<ExitCode> {
  const cache = await openCache(context, options);
  const plan = planTtl(cache, [findEntry(cache.snapshot, scope, key)], hours);
  return runPlan(context, cache, plan, openHistory(context), { ...options, asks: false });
}
