import { MarkdownString } from 'vscode';
import { describeError } from '../../core/errors';
import { kvPlace } from '../../core/workersKv/target';
import { escapeMarkdown, formatBytes, plural } from '../format';
import { formatDuration } from '../sandboxes/format';
import type { KvCaches } from './kvCaches';
import type { KvNode } from './nodes';
import { versionText } from './rows';

/** Said wherever something was written or deleted: other places learn of it later. */
export const consistencyText =
  'Workers KV is eventually consistent: other places may serve and list what was there before for up to a minute.';

const shownFindings = 6;

/** Everything about a row that the row has no room for. Nothing in it can be clicked or loaded. */
export function kvTooltip(node: KvNode, caches: KvCaches, nowMs: number): MarkdownString {
  return new MarkdownString(linesOf(node, caches, nowMs).join('\n\n'));
}

function linesOf(node: KvNode, caches: KvCaches, nowMs: number): readonly string[] {
  const { cache } = node;
  const { snapshot, findings, error } = caches.state(cache);
  switch (node.kind) {
    case 'namespace':
      return [
        `**${escapeMarkdown(cache.target.name)}**`,
        escapeMarkdown(kvPlace(cache.target)),
        snapshot === undefined ? 'Not read yet' : `Read ${formatDuration(nowMs - snapshot.takenMs)} ago`,
        consistencyText,
        cache.target.versionsNamespace === undefined ? 'No namespace of versions is named.' : '',
        cache.target.zone === undefined ? 'The edge is left alone: no zone is named.' : '',
        ...(error === undefined ? [] : [escapeMarkdown(describeError(error))]),
        ...findings.slice(0, shownFindings).map(({ message }) => `- ${escapeMarkdown(message)}`),
        findings.length > shownFindings ? plural(findings.length - shownFindings, 'more finding') : '',
      ].filter((line) => line !== '');
    case 'group':
      return [escapeMarkdown(node.name ?? 'The entries that have none')];
    case 'entry': {
      const entry = snapshot?.entries.find(({ key }) => key === node.key);
      return entry === undefined
        ? [escapeMarkdown(node.key)]
        : [
            `**${escapeMarkdown(entry.key)}**`,
            [entry.contentType, entry.sizeBytes === undefined ? undefined : formatBytes(entry.sizeBytes)]
              .filter((part) => part !== undefined)
              .map(escapeMarkdown)
              .join(', '),
            `State: ${entry.states.join(', ')}`,
            versionText(entry) === '' ? '' : `Version: ${versionText(entry)}`,
            entry.tags.length === 0 ? '' : `Tags: ${entry.tags.map(escapeMarkdown).join(', ')}`,
            entry.expiresMs === undefined
              ? 'Never expires'
              : entry.expiresMs < nowMs
                ? `Expired ${formatDuration(nowMs - entry.expiresMs)} ago`
                : `Expires in ${formatDuration(entry.expiresMs - nowMs)}`,
            ...entry.chunkProblems.map(escapeMarkdown),
          ].filter((line) => line !== '');
    }
    case 'orphans':
      return ['Chunks that belong to no manifest: nobody reads them.'];
    case 'purge':
      return [
        `${escapeMarkdown(node.purge.title)} was interrupted ${formatDuration(nowMs - node.purge.startedMs)} ago.`,
      ];
    case 'problem':
      return [escapeMarkdown(describeError(error))];
  }
}
