import { cp, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { testEnvironment } from './environment';

/** The folder that the window was opened on: a copy that the test may change as it likes. */
export function workspaceFolder(): vscode.Uri {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  if (!folder) {
    throw new Error('The window has no workspace folder.');
  }
  return folder.uri;
}

/** Empties the workspace folder and fills it with a fresh copy of a folder of `test/fixtures`. */
export async function resetWorkspace(fixture: string): Promise<void> {
  const folder = workspaceFolder().fsPath;
  for (const name of await readdir(folder)) {
    await rm(path.join(folder, name), { recursive: true, force: true });
  }
  await copyFixture(fixture, folder);
}

/** Copies a folder of `test/fixtures` to another place. */
export async function copyFixture(fixture: string, target: string): Promise<void> {
  await cp(path.join(testEnvironment().projectRoot, 'test', 'fixtures', fixture), target, { recursive: true });
}
