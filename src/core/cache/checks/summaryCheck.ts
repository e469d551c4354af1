import type { Finding } from '../../findings';
import type { CacheEntry, CacheSnapshot } from '../model';

/**
 * Summaries that are older than what they sum up, or that do not say what that was. A summary names its source in its
 * metadata: `source_entry` (`<scope>/<key>`) and `source_fingerprint` (first 16 hex digits of the SHA-256 of the
 * source's bytes). The original writer records neither. Expired summaries are not served, so they are left out.
 */
export function checkSummaries(snapshot: Omit<CacheSnapshot, 'findings'>): readonly Finding[] {
  const entries = new Map<string, CacheEntry>();
  for (const entry of snapshot.scopes.flatMap((scope) => scope.entries)) {
    entries.set(`${entry.scope}/${entry.key}`, entry);
  }
  return [...entries.values()]
    .filter((entry) => isSummary(entry) && !entry.states.some((state) => state === 'expired' || state === 'orphan'))
    .flatMap((entry) => checkSummary(entry, entries));
}

function isSummary({ scope, key }: CacheEntry): boolean {
  return (scope === 'task' && key.startsWith('summary_')) || (scope === 'project' && key === 'summary');
}

function checkSummary(summary: CacheEntry, entries: ReadonlyMap<string, CacheEntry>): readonly Finding[] {
  const { source_entry: place, source_fingerprint: fingerprint } = summary.metadata;
  if (typeof place !== 'string' && typeof fingerprint !== 'string') {
    return [finding(summary, 'information', 'does not say what it sums up, so nothing tells when it is out of date')];
  }
  const source = typeof place === 'string' ? entries.get(place) : undefined;
  if (typeof place === 'string' && source === undefined) {
    return [finding(summary, 'warning', `sums up '${place}', which is no longer there`)];
  }
  if (source === undefined) {
    return [];
  }
  if (typeof fingerprint === 'string' && source.fingerprint !== undefined) {
    return fingerprint === source.fingerprint
      ? []
      : [finding(summary, 'warning', `sums up an earlier content of '${source.scope}/${source.key}'`)];
  }
  const changed = source.updatedAt ?? source.createdAt;
  return summary.createdAt !== undefined && changed !== undefined && changed > summary.createdAt
    ? [finding(summary, 'warning', `is older than its source '${source.scope}/${source.key}'`)]
    : [];
}

function finding(summary: CacheEntry, severity: Finding['severity'], reason: string): Finding {
  return {
    id: 'stale-summary',
    severity,
    scope: summary.scope,
    key: summary.key,
    message: `The summary '${summary.key}' in '${summary.scope}' ${reason}.`,
    fix: 'Invalidate it, so that it is made again.',
  };
}
