import { readSnapshot } from '../../core/cache/snapshot';
import { ValueHashCache } from '../../core/cache/valueHashes';
import type { CacheSnapshot } from '../../core/cache/model';
import type { Clock } from '../../core/ports';
import type { TakeSnapshots } from './sandboxStore';

/** Values of more than this in all are only verified when a person asks for it. */
const maxVerifiedBytes = 256 * 1024 * 1024;

/**
 * Rows at once, then the same with every value's fingerprint checked. Hashes are remembered, so that only the first
 * look reads all values.
 */
export function createSnapshotReader(parts: {
  readonly clock: Clock;
  /** Fingerprints of the library's instructions by tag. */
  readonly library: () => Promise<ReadonlyMap<string, string>>;
}): TakeSnapshots {
  const hashes = new Map<string, ValueHashCache>();
  return async function* ({ tree }, signal) {
    const library = await parts.library();
    const known = hashes.get(tree.id);
    const remembered = known ?? new ValueHashCache();
    hashes.set(tree.id, remembered);
    const options = { clock: parts.clock, library, signal };
    // A verified look follows at once; rows that lose their state for a moment would flicker.
    const quick = known === undefined || tree.capabilities.metered ? await readSnapshot(tree, options) : undefined;
    if (quick !== undefined) {
      yield quick;
    }
    if (!tree.capabilities.metered && (quick === undefined || bytesOf(quick) <= maxVerifiedBytes)) {
      yield await readSnapshot(tree, { ...options, verifyValues: true, hashes: remembered });
    }
  };
}

function bytesOf(snapshot: CacheSnapshot): number {
  return snapshot.scopes.flatMap(({ files }) => files ?? []).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}
