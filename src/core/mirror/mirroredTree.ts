import { isSourceError } from '../errors';
import type { SourceError } from '../errors';
import type { ContentHistory } from '../cache/history';
import type { FileTree, FileTreeCapabilities, ScanRequest, ScanResult, TreeChange } from '../fileTree';
import type { WorkOptions } from '../ports';
import type { MirrorStore } from './mirrorStore';

/**
 * A source with its mirror behind it. Reads go to the source; while it is out of reach they are answered as it was last
 * seen, and `offline` says why. Values that are read are kept. Writes go to the source only.
 */
export class MirroredTree implements FileTree {
  readonly id: string;
  readonly label: string;
  readonly capabilities: FileTreeCapabilities;
  readonly watch?: FileTree['watch'] & object;
  readonly #tree: FileTree;
  readonly #mirror: MirrorStore;
  readonly #history: ContentHistory;
  #offline: SourceError | undefined;

  constructor(tree: FileTree, mirror: MirrorStore, history: ContentHistory) {
    this.id = tree.id;
    this.label = tree.label;
    this.capabilities = tree.capabilities;
    this.#tree = tree;
    this.#mirror = mirror;
    this.#history = history;
    if (tree.watch !== undefined) {
      this.watch = tree.watch.bind(tree);
    }
  }

  /** Why the latest read had to be answered from the mirror; undefined when the source answered. */
  get offline(): SourceError | undefined {
    return this.#offline;
  }

  async scan(request: ScanRequest, options: WorkOptions = {}): Promise<ScanResult> {
    return this.#read(async (tree) => tree.scan(request, options));
  }

  async read(path: string, options: WorkOptions & { readonly maxBytes?: number } = {}): Promise<Uint8Array> {
    const bytes = await this.#read(async (tree) => tree.read(path, options));
    if (this.#offline === undefined) {
      await this.#mirror.note(this.id, path, await this.#history.keep(bytes));
    }
    return bytes;
  }

  async commit(change: TreeChange, options: WorkOptions = {}): Promise<void> {
    await this.#tree.commit(change, options);
    this.#offline = undefined;
  }

  dispose(): void {
    this.#tree.dispose?.();
  }

  async #read<Result>(work: (tree: FileTree) => Promise<Result>): Promise<Result> {
    try {
      const result = await work(this.#tree);
      this.#offline = undefined;
      return result;
    } catch (error) {
      if (!isSourceError(error, 'unavailable', 'timeout', 'asleep')) {
        throw error;
      }
      const mirror = await this.#mirror.offlineTree(this.id, error.message);
      if (mirror === undefined) {
        throw error;
      }
      this.#offline = error;
      return work(mirror);
    }
  }
}
