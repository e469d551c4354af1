import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { InstructionsSnapshot } from '../../../src/vscode/instructions/snapshot';
import { resetWorkspace, workspaceFolder } from '../support/fixtures';

const refresh = async (): Promise<InstructionsSnapshot> =>
  vscode.commands.executeCommand<InstructionsSnapshot>('contextCache.refreshInstructions');

describe('Instructions in restricted mode', () => {
  beforeEach(async () => {
    await resetWorkspace('sample-workspace');
  });

  it('reads and counts', async () => {
    const { phase, rows, totals } = await refresh();
    assert.equal(phase, 'ready');
    assert.ok(rows.some(({ shownPath }) => shownPath === 'AGENTS.md'));
    assert.ok(totals.always.tokens > 0);
  });

  it('ignores the workspace’s own setting for library folders, which could name any place', async () => {
    const outside = vscode.Uri.joinPath(workspaceFolder(), '..', 'outside-library');
    await vscode.workspace.fs.writeFile(vscode.Uri.joinPath(outside, 'secret.md'), Buffer.from('# Secret\n'));
    try {
      await vscode.workspace.fs.writeFile(
        vscode.Uri.joinPath(workspaceFolder(), '.vscode', 'settings.json'),
        Buffer.from(JSON.stringify({ 'contextCache.instructions.libraryFolders': [outside.fsPath] })),
      );
      const { rows } = await refresh();
      assert.ok(!rows.some(({ location }) => location.includes('outside-library')));
    } finally {
      await vscode.workspace.fs.delete(outside, { recursive: true });
    }
  });
});
