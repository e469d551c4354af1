import { SourceError } from '../errors';
import type { FileTree } from '../fileTree';
import type { WorkOptions } from '../ports';
import { sha256Hex } from './fingerprint';
import { readInBatches } from './readValues';

/** A value to hash, as a listing shows it. */
export interface ValueFile {
  /** Relative to the cache's root. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
}

/** Remembers hashes by path, size and time of change; bounded, oldest first. One per source. */
export class ValueHashCache {
  readonly #capacity: number;
  readonly #hashes = new Map<string, string>();

  constructor(capacity = 50_000) {
    this.#capacity = capacity;
  }

  get(file: ValueFile): string | undefined {
    return this.#hashes.get(identity(file));
  }

  set(file: ValueFile, sha256: string): void {
    if (file.modifiedMs === 0) {
      return; // Without a time of change nothing would tell an old hash from a current one.
    }
    this.#hashes.delete(identity(file));
    this.#hashes.set(identity(file), sha256);
    if (this.#hashes.size > this.#capacity) {
      const [oldest] = this.#hashes.keys();
      this.#hashes.delete(oldest ?? '');
    }
  }
}

function identity(file: ValueFile): string {
  return `${file.sizeBytes}:${file.modifiedMs}:${file.path}`;
}

/** Sees a value's bytes; `path` is `<scope>/<key>`. */
export type ValueVisitor = (path: string, bytes: Uint8Array) => Promise<void> | void;

/**
 * SHA-256 of each value, read in batches that bound the memory; an error stands for a value that could not be read,
 * `not-found` for one that vanished. Rejects only when the whole tree fails, or on cancellation. With `onValue` every
 * value is read, and given to it before the next batch.
 */
export async function hashValues(
  tree: FileTree,
  files: readonly ValueFile[],
  cache: ValueHashCache,
  options: WorkOptions & { readonly onValue?: ValueVisitor | undefined },
): Promise<ReadonlyMap<string, string | SourceError>> {
  const result = new Map<string, string | SourceError>();
  const unknown: ValueFile[] = [];
  for (const file of files) {
    const known = options.onValue === undefined ? cache.get(file) : undefined;
    if (known === undefined) {
      unknown.push(file);
    } else {
      result.set(file.path, known);
    }
  }
  let done = files.length - unknown.length;
  const facts = new Map(unknown.map((file) => [file.path, file]));
  const use = async (path: string, content: Uint8Array | SourceError | undefined): Promise<void> => {
    const file = facts.get(path)!;
    if (content instanceof Uint8Array) {
      const sha256 = sha256Hex(content);
      result.set(path, sha256);
      cache.set({ ...file, sizeBytes: content.byteLength }, sha256);
      await options.onValue?.(path, content);
    } else {
      result.set(path, content ?? vanished(path));
    }
    done += 1;
    options.progress?.report({ done, total: files.length });
  };
  await readInBatches(tree, unknown, use, options);
  return result;
}

function vanished(path: string): SourceError {
  return new SourceError('not-found', `'${path}' does not exist.`, {
    nextStep: 'Check the path: it may have been moved or deleted.',
  });
}
