import { isSourceError, SourceError, throwIfCancelled } from '../errors';
import type { FileTree, TreeChange } from '../fileTree';

/** What became of one item; no error when it is done. */
export interface PartResult<Item> {
  readonly item: Item;
  readonly error: SourceError | undefined;
}

/**
 * Commits a change of many items as one, and when that is refused, its halves, so that one item which can't be done
 * leaves the others unharmed. Rejects when the place itself fails: then nothing is known of the items.
 */
export async function commitInParts<Item>(
  tree: FileTree,
  items: readonly Item[],
  changeOf: (items: readonly Item[]) => TreeChange,
  signal: AbortSignal | undefined,
): Promise<readonly PartResult<Item>[]> {
  if (items.length === 0) {
    return [];
  }
  throwIfCancelled(signal);
  try {
    await tree.commit(changeOf(items), { signal });
    return items.map((item) => ({ item, error: undefined }));
  } catch (error) {
    if (!isSourceError(error, 'conflict', 'forbidden', 'unsupported', 'not-found', 'too-large')) {
      throw error;
    }
    if (items.length === 1) {
      return [{ item: items[0]!, error }];
    }
    const half = Math.ceil(items.length / 2);
    return [
      ...(await commitInParts(tree, items.slice(0, half), changeOf, signal)),
      ...(await commitInParts(tree, items.slice(half), changeOf, signal)),
    ];
  }
}

/** A failure of the whole place as a SourceError; anything else is a bug and goes on. */
export function requireSourceError(error: unknown): SourceError {
  if (error instanceof SourceError) {
    return error;
  }
  throw error;
}
