import { lifetimeStateOf } from '../../core/cache/entryStates';
import type { CacheEntry, EntryState } from '../../core/cache/model';
import { entryStates } from '../../core/cache/model';

/** The states of an entry at a moment: those that only time changes are worked out anew, without reading. */
export function statesAt(entry: CacheEntry, nowMs: number): readonly EntryState[] {
  const lifetime = lifetimeStateOf(entry, nowMs);
  const holds = new Set(entry.states.filter((state) => !isTimely(state)));
  if (lifetime !== undefined) {
    holds.add(lifetime);
  }
  return holds.size === 0 ? ['fresh'] : entryStates.filter((state) => holds.has(state));
}

function isTimely(state: EntryState): boolean {
  return state === 'expired' || state === 'expiring' || state === 'fresh';
}
