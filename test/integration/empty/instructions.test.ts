import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { AppliedInstruction } from '../../../src/vscode/instructions/instructionsForFile';
import type { InstructionsSnapshot } from '../../../src/vscode/instructions/snapshot';
import { workspaceFolder } from '../support/fixtures';

describe('Instructions in an empty folder', () => {
  it('finds nothing, and says so without failing', async () => {
    const snapshot = await vscode.commands.executeCommand<InstructionsSnapshot>('contextCache.refreshInstructions');
    assert.equal(snapshot.phase, 'ready');
    assert.equal(snapshot.fileCount, 0);
    assert.equal(snapshot.totals.always.tokens, 0);
    const applied = await vscode.commands.executeCommand<readonly AppliedInstruction[]>(
      'contextCache.showInstructionsForFile',
      vscode.Uri.joinPath(workspaceFolder(), 'main.py'),
    );
    await vscode.commands.executeCommand('workbench.action.closeQuickOpen');
    assert.deepEqual(applied, []);
  });
});
