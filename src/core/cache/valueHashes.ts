import { isSourceError, throwIfCancelled } from '../errors';
import type { SourceError } from '../errors';
import type { FileTree } from '../fileTree';
import type { WorkOptions } from '../ports';
import { sha256Hex } from './fingerprint';

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

const batchBytes = 16 * 1024 * 1024;
const batchFiles = 500;
/** Larger values are not read to be verified. */
const maxVerifiedBytes = 256 * 1024 * 1024;

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
  for (const batch of batches(unknown)) {
    throwIfCancelled(options.signal);
    for (const [file, content] of await readBatch(tree, batch, options)) {
      if (content instanceof Uint8Array) {
        const sha256 = sha256Hex(content);
        result.set(file.path, sha256);
        cache.set({ ...file, sizeBytes: content.byteLength }, sha256);
        await options.onValue?.(file.path, content);
      } else {
        result.set(file.path, content);
      }
    }
    done += batch.length;
    options.progress?.report({ done, total: files.length });
  }
  return result;
}

async function readBatch(
  tree: FileTree,
  batch: readonly ValueFile[],
  options: WorkOptions,
): Promise<readonly (readonly [ValueFile, Uint8Array | SourceError])[]> {
  const [first] = batch;
  if (first !== undefined && first.sizeBytes > batchBytes) {
    return [[first, await readLarge(tree, first, options)]];
  }
  const { files } = await tree.scan({ files: batch.map(({ path }) => path) }, { signal: options.signal });
  return batch.flatMap((file) => {
    const content = files.get(file.path);
    return content === undefined ? [] : [[file, content] as const];
  });
}

async function readLarge(tree: FileTree, file: ValueFile, options: WorkOptions): Promise<Uint8Array | SourceError> {
  try {
    return await tree.read(file.path, { signal: options.signal, maxBytes: maxVerifiedBytes });
  } catch (error) {
    if (isSourceError(error) && error.code !== 'cancelled') {
      return error;
    }
    throw error;
  }
}

function* batches(files: readonly ValueFile[]): Generator<readonly ValueFile[]> {
  let batch: ValueFile[] = [];
  let bytes = 0;
  for (const file of files) {
    if (batch.length > 0 && (bytes + file.sizeBytes > batchBytes || batch.length >= batchFiles)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(file);
    bytes += file.sizeBytes;
  }
  if (batch.length > 0) {
    yield batch;
  }
}
