import ignore from 'ignore';
import type { Ignore } from 'ignore';
import { settingsFolders } from '../../core/instructions/folders';

/** One `.gitignore` with the folder that it stands in, relative to the root; `''` is the root. */
export interface IgnoreFile {
  readonly folder: string;
  readonly text: string;
}

/**
 * Whether Git ignores the folder of a path, or one above it. Settings folders of harnesses are read even then, as
 * harnesses do, and so are the folders of the library. Ignored files in folders that are not ignored count.
 */
export function createFolderFilter(
  files: readonly IgnoreFile[],
  libraryFolders: readonly string[],
): (path: string) => boolean {
  const rules = new Map<string, Ignore>(files.map(({ folder, text }) => [folder, ignore().add(text)]));
  const known = new Map<string, boolean>();

  const isIgnored = (folder: string): boolean => {
    if (folder === '' || isReadAnyway(folder, libraryFolders)) {
      return false;
    }
    const before = known.get(folder);
    if (before !== undefined) {
      return before;
    }
    const parents = parentsOf(folder);
    const ignored =
      isIgnored(parents.at(-1)!) ||
      parents.some(
        (parent) => rules.get(parent)?.ignores(`${parent === '' ? folder : folder.slice(parent.length + 1)}/`) === true,
      );
    known.set(folder, ignored);
    return ignored;
  };
  return (path) => isIgnored(folderOf(path));
}

/** Adds the folders in which a `.gitignore` could concern a path. */
export function addFoldersAbove(path: string, folders: Set<string>): void {
  for (let folder = folderOf(path); !folders.has(folder); folder = folderOf(folder)) {
    folders.add(folder);
  }
}

function isReadAnyway(folder: string, libraryFolders: readonly string[]): boolean {
  return (
    folder.split('/').some((segment) => settingsFolders.has(segment)) ||
    libraryFolders.some(
      (library) => library === folder || library.startsWith(`${folder}/`) || folder.startsWith(`${library}/`),
    )
  );
}

/** Every folder above a path, outermost first, beginning with the root `''`. */
function parentsOf(path: string): string[] {
  const segments = path.split('/').slice(0, -1);
  return ['', ...segments.map((_, index) => segments.slice(0, index + 1).join('/'))];
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
