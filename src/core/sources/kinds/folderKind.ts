import { isAbsolute } from 'node:path';
import { FolderTree } from '../folderTree';
import { fieldError, readText } from './fields';
import type { NamedSource, TreeKind } from './treeKind';

/** A kv-cache folder of this machine. */
export interface FolderConfig extends NamedSource {
  readonly kind: 'folder';
  /** Absolute. */
  readonly path: string;
}

export const folderKind: TreeKind<FolderConfig> = {
  parse: (fields, name) => {
    const path = readText(fields, 'path', '/home/me/project/.iris/kv-cache');
    if (!isAbsolute(path)) {
      throw fieldError(fields, 'path', 'is not an absolute path', 'Give the whole path of the folder.');
    }
    return { kind: 'folder', name, path };
  },
  open: ({ name, path }) => new FolderTree(path, { label: name }),
  place: ({ path }) => path,
};
