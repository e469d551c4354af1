import type { ContentVersion } from '../cache/history';
import type { FileTree, FileTreeCapabilities, ScanRequest, ScanResult, TreeChange } from '../fileTree';
import type { WorkOptions } from '../ports';

/**
 * A tree that was listed a moment ago: what that listing holds is answered from it, anything else by the tree itself.
 * So several readers share one look at a place that is far away.
 */
export class ListedTree implements FileTree {
  readonly id: string;
  readonly label: string;
  readonly capabilities: FileTreeCapabilities;
  /** The latest version of each key right before the look; undefined where the history could not be read. */
  readonly versionsBefore: readonly ContentVersion[] | undefined;
  readonly #tree: FileTree;
  readonly #listing: ScanResult;

  constructor(tree: FileTree, listing: ScanResult, versionsBefore?: readonly ContentVersion[]) {
    this.id = tree.id;
    this.label = tree.label;
    this.capabilities = tree.capabilities;
    this.versionsBefore = versionsBefore;
    this.#tree = tree;
    this.#listing = listing;
  }

  async scan(request: ScanRequest, options: WorkOptions = {}): Promise<ScanResult> {
    const { folders, files } = this.#listing;
    const isListed =
      (request.folders ?? []).every((path) => folders.has(path)) &&
      (request.files ?? []).every((path) => files.has(path));
    return isListed ? this.#listing : this.#tree.scan(request, options);
  }

  async read(path: string, options: WorkOptions & { readonly maxBytes?: number } = {}): Promise<Uint8Array> {
    return this.#tree.read(path, options);
  }

  async commit(change: TreeChange, options: WorkOptions = {}): Promise<void> {
    await this.#tree.commit(change, options);
  }
}
