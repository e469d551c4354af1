import { resolve } from 'node:path';
import type { SourceError } from '../errors';
import { isSourceError, throwIfCancelled } from '../errors';
import type { FileTree, FileTreeCapabilities, ScanRequest, ScanResult, TreeChange, TreeEntry } from '../fileTree';
import { mapLimited } from '../instructions/concurrency';
import type { Logger, WorkOptions } from '../ports';
import { FolderAccess } from './folderAccess';
import { commitToFolder } from './folderCommit';
import { FolderWatch } from './folderWatch';

export const defaultMaxBytes = 64 * 1024 * 1024;
const filesAtOnce = 16;

export interface FolderTreeOptions {
  /** What a person calls it; the path unless given. */
  readonly label?: string;
  readonly logger?: Logger;
}

/**
 * A folder of this machine, which need not exist before the first write. Links are listed and never followed; every access proves by real path that it stays
 * inside. Other processes of ours are kept out of a commit by a lock, other writers are not.
 */
export class FolderTree implements FileTree {
  readonly id: string;
  readonly label: string;
  readonly capabilities: FileTreeCapabilities = {
    write: true,
    watch: true,
    compareAndSwap: 'best-effort',
    metered: false,
  };
  readonly #root: string;
  readonly #logger: Logger | undefined;

  constructor(root: string, options: FolderTreeOptions = {}) {
    this.#root = resolve(root);
    this.id = `folder:${this.#root}`;
    this.label = options.label ?? this.#root;
    this.#logger = options.logger;
  }

  async scan(request: ScanRequest, options: WorkOptions = {}): Promise<ScanResult> {
    const access = new FolderAccess(this.#root, options.signal);
    const files = new Map<string, Uint8Array | SourceError>();
    const folders = new Map<string, readonly TreeEntry[] | SourceError>();
    const filePaths = [...new Set(request.files)];
    const folderPaths = [...new Set(request.folders)];
    const total = filePaths.length + folderPaths.length;
    let done = 0;
    const step = (): void => options.progress?.report({ done: ++done, total });
    // Files before listings: a value is written before its index entry, so an entry that was read has its file.
    const contents = await mapLimited(filePaths, filesAtOnce, async (path) => {
      const content = await itemOrError(access.read(path, defaultMaxBytes), options.signal);
      step();
      return content;
    });
    filePaths.forEach((path, index) => files.set(path, contents[index]!));
    for (const path of folderPaths) {
      folders.set(path, await itemOrError(access.list(path), options.signal));
      step();
    }
    return { folders, files };
  }

  async read(path: string, options: WorkOptions & { readonly maxBytes?: number } = {}): Promise<Uint8Array> {
    return new FolderAccess(this.#root, options.signal).read(path, options.maxBytes ?? defaultMaxBytes);
  }

  async commit(change: TreeChange, options: WorkOptions = {}): Promise<void> {
    throwIfCancelled(options.signal);
    await commitToFolder(this.#root, change, options.signal);
  }

  watch(listener: () => void): { dispose(): void } {
    return new FolderWatch(this.#root, listener, this.#logger);
  }
}

/** The error of one item is that item's result; only a cancellation ends the whole. */
async function itemOrError<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T | SourceError> {
  try {
    return await work;
  } catch (error) {
    throwIfCancelled(signal);
    if (isSourceError(error)) {
      return error;
    }
    throw error;
  }
}
