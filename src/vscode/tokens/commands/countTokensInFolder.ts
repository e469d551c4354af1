import { workspace } from 'vscode';
import type { Uri } from 'vscode';
import { commandUris } from '../../commandTargets';
import type { Prompts } from '../../prompts';
import type { CountedFile } from '../countFiles';
import type { TokenTools } from '../tools';
import { countAndShow } from './countTokens';

/** Count Tokens in Folder: of the clicked folders, or of one that is picked. */
export async function countTokensInFolder(
  tools: TokenTools,
  clicked: unknown,
  selected: unknown,
): Promise<readonly CountedFile[]> {
  const folders = clicked === undefined ? await pickFolder(tools.services.prompts) : commandUris(clicked, selected);
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

async function pickFolder(prompts: Prompts): Promise<readonly Uri[]> {
  const [first, ...others] = workspace.workspaceFolders ?? [];
  if (first !== undefined && others.length === 0) {
    return [first.uri];
  }
  if (first !== undefined) {
    const items = [first, ...others].map(({ name, uri }) => ({ label: name, uri }));
    const choice = await prompts.pick(items, { placeHolder: 'Count the tokens of which folder?' });
    return choice === undefined ? [] : [choice.uri];
  }
  return (
    (await prompts.openDialog({
      canSelectFiles: false,
      canSelectFolders: true,
      canSelectMany: true,
      openLabel: 'Count Tokens',
    })) ?? []
  );
}
