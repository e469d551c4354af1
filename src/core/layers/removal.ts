import type { LayerEntry, LayerListing } from './model';

/** Why an entry goes. */
export type RemovalReason = 'asked' | 'age' | 'size';

export interface Removal {
  readonly entry: LayerEntry;
  readonly reason: RemovalReason;
}

/** What a clear or a vacuum takes from one layer: this and nothing else. */
export interface RemovalPlan {
  readonly listing: LayerListing;
  /** In the order in which they go. */
  readonly removals: readonly Removal[];
  readonly removedBytes: number;
  readonly keptEntries: number;
  readonly keptBytes: number;
}

/** Takes every entry of a layer, or those named. What is none of the layer's stays. */
export function planClear(listing: LayerListing, entries: readonly LayerEntry[] = listing.entries): RemovalPlan {
  return removalPlan(
    listing,
    entries.map((entry) => ({ entry, reason: 'asked' })),
  );
}

export interface VacuumLimits {
  readonly nowMs: number;
  /** Entries that were not used for longer go. */
  readonly unusedMs?: number | undefined;
  /** Then the least recently used go until no more than this is left. */
  readonly maxBytes?: number | undefined;
}

/** Takes entries by age, then by size; the least recently used first. */
export function planVacuum(listing: LayerListing, { nowMs, unusedMs, maxBytes }: VacuumLimits): RemovalPlan {
  const oldestFirst = [...listing.entries].sort((a, b) => a.usedMs - b.usedMs || (a.name < b.name ? -1 : 1));
  const removals: Removal[] = [];
  let left = oldestFirst.reduce((sum, { bytes }) => sum + bytes, 0);
  for (const entry of oldestFirst) {
    const old = unusedMs !== undefined && nowMs - entry.usedMs > unusedMs;
    const over = maxBytes !== undefined && left > maxBytes;
    if (!old && !over) {
      break; // All that follow are younger, and what is left fits.
    }
    removals.push({ entry, reason: old ? 'age' : 'size' });
    left -= entry.bytes;
  }
  return removalPlan(listing, removals);
}

function removalPlan(listing: LayerListing, removals: readonly Removal[]): RemovalPlan {
  const total = listing.entries.reduce((sum, { bytes }) => sum + bytes, 0);
  const removedBytes = removals.reduce((sum, { entry }) => sum + entry.bytes, 0);
  return {
    listing,
    removals,
    removedBytes,
    keptEntries: listing.entries.length - removals.length,
    keptBytes: total - removedBytes,
  };
}
