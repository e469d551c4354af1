import type { Command } from 'commander';
import type { ScopeSnapshot } from '../../core/cache/model';
import { readSnapshot } from '../../core/cache/snapshot';
import type { CliContext, ExitCode } from '../io';
import { formatJson } from '../json';
import type { ActionRunner } from '../actions';
import { openSource } from '../source';
import { formatBytes, formatTable } from '../text';
import type { ValueTokens } from './countValues';
import { countValues } from './countValues';
import { entryOutput } from './entryOutput';
import type { LibraryOptions, ScopeOptions, SourceOptions, TokenOptions } from './options';
import { addLibraryOption, addScopeOption, addSourceOption, addTokenOptions, readFingerprints } from './options';
import { reportScopeProblems } from './scopeProblems';

type LsOptions = SourceOptions & ScopeOptions & TokenOptions & LibraryOptions;

/** `cache ls`: every entry with its size, tokens and state. */
export function addLsCommand(cache: Command, run: ActionRunner): void {
  const command = cache.command('ls').description('list the entries of a cache');
  addLibraryOption(addTokenOptions(addScopeOption(addSourceOption(command)))).action(run(ls));
}

async function ls(context: CliContext, options: LsOptions): Promise<ExitCode> {
  const { tree, place, sourceFiles } = await openSource(context, options);
  const tokens = countValues(options, context);
  try {
    const snapshot = await readSnapshot(tree, {
      clock: context.clock,
      signal: context.signal,
      verifyValues: true,
      onValue: tokens.onValue,
      sourceFiles,
      ...(await readFingerprints(context, options)),
    });
    const scopes = snapshot.scopes.filter(({ scope }) => options.scope === undefined || scope === options.scope);
    const unreadable = reportScopeProblems(context, place, scopes);
    context.out(context.json ? formatJson(lsOutput(place, scopes, tokens)) : lsText(scopes, tokens));
    return unreadable ? 1 : 0;
  } finally {
    tokens.dispose();
  }
}

function lsOutput(source: string, scopes: readonly ScopeSnapshot[], tokens: ValueTokens) {
  return {
    source,
    scopes: scopes.map(({ scope, quotaBytes, usedBytes, entries }) => ({
      scope,
      quotaBytes,
      usedBytes,
      entries: entries.map((entry) => entryOutput(entry, tokens.of(scope, entry.key))),
    })),
  };
}

function lsText(scopes: readonly ScopeSnapshot[], tokens: ValueTokens): string {
  const filled = scopes.filter(({ entries }) => entries.length > 0);
  if (filled.length === 0) {
    return 'There are no entries.\n';
  }
  return filled
    .map(({ scope, quotaBytes, usedBytes, entries }) => {
      const rows = entries.map((entry) => [
        entry.key,
        entry.states.join(', '),
        formatBytes(entry.sizeBytes),
        tokens.of(scope, entry.key) ?? '-',
        entry.expiresAt === null ? 'never' : (entry.expiresAt ?? '-'),
      ]);
      const title = `${scope}: ${formatBytes(usedBytes)} of ${formatBytes(quotaBytes)}\n`;
      return title + formatTable(['KEY', 'STATE', 'SIZE', 'TOKENS', 'EXPIRES (UTC)'], rows);
    })
    .join('\n');
}
