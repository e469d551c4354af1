import { Argument } from 'commander';
import type { Command } from 'commander';
import type { ScopeName } from '../../core/cache/model';
import { planCopy } from '../../core/cache/plans/copy';
import { selectEntries } from '../../core/cache/selectEntries';
import type { CliContext, ExitCode } from '../io';
import type { ActionRunner } from '../actions';
import { addSourceOption, scopeArgument } from './options';
import { addChangeOptions, openCache, openHistory, runPlan } from './runPlan';
import type { ChangeOptions } from './runPlan';
import { findEntry } from './show';

interface CopyCommandOptions extends ChangeOptions {
  readonly to?: string;
  readonly toScope?: ScopeName;
  readonly overwrite?: true;
}

/** `cache copy`: copies a scope, or one entry, to another cache or scope. */
export function addCopyCommand(cache: Command, run: ActionRunner): void {
  const command = cache
    .command('copy')
    .description('copy a scope, or one entry of it, to another cache or to another scope')
    .addArgument(new Argument('<scope>', 'the scope to copy from').argParser(scopeArgument))
    .argument('[key]', 'only this key, as given or as kept')
    .option('--to <dir>', 'the workspace or kv-cache folder to copy to; the same one unless given')
    .option('--to-scope <scope>', 'the scope to copy to; the same one unless given', scopeArgument)
    .option('--overwrite', 'also replace what differs there');
  addChangeOptions(addSourceOption(command)).action(run(copy));
}

async function copy(
  context: CliContext,
  scope: ScopeName,
  key: string | undefined,
  options: CopyCommandOptions,
  command: Command,
): Promise<ExitCode> {
  if (options.to === undefined && options.toScope === undefined) {
    command.error('error: give --to <dir>, --to-scope <scope>, or both');
  }
  const from = await openCache(context, options);
  const to = await openCache(context, options.to === undefined ? options : { source: options.to }, { create: true });
  const entries = key === undefined ? selectEntries(from.snapshot, { scope }) : [findEntry(from.snapshot, scope, key)];
  const plan = planCopy(from, entries, to, {
    overwrite: options.overwrite === true,
    ...(options.toScope === undefined ? {} : { toScope: options.toScope }),
  });
  return runPlan(context, to, plan, openHistory(context), { ...options, asks: true });
}
