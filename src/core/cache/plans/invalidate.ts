import type { CachePlan } from '../changes';
import type { CacheEntry } from '../model';
import { selectEntries } from '../selectEntries';
import type { EntryCriteria } from '../selectEntries';
import { countOf, PlanBuilder, spanText } from './planBuilder';
import type { PlanSource } from './planBuilder';

/** A put writes the value before its index entry: a young file without one may be a put that is under way. */
const youngMs = 2 * 60 * 1000;

/** Deletes every entry that meets the criteria, with its value. */
export function planInvalidate(source: PlanSource, criteria: EntryCriteria): CachePlan {
  const entries = selectEntries(source.snapshot, criteria);
  return deletionPlan(source, entries, 'Invalidate', 'invalidated', criteria.entries !== undefined);
}

/** Deletes every expired entry, with its value. */
export function planPrune(source: PlanSource, criteria: Pick<EntryCriteria, 'scope'> = {}): CachePlan {
  const entries = selectEntries(source.snapshot, { ...criteria, expired: true });
  return deletionPlan(source, entries, 'Prune', 'pruned');
}

function deletionPlan(
  source: PlanSource,
  entries: readonly CacheEntry[],
  verb: string,
  author: 'invalidated' | 'pruned',
  namedOneByOne = false,
): CachePlan {
  const builder = new PlanBuilder(source);
  const { takenMs } = source.snapshot;
  for (const entry of entries) {
    const young = entry.states.includes('orphan') && takenMs - (entry.fileModifiedMs ?? 0) < youngMs;
    const reason = young ? 'written a moment ago, perhaps a put under way' : reasonOf(entry, takenMs);
    builder.addDeletion(entry, reason, author, namedOneByOne || !young);
  }
  for (const scope of source.snapshot.scopes) {
    if (scope.problem !== undefined) {
      builder.warn(scope.problem);
    }
  }
  const what = countOf(
    entries.length,
    author === 'pruned' ? 'expired entry' : 'entry',
    author === 'pruned' ? 'expired entries' : 'entries',
  );
  return builder.build(`${verb} ${what} of ${source.tree.label}`);
}

function reasonOf(entry: CacheEntry, nowMs: number): string {
  if (entry.states.includes('orphan')) {
    return 'file without an index entry';
  }
  if (entry.states.includes('missing')) {
    return 'index entry without its file';
  }
  if (entry.states.includes('expired')) {
    return `expired ${spanText(nowMs - (entry.expiresMs ?? nowMs))} ago`;
  }
  return entry.state;
}
