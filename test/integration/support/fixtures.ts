import { existsSync } from 'node:fs';
import { cp, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { testEnvironment } from './environment';

/** The (first) folder that the window was opened on: a copy that the test may change as it likes. */
export function workspaceFolder(): vscode.Uri {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  if (!folder) {
    throw new Error('The window has no workspace folder.');
  }
  return folder.uri;
}

/** Empties the workspace folder and fills it with a fresh copy of a fixture; see {@link copyFixture}. */
export async function resetWorkspace(fixture: string): Promise<void> {
  const folder = workspaceFolder().fsPath;
  for (const name of await readdir(folder)) {
    // What an earlier test began may still write.
    await rm(path.join(folder, name), { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
  await copyFixture(fixture, folder);
}

/**
 * Copies a folder of `test/fixtures` to another place. A fixture of the profile comes as the window got it, so the
 * sample workspace with its sandbox cache.
 */
async function copyFixture(fixture: string, target: string): Promise<void> {
  const { pristine, projectRoot } = testEnvironment();
  const prepared = path.join(pristine, path.basename(fixture));
  const source = existsSync(prepared) ? prepared : path.join(projectRoot, 'test', 'fixtures', fixture);
  await cp(source, target, { recursive: true });
}
