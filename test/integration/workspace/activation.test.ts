import assert from 'node:assert/strict';
import * as vscode from 'vscode';

describe('Activation', () => {
  it('starts with the window and registers every command that package.json declares', async () => {
    const extension = vscode.extensions.getExtension('context-cache.context-cache');
    assert.ok(extension, 'the extension is not installed');
    await extension.activate();
    const { contributes } = extension.packageJSON as {
      contributes?: { commands?: readonly { command: string }[] };
    };
    const declared = (contributes?.commands ?? []).map(({ command }) => command);
    const registered = new Set(await vscode.commands.getCommands(true));
    assert.deepEqual(
      declared.filter((command) => !registered.has(command)),
      [],
    );
  });

  it('runs on a trusted copy of the sample workspace', () => {
    assert.equal(vscode.workspace.isTrusted, true);
    assert.equal(vscode.workspace.workspaceFolders?.length, 1);
  });
});
