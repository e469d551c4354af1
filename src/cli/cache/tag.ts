import { Argument } from 'commander';
import type { Command } from 'commander';
import type { ScopeName } from '../../core/cache/model';
import { planTags } from '../../core/cache/plans/editEntries';
import type { CliContext, ExitCode } from '../io';
import type { ActionRunner } from '../actions';
import { collect } from './numbers';
import { addSourceOption, scopeArgument } from './options';
import { addChangeOptions, openCache, openHistory, runPlan } from './runPlan';
import type { ChangeOptions } from './runPlan';
import { findEntry } from './show';

interface TagOptions extends ChangeOptions {
  readonly add?: readonly string[];
  readonly remove?: readonly string[];
  readonly clear?: true;
}

/** `cache tag`: edits the tags of an entry. */
export function addTagCommand(cache: Command, run: ActionRunner): void {
  const command = cache
    .command('tag')
    .description('add tags to an entry, or take them away')
    .addArgument(new Argument('<scope>', 'the scope').argParser(scopeArgument))
    .argument('<key>', 'the key, as given or as kept')
    .argument('[tags...]', 'tags to add')
    .option('--add <tag>', 'a tag to add; may be given several times', collect)
    .option('--remove <tag>', 'a tag to take away; may be given several times', collect)
    .option('--clear', 'take all tags away first');
  addChangeOptions(addSourceOption(command)).action(run(tag));
}

async function tag(
  context: CliContext,
  scope: ScopeName,
  key: string,
  tags: readonly string[],
  options: TagOptions,
  command: Command,
): Promise<ExitCode> {
  const add = [...tags, ...(options.add ?? [])];
  if (add.length === 0 && options.remove === undefined && options.clear === undefined) {
    command.error('error: give tags to add, --remove <tag>, or --clear');
  }
  const cache = await openCache(context, options);
  const plan = planTags(cache, [findEntry(cache.snapshot, scope, key)], {
    add,
    ...(options.remove === undefined ? {} : { remove: options.remove }),
    ...(options.clear === undefined ? {} : { set: [] }),
  });
  return runPlan(context, cache, plan, openHistory(context), { ...options, asks: false });
}
