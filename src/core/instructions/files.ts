import type { FileIdentity } from '../fileMemory';
import type { WorkOptions } from '../ports';

/**
 * The files below one root, as indexing sees them. Paths are relative to the root, separated by `/`; the root itself is
 * `''`. All methods reject with `SourceError` (`not-found`, `forbidden`, `unavailable`, `too-large`, `cancelled`).
 * Nothing is ever written. Links are followed as long as they stay inside the root.
 */
export interface InstructionFiles {
  /** Absolute path or URI of a path of this root. */
  locate(path: string): string;

  /** The names in a folder, in no order. */
  list(folder: string, options?: WorkOptions): Promise<readonly ListedFile[]>;

  /** What a path is, with links followed; `outside` when a link leads out of the root. */
  stat(path: string, options?: WorkOptions): Promise<FileFacts>;

  /** Reads a whole regular file; `too-large` when it has more than `maxBytes`. */
  read(path: string, options: WorkOptions & { readonly maxBytes: number }): Promise<Uint8Array>;

  /** Tells the states of a regular file apart without reading it; undefined for a link. Absent where nothing does. */
  identify?(path: string): Promise<FileIdentity | undefined>;

  /**
   * The paths of all files that may be instructions, found by the host's own search; more than wanted does no harm.
   * Without it the folders are listed one by one.
   */
  find?(options?: WorkOptions): Promise<readonly string[]>;
}

export interface ListedFile {
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'link' | 'other';
}

export interface FileFacts {
  readonly kind: 'file' | 'folder' | 'other' | 'outside';
  readonly sizeBytes: number;
  /** Milliseconds since the epoch; 0 when unknown. */
  readonly modifiedMs: number;
  /** The path inside the root that links lead to; the path itself without links. */
  readonly realPath: string;
}
