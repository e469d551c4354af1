import { SourceError } from '../errors';
import type { FileTree, FileTreeCapabilities, ScanRequest, ScanResult, TreeEntry } from '../fileTree';
import type { WorkOptions } from '../ports';
import { throwIfCancelled } from '../errors';

export interface StaticTreeContents {
  readonly id: string;
  readonly label: string;
  /** Listings by path; the root is `''`. */
  readonly folders: ReadonlyMap<string, readonly TreeEntry[]>;
  /** A file's bytes; undefined when they are not at hand. */
  readonly content: (path: string) => Promise<Uint8Array | undefined>;
  /** Why nothing can be written, and why a listed file's bytes are not at hand. */
  readonly whyReadOnly: string;
  readonly whyAbsent: string;
}

const defaultMaxBytes = 64 * 1024 * 1024;

/** A tree that does not change: a mirror while its source is out of reach, or an archive. Everything that reads works. */
export class StaticTree implements FileTree {
  readonly id: string;
  readonly label: string;
  readonly capabilities: FileTreeCapabilities = {
    write: false,
    watch: false,
    compareAndSwap: 'none',
    metered: false,
  };
  readonly #contents: StaticTreeContents;

  constructor(contents: StaticTreeContents) {
    this.id = contents.id;
    this.label = contents.label;
    this.#contents = contents;
  }

  async scan(request: ScanRequest, options: WorkOptions = {}): Promise<ScanResult> {
    const folders = new Map<string, readonly TreeEntry[] | SourceError>();
    const files = new Map<string, Uint8Array | SourceError>();
    for (const path of request.folders ?? []) {
      folders.set(path, this.#contents.folders.get(path) ?? notFound(path));
    }
    for (const path of request.files ?? []) {
      throwIfCancelled(options.signal);
      files.set(path, await this.#find(path, defaultMaxBytes));
    }
    return { folders, files };
  }

  async read(path: string, options: WorkOptions & { readonly maxBytes?: number } = {}): Promise<Uint8Array> {
    throwIfCancelled(options.signal);
    const found = await this.#find(path, options.maxBytes ?? defaultMaxBytes);
    if (found instanceof SourceError) {
      throw found;
    }
    return found;
  }

  async commit(): Promise<void> {
    return Promise.reject(
      new SourceError('unavailable', `${this.label} can't be written: ${this.#contents.whyReadOnly}`, {
        nextStep: 'Try again when it can be reached.',
      }),
    );
  }

  async #find(path: string, maxBytes: number): Promise<Uint8Array | SourceError> {
    const slash = path.lastIndexOf('/');
    const listing = this.#contents.folders.get(slash < 0 ? '' : path.slice(0, slash));
    const entry = listing?.find(({ name }) => name === path.slice(slash + 1));
    if (entry?.kind !== 'file') {
      return notFound(path);
    }
    const bytes = await this.#contents.content(path);
    if (bytes === undefined) {
      return new SourceError('unavailable', `'${path}' is not at hand: ${this.#contents.whyAbsent}`, {
        nextStep: 'Open it again when the source can be reached.',
      });
    }
    return bytes.byteLength > maxBytes
      ? new SourceError('too-large', `'${path}' has ${bytes.byteLength} bytes.`, {
          nextStep: `At most ${maxBytes} bytes are read.`,
        })
      : bytes;
  }
}

function notFound(path: string): SourceError {
  return new SourceError('not-found', `'${path}' does not exist.`, { nextStep: 'Refresh the list.' });
}
