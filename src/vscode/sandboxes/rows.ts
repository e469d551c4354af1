import type { CacheEntry, EntryState, ScopeSnapshot } from '../../core/cache/model';
import { tagOfKey } from '../../core/cache/keys';
import { isSummary } from '../../core/cache/summarySource';
import { isSourceError } from '../../core/errors';
import { formatBytes, formatShare, formatTokens, plural } from '../format';
import type { TokenSum } from './entryTokens';
import { formatDuration, quotaBar } from './format';
import type { EntryGroup, GroupKind } from './grouping';
import type { Sandbox } from './sandbox';

/** What a row shows; `icon` and `color` are ids of the editor's theme. State is always said in words too. */
export interface Row {
  readonly label: string;
  readonly description: string;
  readonly icon: string;
  readonly color?: string;
  /** `<base>+<mark>+…`, as the menus of package.json match it. */
  readonly contextValue: string;
}

const icons: Readonly<Record<EntryState, { readonly icon: string; readonly color?: string }>> = {
  foreign: { icon: 'link-external', color: 'list.errorForeground' },
  missing: { icon: 'circle-slash', color: 'list.errorForeground' },
  corrupt: { icon: 'error', color: 'list.errorForeground' },
  orphan: { icon: 'question', color: 'list.warningForeground' },
  expired: { icon: 'history', color: 'disabledForeground' },
  stale: { icon: 'sync-ignored', color: 'list.warningForeground' },
  expiring: { icon: 'watch', color: 'list.warningForeground' },
  fresh: { icon: 'file' },
};

const groupIcons: Readonly<Record<GroupKind, string>> = {
  instructions: 'book',
  summaries: 'comment-discussion',
  project: 'project',
  tool: 'terminal',
  messages: 'comment',
  other: 'files',
};

/** A row whose text changed with every second would be drawn again and again. */
const justNowMs = 60_000;

export function sandboxRow(
  sandbox: Sandbox,
  facts: {
    readonly scopes: readonly ScopeSnapshot[] | undefined;
    readonly findings: number;
    /** Why the latest look failed; undefined when it did not. */
    readonly error: Error | undefined;
    readonly reading: boolean;
    /** How long ago it was seen as shown, in milliseconds; only for a place that does not tell of changes. */
    readonly age: number | undefined;
  },
): Row {
  const { scopes, findings, error, reading, age } = facts;
  const failed = error !== undefined;
  const asleep = isSourceError(error, 'asleep');
  const parts: string[] = [];
  // First, since a narrow view cuts the end off.
  if (failed && age !== undefined) {
    parts.push(asleep ? 'asleep' : 'offline');
  }
  if (age !== undefined) {
    parts.push(`last seen ${age < justNowMs ? 'just now' : `${formatDuration(age)} ago`}`);
  }
  if (scopes !== undefined) {
    const entries = scopes.flatMap((scope) => scope.entries);
    parts.push(plural(entries.length, 'entry', 'entries'), formatBytes(bytesOf(entries)));
  } else if (reading) {
    parts.push('reading…');
  }
  if (findings > 0) {
    parts.push(plural(findings, 'finding'));
  }
  if (failed && age === undefined) {
    parts.push(asleep ? 'asleep' : scopes === undefined ? 'can not be read' : 'last good state');
  }
  return {
    label: sandbox.label,
    description: parts.join(' · '),
    icon: failed ? 'warning' : 'vm',
    ...(failed ? { color: 'list.warningForeground' } : {}),
    contextValue: contextValue('sandbox', sandbox.origin, writable(sandbox), asleep ? 'asleep' : ''),
  };
}

export function scopeRow(sandbox: Sandbox, scope: ScopeSnapshot, shown: number, tokens: TokenSum | undefined): Row {
  const { usedBytes, quotaBytes, entries, index } = scope;
  const count =
    shown === entries.length
      ? plural(entries.length, 'entry', 'entries')
      : `${shown} of ${plural(entries.length, 'entry', 'entries')}`;
  const parts = [`${quotaBar(usedBytes, quotaBytes)} ${formatShare(usedBytes, quotaBytes)}`];
  if (tokens !== undefined && entries.length > 0 && isWorthShowing(tokens)) {
    parts.push(tokenText(tokens));
  }
  parts.push(count);
  if (index === 'unreadable') {
    parts.push('can not be read');
  }
  const full = usedBytes > quotaBytes;
  return {
    label: scope.scope,
    description: parts.join(' · '),
    icon: index === 'unreadable' || scope.problem !== undefined ? 'warning' : 'folder',
    ...(index === 'unreadable' || full ? { color: 'list.errorForeground' } : {}),
    contextValue: contextValue('scope', scope.scope, index === 'unreadable' ? 'unreadable' : '', writable(sandbox)),
  };
}

export function groupRow(sandbox: Sandbox, group: EntryGroup, tokens: TokenSum): Row {
  const parts = [plural(group.entries.length, 'entry', 'entries'), formatBytes(bytesOf(group.entries))];
  if (isWorthShowing(tokens)) {
    parts.push(tokenText(tokens));
  }
  return {
    label: group.label,
    description: parts.join(' · '),
    icon: groupIcons[group.kind],
    contextValue: contextValue('group', group.kind, writable(sandbox)),
  };
}

/** @param states the entry's states at this moment, heaviest first */
export function entryRow(
  sandbox: Sandbox,
  entry: CacheEntry,
  states: readonly EntryState[],
  tokens: TokenSum | undefined,
  nowMs: number,
): Row {
  const state = states[0] ?? 'fresh';
  const parts = states.filter((one) => one !== 'fresh' && one !== 'expired').map((one) => stateTexts[one]);
  const left = timeLeft(entry, nowMs);
  if (states.includes('expired')) {
    parts.push(left);
  }
  if (tokens !== undefined) {
    parts.push(tokenText(tokens));
  }
  parts.push(formatBytes(entry.fileBytes ?? entry.sizeBytes));
  if (left !== '' && !states.includes('expired')) {
    parts.push(left);
  }
  if (entry.createdMs !== undefined) {
    parts.push(`${formatDuration(nowMs - (changedMs(entry) ?? entry.createdMs))} old`);
  }
  if (entry.tags.length > 0) {
    parts.push(entry.tags.map((tag) => `#${tag}`).join(' '));
  }
  return {
    label: entry.originalKey.replace(/\s+/g, ' '),
    description: parts.join(' · '),
    ...icons[state],
    contextValue: contextValue(
      'entry',
      ...states,
      entry.scope === 'instructions' && tagOfKey(entry.key) !== undefined ? 'instruction' : '',
      isSummary(entry) ? 'summary' : '',
      entry.fileBytes === undefined ? '' : 'readable',
      states.includes('orphan') ? '' : 'indexed',
      writable(sandbox),
    ),
  };
}

/** The states in the words of a row. */
export const stateTexts: Readonly<Record<EntryState, string>> = {
  foreign: 'foreign path',
  missing: 'missing file',
  corrupt: 'corrupt',
  orphan: 'orphan',
  expired: 'expired',
  stale: 'stale',
  expiring: 'expiring',
  fresh: 'fresh',
};

/** `5 d left`, `expired 3 h ago`, `never expires`; nothing where the end is unknown. */
export function timeLeft(entry: CacheEntry, nowMs: number): string {
  const { expiresMs } = entry;
  if (expiresMs === undefined) {
    return '';
  }
  if (expiresMs === null) {
    return 'never expires';
  }
  return expiresMs < nowMs
    ? `expired ${formatDuration(nowMs - expiresMs)} ago`
    : `${formatDuration(expiresMs - nowMs)} left`;
}

/** Before the first count there is nothing to say. */
function isWorthShowing({ tokens, complete }: TokenSum): boolean {
  return complete || tokens > 0;
}

/** `476 tokens`, `~3.1k tokens` for an estimate, `3.1k+ tokens` while more are being counted. */
export function tokenText({ tokens, estimated, complete }: TokenSum): string {
  const noun = tokens === 1 && complete ? 'token' : 'tokens';
  return `${estimated ? '~' : ''}${formatTokens(tokens)}${complete ? '' : '+'} ${noun}`;
}

function changedMs(entry: CacheEntry): number | undefined {
  const changed = entry.updatedAt === undefined ? NaN : Date.parse(`${entry.updatedAt}Z`);
  return Number.isNaN(changed) ? entry.createdMs : changed;
}

function bytesOf(entries: readonly CacheEntry[]): number {
  return entries.reduce((sum, entry) => sum + (entry.fileBytes ?? 0), 0);
}

function writable(sandbox: Sandbox): string {
  return sandbox.tree.capabilities.write ? 'writable' : '';
}

function contextValue(base: string, ...marks: readonly string[]): string {
  return [base, ...marks.filter((mark) => mark !== '')].join('+');
}
