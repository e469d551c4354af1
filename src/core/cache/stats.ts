import type { Finding, Severity } from '../findings';
import type { CacheSnapshot, ScopeName, ScopeSnapshot } from './model';
import { rulesOf } from './scopes';

/** A scope in numbers, reckoned as the original writer does. */
export interface ScopeStats {
  readonly scope: ScopeName;
  /** Index entries, expired ones included. */
  readonly entries: number;
  readonly active: number;
  readonly expired: number;
  /** Sum of the indexed sizes. */
  readonly bytes: number;
  readonly quotaBytes: number;
  readonly quotaPercent: number;
  readonly defaultTtlHours: number;
  /** Value files that the index does not name. */
  readonly orphans: number;
  /** Why the scope could not be read. */
  readonly problem: string | undefined;
  /** Findings by severity. */
  readonly health: Readonly<Record<Severity, number>>;
}

/** Statistics of every scope of a snapshot. */
export function cacheStats(snapshot: CacheSnapshot): readonly ScopeStats[] {
  return snapshot.scopes.map((scope) => scopeStats(scope, snapshot.findings));
}

function scopeStats(scope: ScopeSnapshot, findings: readonly Finding[]): ScopeStats {
  const orphans = scope.entries.filter(({ states }) => states.includes('orphan')).length;
  const entries = scope.entries.length - orphans;
  const expired = scope.entries.filter(({ states }) => states.includes('expired')).length;
  const count = (severity: Severity): number =>
    findings.filter((finding) => finding.scope === scope.scope && finding.severity === severity).length;
  return {
    scope: scope.scope,
    entries,
    active: entries - expired,
    expired,
    bytes: scope.usedBytes,
    quotaBytes: scope.quotaBytes,
    quotaPercent: (scope.usedBytes / scope.quotaBytes) * 100,
    defaultTtlHours: rulesOf(scope.scope).defaultTtlHours,
    orphans,
    problem: scope.problem,
    health: { error: count('error'), warning: count('warning'), information: count('information') },
  };
}
