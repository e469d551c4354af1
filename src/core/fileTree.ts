import type { SourceError } from './errors';
import type { WorkOptions } from './ports';

/**
 * A tree of bytes below one root: a local folder, a folder of the editor's file systems, a sandbox behind a link.
 * Paths are relative to the root, separated by `/`, without empty, `.` or `..` segments; the root itself is `''`.
 * All methods throw `SourceError`. Reading never writes. Nothing outside the root is ever read or written: a link is
 * listed as a link and not followed.
 */
export interface FileTree {
  /** Stable and unique among all trees, such as `folder:/abs/path` or `ssh:host/abs/path`. */
  readonly id: string;
  /** What a person calls it. */
  readonly label: string;
  readonly capabilities: FileTreeCapabilities;

  /**
   * Lists folders and reads files together, in one round trip where the transport can. A missing folder or file, or
   * one that can't be read, is an error of that item alone; only a failure of the whole tree rejects.
   */
  scan(request: ScanRequest, options?: WorkOptions): Promise<ScanResult>;

  /** Reads one regular file; `too-large` when it has more than `maxBytes` (default 64 MiB). */
  read(path: string, options?: WorkOptions & { readonly maxBytes?: number }): Promise<Uint8Array>;

  /**
   * Checks every expectation, then writes each file (temp + rename, in the order given, creating missing folders),
   * then removes files; one that is gone already is fine, and of a link only the link is removed. `conflict` when an
   * expectation does not hold, and then nothing was changed.
   */
  commit(change: TreeChange, options?: WorkOptions): Promise<void>;

  /** Calls back, coalesced, when something below the root may have changed. Absent where nothing pushes. */
  watch?(listener: () => void): { dispose(): void };

  dispose?(): void;
}

export interface FileTreeCapabilities {
  readonly write: boolean;
  readonly watch: boolean;
  /** Whether a commit's expectations are checked atomically with its writes. */
  readonly compareAndSwap: 'atomic' | 'best-effort' | 'none';
  /** True where each look costs money, time, or keeps a sandbox awake: never poll it. */
  readonly metered: boolean;
}

export interface TreeEntry {
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'link' | 'other';
  readonly sizeBytes: number;
  /** Milliseconds since the epoch; 0 when unknown. */
  readonly modifiedMs: number;
}

export interface ScanRequest {
  readonly folders?: readonly string[];
  readonly files?: readonly string[];
}

export interface ScanResult {
  readonly folders: ReadonlyMap<string, readonly TreeEntry[] | SourceError>;
  readonly files: ReadonlyMap<string, Uint8Array | SourceError>;
}

export interface TreeWrite {
  readonly path: string;
  readonly bytes: Uint8Array;
  /** When the content was made, in milliseconds since the epoch, where the place can keep it; now unless given. */
  readonly modifiedMs?: number;
}

export interface TreeChange {
  /** What must still be true right before the first write: the file's SHA-256 in hex, or undefined for "absent". */
  readonly expect?: readonly { readonly path: string; readonly sha256: string | undefined }[];
  readonly writes?: readonly TreeWrite[];
  readonly removes?: readonly string[];
}
