import { FileType, RelativePattern, Uri, workspace } from 'vscode';
import { isSkippedPath } from '../core/instructions/folders';
import { compareText } from '../core/instructions/model';

/** A file below a folder. */
export interface FoundFile {
  readonly uri: Uri;
  /** Relative to the folder, with `/`. */
  readonly path: string;
}

const maxDepth = 16;
const maxListed = 20_000;

/** The files below a folder whose names end in one of these, sorted by path; `**` of the search is implied. */
export async function findFiles(folder: Uri, endings: readonly string[]): Promise<FoundFile[]> {
  const base = `${folder.path.replace(/\/$/, '')}/`;
  const files = canSearch(folder)
    ? (await workspace.findFiles(new RelativePattern(folder, `**/*{${endings.join(',')}}`)))
        .filter(({ path }) => path.startsWith(base))
        .map((uri) => ({ uri, path: uri.path.slice(base.length) }))
    : await listFiles(folder, (path) => endings.some((ending) => path.toLowerCase().endsWith(ending)));
  return files.filter(({ path }) => !isSkippedPath(path)).sort((left, right) => compareText(left.path, right.path));
}

/** File systems of other extensions may have no search, and then the editor waits for one without end. */
export function canSearch(folder: Uri): boolean {
  return folder.scheme === 'file';
}

/**
 * The files below a folder that are wanted by their path, folder by folder, without those that hold no work of a
 * person; for folders that can't be searched. Looks at no more than 20,000 names.
 */
export async function listFiles(root: Uri, isWanted: (path: string) => boolean): Promise<FoundFile[]> {
  const files: FoundFile[] = [];
  let listed = 0;
  const list = async (folder: Uri, prefix: string, depth: number): Promise<void> => {
    for (const [name, type] of await workspace.fs.readDirectory(folder)) {
      const path = prefix + name;
      listed += 1;
      if (listed > maxListed || isSkippedPath(path)) {
        continue;
      }
      const uri = Uri.joinPath(folder, name);
      if (type === FileType.Directory && depth < maxDepth) {
        await list(uri, `${path}/`, depth + 1);
      } else if (type === FileType.File && isWanted(path)) {
        files.push({ uri, path });
      }
    }
  };
  await list(root, '', 0);
  return files;
}
