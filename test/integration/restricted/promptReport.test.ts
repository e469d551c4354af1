import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { PromptReport } from '../../../src/core/prompts/report/model';
import { answerPrompts } from '../support/answers';
import type { Answers } from '../support/answers';
import { workspaceFolder } from '../support/fixtures';
import { run } from '../support/sandbox';

describe('Prompt reports of an untrusted workspace', () => {
  let answers: Answers;

  beforeEach(async () => {
    answers = await answerPrompts();
  });

  afterEach(async () => {
    answers.restore();
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  it('are shown, and written nowhere', async () => {
    const manifest = vscode.Uri.joinPath(workspaceFolder(), 'prompts', 'market-reporter.prompt.yaml');
    await run('refreshPrompts');
    const report = (await run('showPromptReport', manifest)) as PromptReport;
    assert.equal(report.name, 'market-reporter');
    // Nobody is asked for a place.
    assert.equal(await run('exportPromptReport', manifest), undefined);
    await answers.toldOf(/off in an untrusted workspace/);
  });
});
