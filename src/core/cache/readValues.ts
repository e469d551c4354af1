import { isSourceError, SourceError, throwIfCancelled } from '../errors';
import type { FileTree } from '../fileTree';
import { mapLimited } from '../instructions/concurrency';
import type { WorkOptions } from '../ports';

const batchBytes = 16 * 1024 * 1024;
/** Over a slow link each batch waits for the one before: the bytes bound it first. */
const batchFiles = 5000;
/** Keeping a value waits for the disk: many waits at once cost little more than one. */
const usesAtOnce = 16;
/** Index files and values are smaller; anything larger is not ours to move. */
const maxBytes = 256 * 1024 * 1024;

/**
 * Reads files in batches that bound the memory and gives each to `use`, several at once, before the next batch is
 * read. A file that does not exist comes as undefined, one that can't be read (a link, no permission, too large) as its
 * error; only a failure of the whole tree and a cancellation reject.
 */
export async function readInBatches(
  tree: FileTree,
  files: readonly { readonly path: string; readonly sizeBytes: number }[],
  use: (path: string, content: Uint8Array | SourceError | undefined) => Promise<void> | void,
  options: WorkOptions,
): Promise<void> {
  let batch: string[] = [];
  let bytes = 0;
  const flush = async (): Promise<void> => {
    throwIfCancelled(options.signal);
    const scan = await tree.scan({ files: batch }, { signal: options.signal });
    await mapLimited(batch, usesAtOnce, async (path) => {
      const found = scan.files.get(path);
      const tooLarge = found instanceof SourceError && found.code === 'too-large';
      const content = tooLarge ? await readLarge(tree, path, options) : found;
      await use(path, content instanceof SourceError && content.code === 'not-found' ? undefined : content);
    });
    batch = [];
    bytes = 0;
  };
  for (const file of files) {
    if (batch.length > 0 && (bytes + file.sizeBytes > batchBytes || batch.length >= batchFiles)) {
      await flush();
    }
    batch.push(file.path);
    bytes += file.sizeBytes;
  }
  if (batch.length > 0) {
    await flush();
  }
}

async function readLarge(tree: FileTree, path: string, options: WorkOptions): Promise<Uint8Array | SourceError> {
  try {
    return await tree.read(path, { signal: options.signal, maxBytes });
  } catch (error) {
    if (isSourceError(error, 'too-large', 'not-found', 'forbidden', 'unsupported')) {
      return error;
    }
    throw error;
  }
}
