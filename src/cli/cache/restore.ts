import { Argument } from 'commander';
import type { Command } from 'commander';
import type { CachePlan } from '../../core/cache/changes';
import type { ContentVersion } from '../../core/cache/history';
import type { ScopeName } from '../../core/cache/model';
import { planRestore } from '../../core/cache/plans/restore';
import { planUndo } from '../../core/cache/plans/undo';
import { recordPresent } from '../../core/cache/recordPresent';
import { UserError } from '../../core/errors';
import type { VersionStore } from '../../core/versions/versionStore';
import type { CliContext, ExitCode } from '../io';
import type { ActionRunner } from '../actions';
import { keptKey } from './keptKey';
import { wholeNumber } from './numbers';
import { addSourceOption, scopeArgument } from './options';
import { addChangeOptions, openCache, openHistory, runPlan } from './runPlan';
import type { ChangeOptions, OpenedCache } from './runPlan';

interface RestoreOptions extends ChangeOptions {
  readonly version?: number;
  readonly operation?: string;
  readonly last?: true;
}

/** `cache restore`: writes an earlier version again, or takes an operation back. */
export function addRestoreCommand(cache: Command, run: ActionRunner): void {
  const command = cache
    .command('restore')
    .description('write an earlier version of an entry again, or take a whole operation back')
    .addArgument(new Argument('[scope]', 'the scope').argParser(scopeArgument))
    .argument('[key]', 'the key, as given or as kept')
    .addArgument(new Argument('[version]', 'its number; the latest that differs unless given').argParser(wholeNumber))
    .option('--version <number>', 'the same as the argument', wholeNumber)
    .option('--operation <id>', 'take this operation back')
    .option('--last', 'take the latest operation on this cache back');
  addChangeOptions(addSourceOption(command)).action(run(restore));
}

async function restore(
  context: CliContext,
  scope: ScopeName | undefined,
  key: string | undefined,
  version: number | undefined,
  options: RestoreOptions,
  command: Command,
): Promise<ExitCode> {
  const number = version ?? options.version;
  const ways = [scope !== undefined, options.operation !== undefined, options.last === true].filter(Boolean);
  if (
    ways.length !== 1 ||
    (scope !== undefined && key === undefined) ||
    (scope === undefined && number !== undefined)
  ) {
    command.error('error: give a scope and a key, or --operation <id>, or --last');
  }
  const cache = await openCache(context, options, { verifyValues: scope !== undefined });
  const history = openHistory(context);
  const plan =
    scope !== undefined && key !== undefined
      ? await planVersion(cache, history, scope, key, number)
      : await planUndo(cache, options.operation ?? (await lastOperation(cache, history)), history);
  return runPlan(context, cache, plan, history, { ...options, asks: false });
}

async function planVersion(
  cache: OpenedCache,
  history: VersionStore,
  scope: ScopeName,
  key: string,
  number: number | undefined,
): Promise<CachePlan> {
  const address = { sourceId: cache.tree.id, scope, key: keptKey(cache.snapshot, scope, key) };
  const current = await recordPresent(cache, scope, address.key, history);
  const version =
    number === undefined
      ? latestOther(await history.versions(address), current, `${scope}/${address.key}`)
      : await history.version(address, number);
  return planRestore(cache, version, history);
}

function latestOther(versions: readonly ContentVersion[], current: string | undefined, name: string): ContentVersion {
  const found = versions.findLast(({ content }) => content?.sha256 !== undefined && content.sha256 !== current);
  if (found === undefined) {
    throw new UserError(`No other version of ${name} has been seen.`, 'List its versions to see what there is.');
  }
  return found;
}

async function lastOperation(cache: OpenedCache, history: VersionStore): Promise<string> {
  const [latest] = await history.operations(cache.tree.id);
  if (latest === undefined) {
    throw new UserError(`Nothing was changed in '${cache.place}' from here.`, 'Restore a version of an entry instead.');
  }
  return latest.id;
}
