import { Argument } from 'commander';
import type { Command } from 'commander';
import type { ScopeName } from '../../core/cache/model';
import type { EntryCriteria } from '../../core/cache/selectEntries';
import { wholeNumber } from './numbers';
import { scopeArgument } from './options';
import type { OpenedCache } from './runPlan';
import { findEntry } from './show';

/** Options that choose entries; all that are given must hold. */
export interface CriteriaOptions {
  readonly tag?: string;
  readonly pattern?: string;
  readonly expired?: true;
  readonly orphans?: true;
  readonly summaries?: true;
  readonly seeded?: true;
  readonly before?: number;
}

/** Adds `[scope] [key]` and the options that choose entries. */
export function addCriteria(command: Command): Command {
  return command
    .addArgument(new Argument('[scope]', 'only this scope').argParser(scopeArgument))
    .argument('[key]', 'only this key, as given or as kept')
    .option('--tag <tag>', 'entries with this tag')
    .option('--pattern <glob>', "entries whose key matches, such as 'tool_output_*'")
    .option('--expired', 'expired entries')
    .option('--orphans', 'files without an index entry')
    .option('--summaries', 'conversation summaries and the project summary')
    .option('--seeded', 'seeded instructions')
    .option('--before <version>', 'entries of a lower version', wholeNumber);
}

/** What the arguments choose; ends the command as wrong use when they choose nothing in particular. */
export function criteriaOf(
  cache: OpenedCache,
  command: Command,
  scope: ScopeName | undefined,
  key: string | undefined,
  options: CriteriaOptions,
): EntryCriteria {
  const { tag, pattern, expired, orphans, summaries, seeded, before } = options;
  const criteria: EntryCriteria = {
    ...(scope === undefined ? {} : { scope }),
    ...(scope === undefined || key === undefined
      ? {}
      : { entries: [{ scope, key: findEntry(cache.snapshot, scope, key).key }] }),
    ...(tag === undefined ? {} : { tag }),
    ...(pattern === undefined ? {} : { pattern }),
    ...(expired === undefined ? {} : { expired }),
    ...(orphans === undefined ? {} : { orphans }),
    ...(summaries === undefined ? {} : { summaries }),
    ...(seeded === undefined ? {} : { seeded }),
    ...(before === undefined ? {} : { beforeVersion: before }),
  };
  if (Object.keys(criteria).length === 0) {
    command.error('error: say which entries: a scope, a scope and a key, or an option such as --expired');
  }
  return criteria;
}
