import assert from 'node:assert/strict';
import * as vscode from 'vscode';

describe('Activation in restricted mode', () => {
  it('activates although the workspace is not trusted', async () => {
    assert.equal(vscode.workspace.isTrusted, false);
    const extension = vscode.extensions.getExtension('context-cache.context-cache');
    assert.ok(extension, 'the extension is not available');
    await extension.activate();
    assert.equal(extension.isActive, true);
  });
});
