import type { StoredObject } from './objectStore';

/** What a vacuum would drop; nothing is dropped before it is applied. */
export interface VacuumPlan {
  /** Contents to drop, least recently used first. */
  readonly drop: readonly StoredObject[];
  readonly dropBytes: number;
  /** Bytes on disk that stay. */
  readonly keepBytes: number;
}

export interface RetentionRule {
  /** Bytes on disk that may stay; unlimited when absent. */
  readonly maxBytes?: number;
  /** Contents that were last used before this moment go, in milliseconds since the epoch. */
  readonly unusedSinceMs?: number;
}

/** Chooses what to drop, least recently used first; what is in `keep` (pinned, or just written) always stays. */
export function planRetention(
  objects: readonly StoredObject[],
  keep: ReadonlySet<string>,
  rule: RetentionRule,
): VacuumPlan {
  const maxBytes = rule.maxBytes ?? Infinity;
  const unusedSinceMs = rule.unusedSinceMs ?? -Infinity;
  let keepBytes = objects.reduce((sum, object) => sum + object.storedBytes, 0);
  const drop: StoredObject[] = [];
  let dropBytes = 0;
  const oldestFirst = [...objects].sort((a, b) => a.usedMs - b.usedMs || (a.sha256 < b.sha256 ? -1 : 1));
  for (const object of oldestFirst) {
    if (keep.has(object.sha256) || (keepBytes <= maxBytes && object.usedMs >= unusedSinceMs)) {
      continue;
    }
    drop.push(object);
    dropBytes += object.storedBytes;
    keepBytes -= object.storedBytes;
  }
  return { drop, dropBytes, keepBytes };
}
