import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import * as vscode from 'vscode';
import { workspaceFolder } from '../support/fixtures';

describe('Activation in an empty folder', () => {
  it('activates and leaves the folder empty', async () => {
    const extension = vscode.extensions.getExtension('context-cache.context-cache');
    assert.ok(extension, 'the extension is not installed');
    await extension.activate();
    assert.deepEqual(await readdir(workspaceFolder().fsPath), []);
  });
});
