import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { FileType, Uri, workspace } from 'vscode';
import type { SandboxSetting } from '../../../contributions';
import { UserError } from '../../../core/errors';
import { FolderTree } from '../../../core/sources/folderTree';
import type { Services } from '../../services';
import { back } from '../../steps';
import { createEditorTree } from '../editorTree';
import type { MirrorTree, OpenedSource, SourceKind } from './sourceKind';

/** Where a cache lies below a workspace, one segment after the other. */
export const cachePath = ['.iris', 'kv-cache'] as const;

/** Any folder that the editor can read: local, remote, in a container, in a virtual workspace. */
export function createFolderSource({ prompts }: Services, mirrored: MirrorTree): SourceKind {
  return {
    id: 'folder',
    label: 'Folder',
    detail: 'A folder that this window can read: local, over Remote SSH, in a container',
    icon: 'folder',
    settingId: 'contextCache.sandboxes.sources',
    open: async (setting) => openFolder(uriOf(setting), mirrored),
    steps: [
      async (state) => {
        const folders = await prompts.openDialog({
          title: 'Add Sandbox',
          openLabel: 'Add Sandbox',
          canSelectFiles: false,
          canSelectFolders: true,
          canSelectMany: false,
        });
        const folder = folders?.[0];
        // The dialog has no Back; who gives it up sees the step before.
        return folder === undefined
          ? back
          : {
              ...state,
              fields: folder.scheme === 'file' ? { path: folder.fsPath } : { uri: folder.toString() },
              suggestedName: nameOf(folder),
            };
      },
    ],
  };
}

/** Opens a workspace or a kv-cache folder. */
export async function openFolder(folder: Uri, mirrored: MirrorTree): Promise<OpenedSource> {
  const uri = await cacheFolderOf(folder);
  const label = nameOf(uri);
  const tree = uri.scheme === 'file' ? new FolderTree(uri.fsPath, { label }) : createEditorTree(uri, label);
  return { tree: mirrored(tree), near: true, uri, place: uri.scheme === 'file' ? uri.fsPath : uri.toString(true) };
}

/** The kv-cache folder of a workspace, or the folder itself when it is one; for an empty folder, where one would be. */
async function cacheFolderOf(folder: Uri): Promise<Uri> {
  const inside = Uri.joinPath(folder, ...cachePath);
  if (folder.path.endsWith('/kv-cache') && !(await isFolder(inside))) {
    return folder;
  }
  return inside;
}

/** Where the cache of a workspace folder is; undefined when there is none. */
export async function findCacheIn(workspaceFolder: Uri): Promise<Uri | undefined> {
  const uri = Uri.joinPath(workspaceFolder, ...cachePath);
  return (await isFolder(uri)) ? uri : undefined;
}

/** False too where it can't be told: nothing can be shown there. */
export async function isFolder(uri: Uri): Promise<boolean> {
  try {
    return ((await workspace.fs.stat(uri)).type & FileType.Directory) !== 0;
  } catch {
    // Whatever the reason, nothing can be shown there; a configured folder tells its reason when it is read.
    return false;
  }
}

function uriOf(setting: SandboxSetting): Uri {
  const { path, uri } = setting;
  if (typeof uri === 'string' && uri !== '') {
    return parseUri(uri);
  }
  if (typeof path !== 'string' || path === '') {
    throw new UserError(
      `The sandbox ${JSON.stringify(setting['name'] ?? '')} names no folder.`,
      'Give it a "path" or a "uri" in the setting contextCache.sandboxes.sources.',
    );
  }
  if (path === '~' || path.startsWith('~/')) {
    return Uri.file(join(homedir(), path.slice(1)));
  }
  if (isAbsolute(path)) {
    return Uri.file(path);
  }
  const base = workspace.workspaceFolders?.[0]?.uri;
  if (base === undefined) {
    throw new UserError(
      `The sandbox folder ${JSON.stringify(path)} is relative, and no folder is open.`,
      'Open a folder, or give an absolute path.',
    );
  }
  return Uri.joinPath(base, path);
}

function parseUri(text: string): Uri {
  try {
    return Uri.parse(text, true);
  } catch (cause) {
    throw new UserError(`The sandbox URI ${JSON.stringify(text)} is not a URI.`, 'Write it as scheme://host/path.', {
      cause,
    });
  }
}

/** The name of the workspace that a cache belongs to. */
function nameOf(uri: Uri): string {
  const segments = uri.path.split('/').filter(Boolean);
  const end = segments.at(-1) === 'kv-cache' ? (segments.at(-2) === '.iris' ? -2 : -1) : undefined;
  return segments.slice(0, end).at(-1) ?? (uri.authority || uri.scheme);
}
