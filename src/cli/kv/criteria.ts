import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import type { KvCriteria } from '../../core/workersKv/select';
import { hoursArgument } from '../cache/numbers';
import type { CliContext } from '../io';

/** Options that choose entries; all that are given must hold. */
export interface CriteriaOptions {
  readonly tag?: string;
  readonly derivative?: string;
  readonly path?: string;
  readonly format?: string;
  readonly mode?: string;
  readonly version?: number;
  readonly expired?: true;
  readonly stale?: true;
  readonly broken?: true;
  readonly olderThan?: number;
}

export function addCriteria(command: Command): Command {
  return command
    .argument('[keys...]', 'only these keys')
    .option('--tag <tag>', 'entries with this cache tag')
    .option('--derivative <name>', 'entries of this derivative')
    .option('--path <path>', "entries of this original, or of those that match, such as 'videos/**'")
    .option('--format <name>', 'entries of this format')
    .option('--mode <name>', 'entries of this mode')
    .option('--version <number>', 'entries whose current version is this', versionArgument)
    .option('--expired', 'expired entries')
    .option('--stale', 'entries of another version than the current one')
    .option('--broken', 'entries whose chunks are not whole')
    .option('--older-than <hours>', 'entries that were made before so many hours', hoursArgument);
}

const msPerHour = 3_600_000;

/** What arguments and options choose; undefined when they choose nothing in particular. */
export function criteriaOf(
  context: CliContext,
  keys: readonly string[],
  options: CriteriaOptions & { readonly orphanChunks?: true },
): KvCriteria | undefined {
  const { tag, derivative, path, format, mode, version, expired, stale, broken, olderThan, orphanChunks } = options;
  const criteria: KvCriteria = {
    ...(keys.length === 0 ? {} : { keys }),
    tag,
    derivative,
    path,
    format,
    mode,
    version,
    expired,
    stale,
    broken,
    orphanChunks,
    createdBeforeMs: olderThan === undefined ? undefined : context.clock.now() - olderThan * msPerHour,
  };
  return Object.values(criteria).every((value) => value === undefined) ? undefined : criteria;
}

/** The same for a command that needs a choice; ends it as wrong use when there is none. */
export function criteriaNeeded(
  context: CliContext,
  command: Command,
  keys: readonly string[],
  options: CriteriaOptions & { readonly orphanChunks?: true },
): KvCriteria {
  return (
    criteriaOf(context, keys, options) ??
    command.error('error: say which entries: a key, or an option such as --tag or --path')
  );
}

function versionArgument(text: string): number {
  if (!/^\d{1,15}$/.test(text)) {
    throw new InvalidArgumentError('Give a whole number.');
  }
  return Number(text);
}
