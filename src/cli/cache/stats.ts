import type { Command } from 'commander';
import { readSnapshot } from '../../core/cache/snapshot';
import type { ScopeStats } from '../../core/cache/stats';
import { cacheStats } from '../../core/cache/stats';
import type { CliContext, ExitCode } from '../io';
import { formatJson } from '../json';
import type { ActionRunner } from '../actions';
import { openSource } from '../source';
import { formatBytes, formatTable } from '../text';
import { countValues } from './countValues';
import type { ScopeOptions, SourceOptions, TokenOptions } from './options';
import { addScopeOption, addSourceOption, addTokenOptions } from './options';
import { reportScopeProblems } from './scopeProblems';

type StatsOptions = SourceOptions & ScopeOptions & TokenOptions;
type Row = ScopeStats & { readonly tokens: number | undefined };

/** `cache stats`: entries, bytes, tokens, quota and health of each scope. */
export function addStatsCommand(cache: Command, run: ActionRunner): void {
  const command = cache.command('stats').description('sum up each scope: entries, bytes, tokens, quota, health');
  addTokenOptions(addScopeOption(addSourceOption(command))).action(run(stats));
}

async function stats(context: CliContext, options: StatsOptions): Promise<ExitCode> {
  const { tree, place, sourceFiles } = await openSource(context, options);
  const tokens = countValues(options, context);
  try {
    const snapshot = await readSnapshot(tree, {
      clock: context.clock,
      signal: context.signal,
      verifyValues: true,
      onValue: tokens.onValue,
      sourceFiles,
    });
    const tokensOf = new Map(
      snapshot.scopes.map(({ scope, entries }) => [
        scope,
        entries.reduce((sum, { key }) => sum + (tokens.of(scope, key) ?? 0), 0),
      ]),
    );
    const rows = cacheStats(snapshot)
      .filter(({ scope }) => options.scope === undefined || scope === options.scope)
      .map((row): Row => ({ ...row, tokens: options.tokens ? tokensOf.get(row.scope) : undefined }));
    const unreadable = reportScopeProblems(context, place, rows);
    context.out(context.json ? formatJson({ source: place, scopes: rows.map(rowOutput) }) : statsText(rows));
    return unreadable ? 1 : 0;
  } finally {
    tokens.dispose();
  }
}

function rowOutput(row: Row) {
  return {
    scope: row.scope,
    entries: row.entries,
    active: row.active,
    expired: row.expired,
    orphans: row.orphans,
    bytes: row.bytes,
    tokens: row.tokens ?? null,
    quotaBytes: row.quotaBytes,
    quotaPercent: row.quotaPercent,
    defaultTtlHours: row.defaultTtlHours,
    health: { ...row.health },
    problem: row.problem ?? null,
  };
}

function statsText(rows: readonly Row[]): string {
  const headings = ['SCOPE', 'ENTRIES', 'ACTIVE', 'EXPIRED', 'ORPHANS', 'SIZE', 'QUOTA', 'TOKENS', 'TTL (H)', 'HEALTH'];
  return formatTable(
    headings,
    rows.map((row) => [
      row.scope,
      row.entries,
      row.active,
      row.expired,
      row.orphans,
      formatBytes(row.bytes),
      `${row.quotaPercent.toFixed(row.quotaPercent < 10 ? 2 : 0)} %`,
      row.tokens ?? '-',
      row.defaultTtlHours,
      healthText(row),
    ]),
  );
}

function healthText({ problem, health }: Row): string {
  if (problem !== undefined) {
    return 'unreadable';
  }
  const parts = [
    [health.error, 'error'],
    [health.warning, 'warning'],
  ] as const;
  const found = parts
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count} ${word}${count === 1 ? '' : 's'}`);
  return found.length === 0 ? 'ok' : found.join(', ');
}
