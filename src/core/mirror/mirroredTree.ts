import { cacheListing } from '../cache/listing';
import type { ContentHistory } from '../cache/history';
import { isSourceError, SourceError } from '../errors';
import type { FileTree, FileTreeCapabilities, ScanRequest, ScanResult, TreeChange } from '../fileTree';
import { silentLogger } from '../ports';
import type { Logger, WorkOptions } from '../ports';
import { ListedTree } from './listedTree';
import type { LastSeen, MirrorStore } from './mirrorStore';
import { refreshMirror } from './refresh';
import type { RefreshOptions, RefreshResult } from './refresh';

/** Reasons that say nothing about what a source holds. */
const outOfReach = ['unavailable', 'timeout', 'asleep', 'auth', 'rate-limited', 'quota', 'protocol'] as const;

/**
 * A source with its mirror behind it. Reads go to the source; while it is out of reach they are answered as it was last
 * seen, and `offline` says why. Values that are read are kept. Writes go to the source only. A mirror that can't be read
 * or written is logged, and costs nothing else.
 */
export class MirroredTree implements FileTree {
  readonly id: string;
  readonly label: string;
  readonly capabilities: FileTreeCapabilities;
  readonly watch?: FileTree['watch'] & object;
  /** The place itself, never answered from the mirror: what is changed is planned, written and checked here. */
  readonly source: FileTree;
  readonly #mirror: MirrorStore;
  readonly #history: ContentHistory;
  readonly #logger: Logger;
  #offline: SourceError | undefined;

  constructor(tree: FileTree, mirror: MirrorStore, history: ContentHistory, logger: Logger = silentLogger) {
    this.id = tree.id;
    this.label = tree.label;
    this.capabilities = tree.capabilities;
    this.source = tree;
    this.#mirror = mirror;
    this.#history = history;
    this.#logger = logger;
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
      await this.#keep([[path, bytes]]);
    }
    return bytes;
  }

  async commit(change: TreeChange, options: WorkOptions = {}): Promise<void> {
    await this.source.commit(change, options);
    this.#offline = undefined;
  }

  dispose(): void {
    this.source.dispose?.();
  }

  /** The source as it was last seen; undefined when it never was, or when the mirror is damaged. */
  async lastSeen(): Promise<LastSeen | undefined> {
    const reason = this.#offline?.message ?? 'this is what was last seen.';
    return this.#tolerate('read', async () => this.#mirror.lastSeen(this.id, reason));
  }

  /** Looks at the source itself, once; what it answers is the cache without its values. */
  async list(options: WorkOptions = {}): Promise<ListedTree> {
    const versions = await this.#tolerate('read', async () => this.#history.latest(this.id));
    try {
      const listing = await this.source.scan(cacheListing, options);
      this.#offline = undefined;
      return new ListedTree(this.source, listing, versions);
    } catch (error) {
      this.#offline = isSourceError(error, ...outOfReach) ? error : this.#offline;
      throw error;
    }
  }

  /** Takes what `list` saw into the mirror and the history, and fetches changed values within the budget. */
  async record(listed: ListedTree, options: RefreshOptions): Promise<RefreshResult | undefined> {
    const { versionsBefore } = listed;
    return this.#tolerate('brought up to date', async () =>
      refreshMirror(listed, this.#mirror, this.#history, { ...options, versionsBefore }),
    );
  }

  /**
   * Values as of the latest refresh, by path: those that the mirror holds from there, the others from the source. For
   * work that may be a refresh behind, such as counting.
   */
  async values(paths: readonly string[], options: WorkOptions = {}): Promise<ScanResult['files']> {
    const files = new Map<string, Uint8Array | SourceError>();
    const seen = await this.lastSeen();
    const held = await seen?.tree.scan({ files: paths }, options);
    for (const [path, content] of held?.files ?? []) {
      if (content instanceof Uint8Array) {
        files.set(path, content);
      }
    }
    const missing = paths.filter((path) => !files.has(path));
    if (missing.length > 0) {
      const { files: fetched } = await this.#read(async (tree) => tree.scan({ files: missing }, options));
      fetched.forEach((content, path) => files.set(path, content));
      const read = [...fetched].filter((pair): pair is [string, Uint8Array] => pair[1] instanceof Uint8Array);
      if (this.#offline === undefined) {
        await this.#keep(read);
      }
    }
    return files;
  }

  async #keep(contents: readonly (readonly [path: string, bytes: Uint8Array])[]): Promise<void> {
    await this.#tolerate('written', async () => {
      const kept = new Map<string, string>();
      for (const [path, bytes] of contents) {
        kept.set(path, await this.#history.keep(bytes));
      }
      await this.#mirror.note(this.id, kept);
    });
  }

  async #read<Result>(work: (tree: FileTree) => Promise<Result>): Promise<Result> {
    try {
      const result = await work(this.source);
      this.#offline = undefined;
      return result;
    } catch (error) {
      if (!isSourceError(error, ...outOfReach)) {
        throw error;
      }
      this.#offline = error;
      const seen = await this.lastSeen();
      if (seen === undefined) {
        throw error;
      }
      return work(seen.tree);
    }
  }

  /** The mirror is a convenience: its own faults must not keep anybody from the source. */
  async #tolerate<Result>(what: string, work: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof SourceError) {
        throw error;
      }
      this.#logger.warn(`The mirror of ${this.label} could not be ${what}: ${String(error)}`);
      return undefined;
    }
  }
}
