import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { PromptsSnapshot } from '../../../src/vscode/prompts/promptState';
import { answerPrompts } from '../support/answers';
import { workspaceFolder } from '../support/fixtures';
import { run } from '../support/sandbox';

describe('Prompts in an empty folder', () => {
  it('finds none without failing, and finds one as soon as it is written', async () => {
    const before = (await run('refreshPrompts')) as PromptsSnapshot;
    assert.deepEqual([before.phase, before.failure, before.prompts.length], ['ready', undefined, 0]);
    const uri = vscode.Uri.joinPath(workspaceFolder(), 'first.prompt.yaml');
    await vscode.workspace.fs.writeFile(
      uri,
      new TextEncoder().encode('name: first\nparts:\n  - text: You are kind.\n'),
    );
    try {
      const { prompts } = (await run('refreshPrompts')) as PromptsSnapshot;
      assert.deepEqual(
        prompts.map(({ name, problem, variants }) => [name, problem, variants.length]),
        [['first', undefined, 2]],
      );
    } finally {
      await vscode.workspace.fs.delete(uri);
    }
  });

  it('says what to do where a command needs a prompt', async () => {
    const answers = await answerPrompts();
    try {
      await run('refreshPrompts');
      await run('showPromptCost');
      assert.match(await answers.toldOf(/no prompt manifest/), /New Prompt Manifest/);
    } finally {
      answers.restore();
    }
  });
});
