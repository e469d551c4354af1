import { UserError } from '../errors';
import { readInBatches } from '../cache/readValues';
import { SourceError, throwIfCancelled } from '../errors';
import type { FileTree } from '../fileTree';
import type { WorkOptions } from '../ports';
import { pathIn } from './model';
import type { LayerEntry, LayerListing } from './model';

/** A layer where it lies. */
export interface PlacedListing {
  readonly tree: FileTree;
  readonly listing: LayerListing;
}

/** The same name in two places. */
export interface EntryPair {
  readonly name: string;
  readonly here: LayerEntry;
  readonly there: LayerEntry;
}

/** How two layers differ. Entries are compared by name and content; times and companions do not count. */
export interface LayerComparison {
  readonly hereOnly: readonly LayerEntry[];
  readonly thereOnly: readonly LayerEntry[];
  readonly different: readonly EntryPair[];
  readonly same: readonly EntryPair[];
  /** Those of which one could not be read: nothing is known about them. */
  readonly unread: readonly (EntryPair & { readonly reason: SourceError })[];
}

/** Contents held at once on each side. */
const batchBytes = 16 * 1024 * 1024;
const batchFiles = 2000;

/**
 * Compares two layers of the same kind. Contents are read where sizes are the same; with `quick` they are taken for
 * the same instead.
 */
export async function compareLayers(
  here: PlacedListing,
  there: PlacedListing,
  options: WorkOptions & { readonly quick?: boolean } = {},
): Promise<LayerComparison> {
  requireSameKind(here.listing, there.listing);
  const theirs = new Map(there.listing.entries.map((entry) => [entry.name, entry]));
  const hereOnly: LayerEntry[] = [];
  const pairs: EntryPair[] = [];
  for (const entry of here.listing.entries) {
    const other = theirs.get(entry.name);
    if (other === undefined) {
      hereOnly.push(entry);
    } else {
      pairs.push({ name: entry.name, here: entry, there: other });
      theirs.delete(entry.name);
    }
  }
  const different = pairs.filter((pair) => pair.here.sizeBytes !== pair.there.sizeBytes);
  const same: EntryPair[] = [];
  const unread: (EntryPair & { reason: SourceError })[] = [];
  const alike = pairs.filter((pair) => pair.here.sizeBytes === pair.there.sizeBytes);
  if (options.quick === true) {
    same.push(...alike);
  } else {
    let done = 0;
    for (const batch of batches(alike)) {
      throwIfCancelled(options.signal);
      const [ours, others] = await Promise.all([contents(here, batch, options), contents(there, batch, options)]);
      for (const pair of batch) {
        const [one, other] = [ours.get(pair.name), others.get(pair.name)];
        const reason = one instanceof SourceError ? one : other instanceof SourceError ? other : undefined;
        if (reason !== undefined) {
          unread.push({ ...pair, reason });
        } else if (
          one !== undefined &&
          other !== undefined &&
          Buffer.compare(one as Uint8Array, other as Uint8Array) === 0
        ) {
          same.push(pair);
        } else {
          different.push(pair);
        }
      }
      done += batch.length;
      options.progress?.report({ done, total: alike.length });
    }
  }
  different.sort((a, b) => (a.name < b.name ? -1 : 1));
  return { hereOnly, thereOnly: [...theirs.values()], different, same, unread };
}

/** Throws a `UserError` when two layers hold different kinds of things. */
export function requireSameKind(here: LayerListing, there: LayerListing): void {
  if (here.layer.kind !== there.layer.kind) {
    throw new UserError(
      `A layer of ${here.layer.kind} and one of ${there.layer.kind} have nothing in common.`,
      'Choose two layers of the same kind.',
    );
  }
}

/** Files in their order, in batches that bound the memory. */
function* batches<Item extends { readonly here: LayerEntry }>(pairs: readonly Item[]): Generator<Item[]> {
  let batch: Item[] = [];
  let bytes = 0;
  for (const pair of pairs) {
    if (batch.length > 0 && (bytes + pair.here.sizeBytes > batchBytes || batch.length >= batchFiles)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(pair);
    bytes += pair.here.sizeBytes;
  }
  if (batch.length > 0) {
    yield batch;
  }
}

async function contents(
  { tree, listing }: PlacedListing,
  pairs: readonly EntryPair[],
  options: WorkOptions,
): Promise<ReadonlyMap<string, Uint8Array | SourceError>> {
  const found = new Map<string, Uint8Array | SourceError>();
  const names = new Map(pairs.map(({ name }) => [pathIn(listing.layer, name), name]));
  const files = pairs.map(({ name, here }) => ({ path: pathIn(listing.layer, name), sizeBytes: here.sizeBytes }));
  await readInBatches(
    tree,
    files,
    (path, content) => {
      if (content !== undefined) {
        found.set(names.get(path)!, content);
      }
    },
    { signal: options.signal },
  );
  return found;
}
