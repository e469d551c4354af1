import { sanitizeKey } from '../../core/cache/keys';
import type { CacheSnapshot, ScopeName } from '../../core/cache/model';

/** The key as it is kept, of a key as a person gives it; also for one that is not in the cache any more. */
export function keptKey(snapshot: CacheSnapshot, scope: ScopeName, key: string): string {
  const entries = snapshot.scopes.find((candidate) => candidate.scope === scope)?.entries ?? [];
  const entry =
    entries.find((candidate) => candidate.key === key) ?? entries.find((candidate) => candidate.originalKey === key);
  return entry?.key ?? sanitizeKey(key);
}
