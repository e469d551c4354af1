import type { CacheEntry, CacheSnapshot, ScopeSnapshot } from '../../../core/cache/model';
import { escapeMarkdown, formatBytes, formatExact, formatShare, formatTokens, plural } from '../../format';
import { withProgress } from '../../progress';
import { quotaBar } from '../format';
import { groupEntries } from '../grouping';
import { pickSandbox } from '../pickers';
import { timeLeft } from '../rows';
import type { Sandbox } from '../sandbox';
import type { SandboxTools } from '../sandboxTools';
import { statesAt } from '../states';
import { targetPlace } from '../targets';
import type { SandboxCommand } from './sandboxCommand';

const title = 'Cache Info';
const shownLargest = 10;

/** A readable document about a cache: entries, bytes, tokens, quota, expired entries and health per scope. */
export const showCacheInfo: SandboxCommand = {
  id: 'contextCache.showCacheInfo',
  run: async (tools, clicked, selected) => {
    const sandbox = targetPlace(tools, clicked, selected)?.sandbox ?? (await pickSandbox(tools, title));
    if (sandbox === undefined) {
      return;
    }
    const snapshot = await tools.store.snapshot(sandbox);
    await withProgress({ title: `Counting the tokens of ${sandbox.label}` }, async ({ signal }) => {
      for (const { scope } of snapshot.scopes) {
        await tools.tokens.count(sandbox, scope, signal);
      }
    });
    await tools.services.reports.show(`Cache of ${sandbox.id}`, cacheInfo(tools, sandbox, snapshot));
  },
};

function cacheInfo(tools: SandboxTools, sandbox: Sandbox, snapshot: CacheSnapshot): string {
  const nowMs = tools.services.clock.now();
  const findings = tools.findings.of(snapshot);
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const scopeRow = (scope: ScopeSnapshot): string =>
    row([
      scope.scope,
      formatExact(scope.entries.length),
      formatBytes(scope.usedBytes),
      formatTokens(tools.tokens.sum(sandbox, scope.entries).tokens),
      `${quotaBar(scope.usedBytes, scope.quotaBytes)} ${formatShare(scope.usedBytes, scope.quotaBytes)} of ${formatBytes(scope.quotaBytes)}`,
      formatExact(scope.entries.filter((entry) => statesAt(entry, nowMs).includes('expired')).length),
      scope.problem === undefined
        ? plural(findings.ofScope(scope.scope).length, 'finding')
        : escapeMarkdown(scope.problem),
    ]);
  const all = snapshot.scopes.flatMap(({ entries }) => entries);
  const groups = snapshot.scopes.flatMap(({ scope, entries }) =>
    groupEntries(entries).map((group) =>
      row([
        scope,
        escapeMarkdown(group.label),
        formatExact(group.entries.length),
        formatBytes(bytesOf(group.entries)),
        formatTokens(tools.tokens.sum(sandbox, group.entries).tokens),
      ]),
    ),
  );
  const largest = [...all].sort((a, b) => (b.fileBytes ?? 0) - (a.fileBytes ?? 0)).slice(0, shownLargest);
  return [
    `# Cache of ${escapeMarkdown(sandbox.label)}`,
    '',
    `${escapeMarkdown(sandbox.place)}, read ${new Date(snapshot.takenMs).toISOString()}`,
    '',
    row(['Scope', 'Entries', 'Indexed', 'Tokens', 'Quota', 'Expired', 'Health']),
    row(['---', '---:', '---:', '---:', '---', '---:', '---']),
    ...snapshot.scopes.map(scopeRow),
    row([
      'all',
      formatExact(all.length),
      formatBytes(snapshot.scopes.reduce((sum, { usedBytes }) => sum + usedBytes, 0)),
      formatTokens(tools.tokens.sum(sandbox, all).tokens),
      '',
      formatExact(all.filter((entry) => statesAt(entry, nowMs).includes('expired')).length),
      plural(findings.all.length, 'finding'),
    ]),
    '',
    '## What the entries are',
    '',
    row(['Scope', 'Group', 'Entries', 'Bytes', 'Tokens']),
    row(['---', '---', '---:', '---:', '---:']),
    ...groups,
    '',
    '## Largest values',
    '',
    row(['Key', 'Scope', 'Bytes', 'Tokens', 'Time left']),
    row(['---', '---', '---:', '---:', '---']),
    ...largest.map((entry) =>
      row([
        escapeMarkdown(entry.originalKey),
        entry.scope,
        formatExact(entry.fileBytes ?? 0),
        formatTokens(tools.tokens.of(sandbox, entry)?.tokens ?? 0),
        timeLeft(entry, nowMs),
      ]),
    ),
    '',
    ...seedFlagLines(snapshot),
    ...(findings.all.length === 0
      ? ['No findings.']
      : [
          '## Findings',
          '',
          ...findings.all.map(({ message, fix }) => `- ${escapeMarkdown(`${message} ${fix ?? ''}`)}`),
        ]),
    '',
  ].join('\n');
}

function seedFlagLines({ seedFlag }: CacheSnapshot): string[] {
  if (seedFlag === undefined) {
    return ['The instructions were never seeded as a whole: there is no seed flag.', ''];
  }
  const tags = Object.keys(seedFlag.results);
  return [`Seeded ${escapeMarkdown(seedFlag.seededAt)}: ${escapeMarkdown(tags.join(', '))}`, ''];
}

function bytesOf(entries: readonly CacheEntry[]): number {
  return entries.reduce((sum, { fileBytes }) => sum + (fileBytes ?? 0), 0);
}
