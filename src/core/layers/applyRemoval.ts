import type { SourceError } from '../errors';
import type { FileTree } from '../fileTree';
import type { WorkOptions } from '../ports';
import { commitInParts, requireSourceError } from './inParts';
import type { LayerHistory } from './layerHistory';
import { listLayer } from './listLayer';
import { filesOf, pathIn } from './model';
import type { LayerEntry } from './model';
import type { RemovalPlan } from './removal';

const entriesAtOnce = 1000;

/** What a removal did. */
export interface RemovalReport {
  readonly removed: readonly LayerEntry[];
  readonly removedBytes: number;
  /** Those that were written or used since the plan was made: they stay. */
  readonly changed: readonly LayerEntry[];
  readonly failed: readonly { readonly entry: LayerEntry; readonly error: SourceError }[];
  /** Why it ended before its end: a cancellation, or the place failed. What is in no list was not touched. */
  readonly interrupted: SourceError | undefined;
  /** With which it can be taken back; undefined when nothing was kept for that. */
  readonly undoId: string | undefined;
}

/**
 * Removes what a plan says and nothing else. The layer is listed once more first: entries that changed since the plan
 * was made are left alone, those that are gone already count as removed by nobody.
 * @param history keeps the entries, so that they can be put back; see `LayerHistory.canKeep`
 */
export async function applyRemoval(
  tree: FileTree,
  plan: RemovalPlan,
  title: string,
  options: WorkOptions & { readonly history?: LayerHistory | undefined } = {},
): Promise<RemovalReport> {
  const { layer } = plan.listing;
  const listing = await listLayer(tree, layer, { signal: options.signal });
  const now = new Map(listing.entries.map((entry) => [entry.name, entry]));
  const changed: LayerEntry[] = [];
  const going: LayerEntry[] = [];
  for (const { entry } of plan.removals) {
    const current = now.get(entry.name);
    if (current !== undefined) {
      (isSame(entry, current) ? going : changed).push(entry);
    }
  }
  const undoId = await options.history?.keep({ tree, listing, title, removed: going, written: [] }, options);
  const removed: LayerEntry[] = [];
  const failed: { entry: LayerEntry; error: SourceError }[] = [];
  let interrupted: SourceError | undefined;
  try {
    for (let start = 0; start < going.length; start += entriesAtOnce) {
      const results = await commitInParts(
        tree,
        going.slice(start, start + entriesAtOnce),
        // An entry before its companions: what is left of one that breaks off is harmless.
        (entries) => ({
          removes: entries.flatMap((entry) => [...filesOf(entry)].reverse().map(({ name }) => pathIn(layer, name))),
        }),
        options.signal,
      );
      for (const { item, error } of results) {
        if (error === undefined) {
          removed.push(item);
        } else {
          failed.push({ entry: item, error });
        }
      }
      options.progress?.report({ done: Math.min(going.length, start + entriesAtOnce), total: going.length });
    }
  } catch (error) {
    interrupted = requireSourceError(error);
  }
  return {
    removed,
    removedBytes: removed.reduce((sum, { bytes }) => sum + bytes, 0),
    changed,
    failed,
    interrupted,
    undoId: removed.length > 0 ? undoId : undefined,
  };
}

/** Neither written nor used since. */
export function isSame(planned: LayerEntry, current: LayerEntry): boolean {
  return (
    planned.sizeBytes === current.sizeBytes &&
    planned.modifiedMs === current.modifiedMs &&
    planned.usedMs === current.usedMs &&
    planned.companions.length === current.companions.length
  );
}
