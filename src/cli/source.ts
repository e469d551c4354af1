import { resolve } from 'node:path';
import type { FileTree } from '../core/fileTree';
import { FolderTree } from '../core/sources/folderTree';
import { locateCache } from '../core/sources/locateCache';

/** A cache that a command works on. */
export interface OpenedSource {
  readonly tree: FileTree;
  /** Where it is, for output. */
  readonly place: string;
}

/**
 * Opens the cache of a workspace, or a kv-cache folder, relative to `cwd`. With `create`, a workspace without a cache
 * is given one by the first write. Throws a SourceError when there is none.
 */
export async function openSource(
  cwd: string,
  directory: string,
  options: { readonly create?: boolean } = {},
): Promise<OpenedSource> {
  const place = await locateCache(resolve(cwd, directory), options);
  return { tree: new FolderTree(place), place };
}
