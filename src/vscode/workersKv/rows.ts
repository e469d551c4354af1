import { describeError } from '../../core/errors';
import type { KvGrouping } from '../../core/workersKv/groups';
import { sumBytes } from '../../core/workersKv/groups';
import type { KvGroup } from '../../core/workersKv/groups';
import type { KvEntry, KvState } from '../../core/workersKv/model';
import { formatBytes, plural } from '../format';
import { formatDuration } from '../sandboxes/format';
import type { KvCache, KvCacheState } from './kvCaches';
import type { KvPurgeNode } from './nodes';

/** A row as it is drawn. */
export interface KvRow {
  readonly label: string;
  readonly description: string;
  readonly icon: string;
  readonly color?: string;
  readonly contextValue: string;
}

export function namespaceRow({ target }: KvCache, state: KvCacheState, nowMs: number): KvRow {
  const { snapshot, findings, error } = state;
  const parts = [
    'Workers KV',
    ...(snapshot === undefined
      ? [error === undefined ? '' : 'could not be read']
      : [
          plural(snapshot.entries.length, 'entry', 'entries'),
          formatBytes(sumBytes(snapshot.entries)),
          findings.length === 0 ? '' : plural(findings.length, 'finding'),
          error === undefined ? '' : `as of ${formatDuration(nowMs - snapshot.takenMs)} ago`,
        ]),
  ];
  return {
    label: target.name,
    description: joined(parts),
    icon: 'cloud',
    contextValue: `kvNamespace${target.versionsNamespace === undefined ? '' : '+versions'}`,
  };
}

export function groupRow(group: KvGroup, grouping: KvGrouping): KvRow {
  const label = group.name ?? `(no ${grouping})`;
  return {
    label: grouping === 'version' && group.name !== undefined ? `version ${group.name}` : label,
    description: joined([plural(group.entries.length, 'entry', 'entries'), formatBytes(group.bytes)]),
    icon: groupIcons[grouping],
    contextValue: 'kvGroup',
  };
}

const groupIcons: Readonly<Record<KvGrouping, string>> = {
  path: 'file-media',
  derivative: 'layers',
  mode: 'settings',
  format: 'file-binary',
  tag: 'tag',
  version: 'versions',
};

const stateIcons: Readonly<Record<KvState, readonly [icon: string, color?: string]>> = {
  corrupt: ['error', 'list.errorForeground'],
  expired: ['clock', 'disabledForeground'],
  stale: ['git-compare', 'list.warningForeground'],
  expiring: ['watch', 'list.warningForeground'],
  foreign: ['question', 'disabledForeground'],
  fresh: ['file-media'],
};

const stateTexts: Readonly<Record<KvState, string>> = {
  corrupt: 'broken manifest',
  expired: 'expired',
  stale: 'stale',
  expiring: 'expires soon',
  foreign: 'foreign',
  fresh: '',
};

export function entryRow(entry: KvEntry, grouping: KvGrouping, nowMs: number): KvRow {
  const [icon, color] = stateIcons[entry.state];
  return {
    label: labelOf(entry, grouping),
    description: joined([
      entry.sizeBytes === undefined ? '' : formatBytes(entry.sizeBytes),
      entry.chunks === undefined ? '' : plural(entry.chunks.length, 'chunk'),
      entry.createdMs === undefined ? '' : `${formatDuration(Math.max(0, nowMs - entry.createdMs))} old`,
      versionText(entry),
      ...entry.states.map((state) => stateTexts[state]),
    ]),
    icon,
    ...(color === undefined ? {} : { color }),
    contextValue: `kvEntry${isImage(entry) ? '+image' : ''}`,
  };
}

/** Below a path, its parts alone; elsewhere the whole key, as it is the only name that tells entries apart. */
function labelOf({ key, path }: KvEntry, grouping: KvGrouping): string {
  const start = path === undefined ? -1 : key.indexOf(path);
  return grouping === 'path' && path !== undefined && start > 0
    ? `${key.slice(0, start - 1)} ${key.slice(start + path.length + 1).replaceAll(':', ' ')}`.trim()
    : key;
}

/** `v2`, or `v1, now v2` when the entry is of another version than the current one. */
export function versionText({ entryVersion, version }: KvEntry): string {
  const current = version?.version;
  if (entryVersion === undefined) {
    return current === undefined ? '' : `v${current}`;
  }
  return current === undefined || current === entryVersion ? `v${entryVersion}` : `v${entryVersion}, now v${current}`;
}

export function isImage({ contentType, format }: KvEntry): boolean {
  return (contentType ?? '').startsWith('image/') || /^(jpe?g|png|webp|gif|avif)$/.test(format ?? '');
}

export function orphansRow({ snapshot }: KvCacheState): KvRow {
  const chunks = snapshot?.orphanChunks ?? [];
  return {
    label: 'Orphan chunks',
    description: joined([
      plural(chunks.length, 'chunk'),
      formatBytes(chunks.reduce((sum, { sizeBytes }) => sum + (sizeBytes ?? 0), 0)),
    ]),
    icon: 'warning',
    color: 'list.warningForeground',
    contextValue: 'kvOrphans',
  };
}

export function purgeRow({ purge }: KvPurgeNode): KvRow {
  const total = purge.keys.length + purge.chunkKeys.length + purge.edgeTags.length;
  return {
    label: `Interrupted: ${purge.title}`,
    description: `${purge.left} of ${total} left`,
    icon: 'debug-pause',
    color: 'list.warningForeground',
    contextValue: 'kvPurge',
  };
}

export function problemRow({ error }: KvCacheState): KvRow {
  return {
    label: describeError(error),
    description: '',
    icon: 'error',
    color: 'list.errorForeground',
    contextValue: 'kvProblem',
  };
}

function joined(parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(' · ');
}
