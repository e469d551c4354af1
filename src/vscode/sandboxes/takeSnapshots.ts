import { readSnapshot } from '../../core/cache/snapshot';
import type { SnapshotOptions } from '../../core/cache/snapshot';
import type { SourceFileReader } from '../../core/cache/summarySource';
import { ValueHashCache } from '../../core/cache/valueHashes';
import type { CacheSnapshot } from '../../core/cache/model';
import type { Clock } from '../../core/ports';
import type { MirroredTree } from '../../core/mirror/mirroredTree';
import type { Sandbox } from './sandbox';
import type { TakeSnapshots } from './sandboxStore';

/** Values of more than this in all are only verified when a person asks for it. */
const maxVerifiedBytes = 256 * 1024 * 1024;

export interface SnapshotReaderParts {
  readonly clock: Clock;
  /** Fingerprints of the library's instructions by tag. */
  readonly library: () => Promise<ReadonlyMap<string, string>>;
  /** Looks at the files of the workspace that summaries name. */
  readonly sourceFiles: (sandbox: Sandbox) => SourceFileReader | undefined;
  /** Bytes of values that one look at a place far away fetches by itself. */
  readonly fetchBudgetBytes: () => number;
}

/**
 * Rows at once, then the same with every value's fingerprint checked. Hashes are remembered, so that only the first
 * look reads all values. A place that is far away is shown as it was last seen, and then as it is.
 */
export function createSnapshotReader(parts: SnapshotReaderParts): TakeSnapshots {
  const hashes = new Map<string, ValueHashCache>();
  const painted = new WeakSet<Sandbox>();
  return async function* (sandbox, signal) {
    const { tree, mirrored } = sandbox;
    const library = await parts.library();
    const options = { clock: parts.clock, library, signal, sourceFiles: parts.sourceFiles(sandbox) };
    if (mirrored !== undefined) {
      const isFirst = !painted.has(sandbox);
      painted.add(sandbox);
      yield* lookFarAway(mirrored, isFirst, options, parts.fetchBudgetBytes());
      return;
    }
    const known = hashes.get(tree.id);
    const remembered = known ?? new ValueHashCache();
    hashes.set(tree.id, remembered);
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

/** One round trip when nothing has changed. Values are not read for their fingerprints: those that the mirror has are. */
async function* lookFarAway(
  tree: MirroredTree,
  isFirst: boolean,
  options: SnapshotOptions,
  budgetBytes: number,
): AsyncGenerator<CacheSnapshot> {
  if (isFirst) {
    const seen = await tree.lastSeen();
    if (seen !== undefined) {
      const { files, seenMs } = seen.state;
      yield { ...(await readSnapshot(seen.tree, { ...options, knownHashes: files })), takenMs: seenMs };
    }
  }
  const { clock, signal } = options;
  const listed = await tree.list({ signal });
  if (isFirst) {
    yield await readSnapshot(listed, options);
  }
  let known: { readonly knownHashes?: ReadonlyMap<string, string> } = {};
  try {
    const recorded = await tree.record(listed, { clock, signal, budgetBytes });
    known = recorded === undefined ? {} : { knownHashes: recorded.state.files };
  } finally {
    // Also when the values could not be fetched: the lists have been seen.
    yield await readSnapshot(listed, { ...options, ...known });
  }
}

function bytesOf(snapshot: CacheSnapshot): number {
  return snapshot.scopes.flatMap(({ files }) => files ?? []).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}
