import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { PromptsSnapshot } from '../../../src/vscode/prompts/promptState';
import { answerPrompts } from '../support/answers';
import { resetWorkspace, workspaceFolder } from '../support/fixtures';
import { run } from '../support/sandbox';

const inWorkspace = (path: string): vscode.Uri => vscode.Uri.joinPath(workspaceFolder(), path);

async function refresh(): Promise<PromptsSnapshot> {
  return (await run('refreshPrompts')) as PromptsSnapshot;
}

describe('Prompts in restricted mode', () => {
  beforeEach(async () => {
    await resetWorkspace('sample-workspace');
  });

  it('compiles, measures and completes', async () => {
    const { phase, prompts } = await refresh();
    assert.equal(phase, 'ready');
    assert.deepEqual(
      prompts.map(({ name, variants }) => [name, variants.length]),
      [['market-reporter', 2]],
    );
    const uri = inWorkspace('prompts/market-reporter.prompt.yaml');
    const document = await vscode.workspace.openTextDocument(uri);
    const at = document.getText().indexOf('instruction: research') + 'instruction: '.length;
    const { items } = await vscode.commands.executeCommand<vscode.CompletionList>(
      'vscode.executeCompletionItemProvider',
      uri,
      document.positionAt(at),
    );
    const labels = items.map(({ label }) => (typeof label === 'string' ? label : label.label));
    assert.ok(labels.includes('visualization'), labels.join());
  });

  it('writes nothing: converting a file is refused before anything is asked', async () => {
    const answers = await answerPrompts();
    try {
      await vscode.workspace.fs.writeFile(inWorkspace('long.md'), new TextEncoder().encode('# One\n\nText\n'));
      await run('convertToManifest', inWorkspace('long.md'));
      assert.match(await answers.toldOf(/Converting a prompt/), /untrusted workspace/);
      assert.deepEqual(
        answers.asked.filter(({ kind }) => kind !== 'tell'),
        [],
      );
    } finally {
      answers.restore();
    }
  });

  it('reads no prices from where the workspace says', async () => {
    await vscode.workspace.fs.writeFile(
      inWorkspace('prices.json'),
      new TextEncoder().encode('{"asOf":"2031-01-02","providers":[]}'),
    );
    await vscode.workspace.fs.writeFile(
      inWorkspace('.vscode/settings.json'),
      new TextEncoder().encode('{"contextCache.prompts.providersFile":"prices.json"}'),
    );
    assert.notEqual((await refresh()).providers.asOf, '2031-01-02');
  });
});
