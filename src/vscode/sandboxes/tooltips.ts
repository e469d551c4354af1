import { MarkdownString } from 'vscode';
import type { CacheEntry } from '../../core/cache/model';
import { describeError } from '../../core/errors';
import type { Finding } from '../../core/findings';
import { escapeMarkdown, formatBytes, formatExact, formatShare, plural } from '../format';
import type { EntryTokens } from './entryTokens';
import { formatDuration } from './format';
import type { SandboxTreeNode } from './nodes';
import { stateTexts, timeLeft, tokenText } from './rows';
import type { SandboxStore } from './sandboxStore';
import type { FindingsIndex } from './snapshotFindings';
import { statesAt } from './states';

export interface TooltipParts {
  readonly store: SandboxStore;
  readonly tokens: EntryTokens;
  readonly findings: FindingsIndex;
  readonly nowMs: number;
}

const shownFindings = 8;

/** Everything about a row that the row has no room for. Nothing in it can be clicked or loaded. */
export function tooltipOf(node: SandboxTreeNode, parts: TooltipParts): MarkdownString {
  return new MarkdownString(linesOf(node, parts).join('\n\n'));
}

function linesOf(node: SandboxTreeNode, parts: TooltipParts): string[] {
  const { store, tokens, nowMs } = parts;
  const { sandbox } = node;
  const { snapshot, error } = store.state(sandbox);
  const findings = parts.findings.of(snapshot);
  switch (node.kind) {
    case 'sandbox':
      return [
        heading(sandbox.label),
        escapeMarkdown(sandbox.place),
        sandbox.origin === 'setting' ? 'From the settings' : 'Found in the workspace',
        ...(snapshot === undefined ? [] : [`Read ${formatDuration(nowMs - snapshot.takenMs)} ago`]),
        ...(error === undefined ? [] : [escapeMarkdown(describeError(error))]),
        ...findingLines(findings.all),
      ];
    case 'scope': {
      const scope = store.scope(sandbox, node.scope);
      if (scope === undefined) {
        return [heading(node.scope)];
      }
      const { usedBytes, quotaBytes, entries } = scope;
      const expired = entries.filter((entry) => statesAt(entry, nowMs).includes('expired')).length;
      return [
        heading(node.scope),
        `${formatBytes(usedBytes)} of ${formatBytes(quotaBytes)} (${formatShare(usedBytes, quotaBytes)})`,
        `${plural(entries.length, 'entry', 'entries')}, ${formatExact(expired)} expired`,
        tokenText(tokens.sum(sandbox, entries)),
        ...(scope.problem === undefined ? [] : [escapeMarkdown(scope.problem)]),
        ...findingLines(findings.ofScope(node.scope)),
      ];
    }
    case 'group':
      return [heading(node.group.replace(/^tool:/, ''))];
    case 'entry': {
      const entry = store.entry(sandbox, node.scope, node.key);
      return entry === undefined
        ? [heading(node.key)]
        : [
            ...entryLines(entry, nowMs),
            ...tokenLines(parts, node),
            ...findingLines(findings.ofEntry(node.scope, node.key)),
          ];
    }
    case 'problem':
      return [
        escapeMarkdown(describeError(node.scope === undefined ? error : store.scope(sandbox, node.scope)?.problem)),
      ];
  }
}

function entryLines(entry: CacheEntry, nowMs: number): string[] {
  const facts: (readonly [string, string | undefined])[] = [
    ['Key', entry.key === entry.originalKey ? undefined : entry.key],
    [
      'State',
      statesAt(entry, nowMs)
        .map((state) => stateTexts[state])
        .join(', '),
    ],
    ['Size', `${formatExact(entry.fileBytes ?? entry.sizeBytes)} bytes`],
    ['Type', entry.contentType],
    ['Fingerprint', entry.fingerprint],
    ['Created', entry.createdAt],
    ['Updated', entry.updatedAt],
    ['Expires', entry.expiresAt === null ? 'never' : withLeft(entry, nowMs)],
    ['Version', entry.version === undefined ? undefined : String(entry.version)],
    ['Tags', entry.tags.length === 0 ? undefined : entry.tags.join(', ')],
    ['Description', textOf(entry.metadata['description'])],
    ['Summary', textOf(entry.metadata['summary'])],
    ['Sums up', textOf(entry.metadata['source_label'])],
    ['Made by', textOf(entry.metadata['model'])],
  ];
  return [
    heading(entry.originalKey),
    ...facts.flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${escapeMarkdown(value)}`])),
  ];
}

function withLeft(entry: CacheEntry, nowMs: number): string | undefined {
  const left = timeLeft(entry, nowMs);
  return typeof entry.expiresAt !== 'string'
    ? undefined
    : left === ''
      ? entry.expiresAt
      : `${entry.expiresAt} (${left})`;
}

function tokenLines({ store, tokens }: TooltipParts, node: SandboxTreeNode & { kind: 'entry' }): string[] {
  const entry = store.entry(node.sandbox, node.scope, node.key);
  const count = entry === undefined ? undefined : tokens.of(node.sandbox, entry);
  return count === undefined ? [] : [`Tokens: ${count.estimated ? 'about ' : ''}${formatExact(count.tokens)}`];
}

function findingLines(findings: readonly Finding[]): string[] {
  if (findings.length === 0) {
    return [];
  }
  const lines = findings
    .slice(0, shownFindings)
    .map(({ message, fix }) => `- ${escapeMarkdown(message)}${fix === undefined ? '' : ` ${escapeMarkdown(fix)}`}`);
  const more = findings.length - lines.length;
  return [`${plural(findings.length, 'finding')}:`, [...lines, ...(more > 0 ? [`- and ${more} more`] : [])].join('\n')];
}

function textOf(value: unknown): string | undefined {
  const longest = 300;
  if (typeof value !== 'string' || value === '') {
    return undefined;
  }
  return value.length > longest ? `${value.slice(0, longest)}…` : value;
}

function heading(text: string): string {
  return `**${escapeMarkdown(text)}**`;
}
