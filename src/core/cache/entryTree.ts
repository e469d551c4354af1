import type { FileTree } from '../fileTree';
import type { WorkOptions } from '../ports';
import type { ScopeName } from './model';
import type { PythonNumber, PythonObject } from './pythonJson';

/** An entry as a place takes it that writes the index itself. */
export interface StoredEntry {
  readonly scope: ScopeName;
  readonly originalKey: string;
  readonly bytes: Uint8Array;
  readonly contentType: string;
  readonly ttlHours: PythonNumber;
  readonly metadata: PythonObject;
}

/**
 * A source that shows its entries as files, and is written entry by entry: index files and times are the far end's, and
 * `commit` is not supported. Throws SourceErrors; `unsupported` for what can't be stored there.
 */
export interface EntryTree extends FileTree {
  putEntry(entry: StoredEntry, options?: WorkOptions): Promise<void>;
  /** One that is gone already is fine. */
  removeEntry(scope: ScopeName, originalKey: string, options?: WorkOptions): Promise<void>;
}

export function writesEntries(tree: FileTree): tree is EntryTree {
  return 'putEntry' in tree && 'removeEntry' in tree;
}
