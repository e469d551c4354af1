import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { CountedFile } from '../../../src/vscode/tokens/countFiles';
import type { Explanation } from '../../../src/vscode/tokens/explanation';
import { workspaceFolder } from '../support/fixtures';

describe('Tokens in an untrusted workspace', () => {
  const agents = (): vscode.Uri => vscode.Uri.joinPath(workspaceFolder(), 'AGENTS.md');

  it('are counted, explained and shown above headings: reading is allowed', async () => {
    await vscode.commands.executeCommand('contextCache.refreshInstructions');
    const [file] = await vscode.commands.executeCommand<readonly CountedFile[]>('contextCache.countTokens', agents());
    assert.ok(file?.kind === 'counted' && file.count.tokens > 0 && file.count.method === 'exact');
    const explanation = await vscode.commands.executeCommand<Explanation>('contextCache.explainTokenCount', agents());
    assert.equal(explanation.tokens, file.count.tokens);
    await vscode.window.showTextDocument(agents());
    const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
      'vscode.executeCodeLensProvider',
      agents(),
      100,
    );
    assert.ok(lenses.some(({ command }) => command?.title.includes('tokens')));
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });
});
