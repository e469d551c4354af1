import { cacheListing } from '../../core/cache/listing';
import { readSnapshot } from '../../core/cache/snapshot';
import type { SnapshotOptions } from '../../core/cache/snapshot';
import type { SourceFileReader } from '../../core/cache/summarySource';
import { ValueHashCache } from '../../core/cache/valueHashes';
import type { CacheSnapshot } from '../../core/cache/model';
import type { ListedTree } from '../../core/mirror/listedTree';
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
  /** Bytes of values that one look fetches into the mirror by itself. */
  readonly fetchBudgetBytes: () => number;
  /** Takes what was seen of a folder into its mirror, in the background. */
  readonly keep: (sandbox: Sandbox, listed: ListedTree) => void;
}

/**
 * Rows at once, then the same with every value's fingerprint checked. Hashes are remembered, so that only the first
 * look reads all values. A place that is far away is shown as it was last seen, and then as it is.
 */
export function createSnapshotReader(parts: SnapshotReaderParts): TakeSnapshots {
  const hashes = new Map<string, ValueHashCache>();
  const painted = new WeakSet<Sandbox>();
  return async function* (sandbox, signal) {
    const { tree } = sandbox;
    const library = await parts.library();
    const options = { clock: parts.clock, library, signal, sourceFiles: parts.sourceFiles(sandbox) };
    const isFirst = !painted.has(sandbox);
    painted.add(sandbox);
    if (!sandbox.near) {
      yield* lookFarAway(tree, isFirst, options, parts.fetchBudgetBytes());
      return;
    }
    const remembered = hashes.get(tree.id) ?? new ValueHashCache();
    hashes.set(tree.id, remembered);
    const listed = yield* lookNearby(tree, isFirst, options, remembered);
    parts.keep(sandbox, listed);
  };
}

/** Rows at once, and every value verified; what the mirror holds only where the folder can't be reached. */
async function* lookNearby(
  tree: MirroredTree,
  isFirst: boolean,
  options: SnapshotOptions,
  hashes: ValueHashCache,
): AsyncGenerator<CacheSnapshot, ListedTree> {
  let listed: ListedTree;
  try {
    listed = await tree.list({ signal: options.signal });
  } catch (error) {
    if (isFirst && tree.offline !== undefined) {
      yield* lookAtMirror(tree, options);
    }
    throw error;
  }
  const isVerified = (await bytesIn(listed)) <= maxVerifiedBytes;
  // Later, a verified look follows at once; rows that lose their state for a moment would flicker.
  if (isFirst || !isVerified) {
    yield await readSnapshot(listed, options);
  }
  if (isVerified) {
    yield await readSnapshot(listed, { ...options, verifyValues: true, hashes });
  }
  return listed;
}

async function* lookAtMirror(tree: MirroredTree, options: SnapshotOptions): AsyncGenerator<CacheSnapshot> {
  const seen = await tree.lastSeen();
  if (seen !== undefined) {
    const { files, seenMs } = seen.state;
    yield { ...(await readSnapshot(seen.tree, { ...options, knownHashes: files })), takenMs: seenMs };
  }
}

/** One round trip when nothing has changed. Values are not read for their fingerprints: those that the mirror has are. */
async function* lookFarAway(
  tree: MirroredTree,
  isFirst: boolean,
  options: SnapshotOptions,
  budgetBytes: number,
): AsyncGenerator<CacheSnapshot> {
  if (isFirst) {
    yield* lookAtMirror(tree, options);
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

async function bytesIn(listed: ListedTree): Promise<number> {
  const { folders } = await listed.scan(cacheListing);
  const entries = [...folders.values()].flatMap((listing) => (listing instanceof Error ? [] : listing));
  return entries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}
