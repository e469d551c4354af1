import { window, workspace } from 'vscode';
import type { Uri } from 'vscode';
import { commandUris } from '../../commandTargets';
import type { CountedFile } from '../countFiles';
import type { TokenTools } from '../tools';
import { countAndShow } from './countTokens';

/** Count Tokens in Folder: of the clicked folders, or of one that is picked. */
export async function countTokensInFolder(
  tools: TokenTools,
  clicked: unknown,
  selected: unknown,
): Promise<readonly CountedFile[]> {
  const folders = clicked === undefined ? await pickFolder() : commandUris(clicked, selected);
  if (folders.length === 0) {
    return [];
  }
  return countAndShow(tools, folders, folders.map(nameOf).join(', '));
}

function nameOf(folder: Uri): string {
  const workspaceFolder = workspace.getWorkspaceFolder(folder);
  return workspaceFolder?.uri.toString() === folder.toString()
    ? workspaceFolder.name
    : workspace.asRelativePath(folder);
}

async function pickFolder(): Promise<Uri[]> {
  const [first, ...others] = workspace.workspaceFolders ?? [];
  if (first !== undefined && others.length === 0) {
    return [first.uri];
  }
  if (first !== undefined) {
    const folder = await window.showWorkspaceFolderPick({ placeHolder: 'Count the tokens of which folder?' });
    return folder === undefined ? [] : [folder.uri];
  }
  return (
    (await window.showOpenDialog({
      canSelectFiles: false,
      canSelectFolders: true,
      canSelectMany: true,
      openLabel: 'Count Tokens',
    })) ?? []
  );
}
