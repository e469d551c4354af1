import type { Finding } from '../../findings';
import { withState } from '../entryStates';
import type { CacheEntry, CacheSnapshot, ScopeSnapshot } from '../model';
import { filesFingerprint, isSummary, summaryOrigin } from '../summarySource';
import type { SourceFileState } from '../summarySource';

/** Hashes of the files that summaries name, as far as they could be looked at. */
export type SourceFiles = ReadonlyMap<string, SourceFileState>;

/**
 * Summaries that are older than what they sum up, or that do not say what that was. A summary names its source in its
 * metadata: `source_entry` (`<scope>/<key>`), or `source_file` or `source_files` (paths in the workspace), and
 * `source_fingerprint`. The original writer records none of them. Expired summaries are not served, so they are left
 * out.
 */
export function checkSummaries(snapshot: Omit<CacheSnapshot, 'findings'>, files: SourceFiles): readonly Finding[] {
  const entries = entriesByPlace(snapshot.scopes);
  return [...entries.values()].filter(isServed).flatMap((summary) => {
    const origin = summaryOrigin(summary.metadata);
    if (origin.entry === undefined && origin.fingerprint === undefined) {
      const reason = 'does not say what it sums up, so nothing tells when it is out of date';
      return [finding(summary, 'information', reason)];
    }
    const reason = staleness(summary, entries, files);
    return reason === undefined ? [] : [finding(summary, 'warning', reason)];
  });
}

/** The scopes with the state `stale` on every summary whose source is another by now. */
export function markStaleSummaries(scopes: readonly ScopeSnapshot[], files: SourceFiles): readonly ScopeSnapshot[] {
  // Most caches hold no such summary, and some hold many entries.
  if (!scopes.some((scope) => scope.entries.some(namesSource))) {
    return scopes;
  }
  const entries = entriesByPlace(scopes);
  return scopes.map((scope) => ({
    ...scope,
    entries: scope.entries.map((entry) =>
      namesSource(entry) && staleness(entry, entries, files) !== undefined ? withState(entry, 'stale') : entry,
    ),
  }));
}

function namesSource(entry: CacheEntry): boolean {
  return isServed(entry) && (entry.metadata['source_entry'] ?? entry.metadata['source_fingerprint']) !== undefined;
}

/** Why a summary is out of date, as the end of a sentence; undefined when nothing says that it is. */
function staleness(
  summary: CacheEntry,
  entries: ReadonlyMap<string, CacheEntry>,
  files: SourceFiles,
): string | undefined {
  const origin = summaryOrigin(summary.metadata);
  if (origin.entry !== undefined) {
    return entryStaleness(summary, origin.entry, origin.fingerprint, entries.get(origin.entry));
  }
  const now = filesFingerprint(origin, files);
  if (now === undefined || origin.fingerprint === undefined) {
    return undefined;
  }
  if ('gone' in now) {
    return `sums up '${now.gone}', which is no longer there`;
  }
  const [first = '', ...others] = origin.files;
  const what = others.length === 0 ? `'${first}'` : `'${first}' and ${others.length} more`;
  return now.fingerprint === origin.fingerprint ? undefined : `sums up an earlier content of ${what}`;
}

function entryStaleness(
  summary: CacheEntry,
  place: string,
  fingerprint: string | undefined,
  source: CacheEntry | undefined,
): string | undefined {
  if (source === undefined) {
    return `sums up '${place}', which is no longer there`;
  }
  if (fingerprint !== undefined && source.fingerprint !== undefined) {
    return fingerprint === source.fingerprint ? undefined : `sums up an earlier content of '${place}'`;
  }
  const changed = source.updatedAt ?? source.createdAt;
  return summary.createdAt !== undefined && changed !== undefined && changed > summary.createdAt
    ? `is older than its source '${place}'`
    : undefined;
}

function entriesByPlace(scopes: readonly ScopeSnapshot[]): ReadonlyMap<string, CacheEntry> {
  const entries = new Map<string, CacheEntry>();
  for (const entry of scopes.flatMap((scope) => scope.entries)) {
    entries.set(`${entry.scope}/${entry.key}`, entry);
  }
  return entries;
}

function isServed(entry: CacheEntry): boolean {
  return isSummary(entry) && !entry.states.some((state) => state === 'expired' || state === 'orphan');
}

function finding(summary: CacheEntry, severity: Finding['severity'], reason: string): Finding {
  return {
    id: 'stale-summary',
    severity,
    scope: summary.scope,
    key: summary.key,
    message: `The summary '${summary.key}' in '${summary.scope}' ${reason}.`,
    fix: 'Refresh it, or invalidate it, so that it is made again.',
  };
}
