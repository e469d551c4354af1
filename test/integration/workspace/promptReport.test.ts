import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import type { PrefixAnalysis } from '../../../src/core/prompts/prefix/analyse';
import type { PromptReport } from '../../../src/core/prompts/report/model';
import type { VersionComparison } from '../../../src/core/prompts/versions/promptVersion';
import type { PromptSnapshot } from '../../../src/core/prompts/versions/snapshots';
import { answerPrompts } from '../support/answers';
import type { Answers } from '../support/answers';
import { resetWorkspace, workspaceFolder } from '../support/fixtures';
import { run } from '../support/sandbox';

const inWorkspace = (name: string): vscode.Uri => vscode.Uri.joinPath(workspaceFolder(), name);
const manifest = (): vscode.Uri => inWorkspace('prompts/market-reporter.prompt.yaml');
const disclaimer = (): vscode.Uri => inWorkspace('prompts/parts/disclaimer.md');

interface VersionDiff {
  readonly comparison: VersionComparison;
  readonly analysis: PrefixAnalysis | undefined;
}

async function readText(uri: vscode.Uri): Promise<string> {
  return new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
}

async function append(uri: vscode.Uri, text: string): Promise<void> {
  await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(`${await readText(uri)}${text}`));
  await run('refreshPrompts');
}

function openPanels(): readonly string[] {
  return vscode.window.tabGroups.all.flatMap(({ tabs }) =>
    tabs.flatMap(({ input, label }) =>
      input instanceof vscode.TabInputWebview && input.viewType.endsWith('contextCache.promptReport') ? [label] : [],
    ),
  );
}

describe('Prompt reports and versions', () => {
  let answers: Answers;

  beforeEach(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await resetWorkspace('sample-workspace');
    answers = await answerPrompts();
    await run('refreshPrompts');
  });

  afterEach(async () => {
    answers.restore();
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  it('opens one panel per prompt, with the numbers of the view', async () => {
    const report = (await run('showPromptReport', manifest())) as PromptReport;
    assert.deepEqual(
      report.variants.map(({ name }) => name),
      ['full', 'streamlined'],
    );
    for (const { parts, tokens } of report.variants) {
      assert.equal(
        parts.reduce((sum, { added }) => sum + added, 0),
        tokens,
      );
    }
    assert.deepEqual(
      report.costs.map(({ model }) => model),
      ['claude-sonnet-5', 'gpt-5.6'],
    );
    await run('showPromptReport', manifest());
    assert.deepEqual(openPanels(), ['market-reporter report']);
  });

  it('exports a page and a picture to where the person says, and nothing otherwise', async () => {
    answers.next({ pick: 'HTML' }, { save: undefined });
    assert.equal(await run('exportPromptReport', manifest()), undefined);
    answers.next({ pick: 'HTML' }, { save: inWorkspace('report.html') });
    const page = (await run('exportPromptReport', manifest())) as vscode.Uri;
    assert.match(await readText(page), /^<!DOCTYPE html>.*<h1>market-reporter<\/h1>/s);
    assert.doesNotMatch(await readText(page), /<script/);
    answers.next({ pick: 'SVG' }, { save: inWorkspace('report.svg') });
    await run('exportPromptReport', manifest());
    assert.match(await readText(inWorkspace('report.svg')), /^<svg xmlns=/);
    await answers.toldOf(/^Wrote report\.svg\.$/);
  });

  it('saves snapshots, compares with them, and puts them into the history', async () => {
    answers.next({ type: 'as it was' });
    const { number, label } = (await run('savePromptSnapshot', manifest())) as PromptSnapshot;
    assert.equal(label, 'as it was');
    await append(disclaimer(), '\nOne more sentence of advice.\n');
    answers.next({ pick: 'as it was' }, { pick: 'Now' }, { pick: 'full' });
    const { comparison, analysis } = (await run('diffPromptVersions', manifest())) as VersionDiff;
    assert.equal(comparison.firstChange, 'disclaimer');
    assert.deepEqual(
      comparison.parts.filter(({ change }) => change !== 'same').map(({ id, change }) => [id, change]),
      [['disclaimer', 'changed']],
    );
    assert.ok(comparison.delta !== undefined && comparison.delta >= 5 && comparison.delta <= 12);
    assert.equal(analysis?.divergence?.right.partId, 'disclaimer');
    assert.equal(analysis.right.tokens - analysis.left.tokens, comparison.delta);
    const diff = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
    assert.ok(diff instanceof vscode.TabInputTextDiff);
    const shown = await vscode.workspace.openTextDocument(diff.modified);
    assert.match(shown.getText(), /One more sentence of advice\./);

    const { history } = (await run('showPromptReport', manifest())) as PromptReport;
    const snapshot = history.find((point) => point.origin === 'snapshot' && point.label === 'as it was');
    assert.equal(snapshot?.tokens['full'], comparison.left.tokens);
    assert.equal(history.at(-1)?.tokens['full'], comparison.right.tokens);
    assert.ok(number >= 1);
  });

  it('compares commits and the lock file', async () => {
    const repository = await mkdtemp(path.join(tmpdir(), 'context-cache-git-'));
    const gitFolder = path.join(repository, 'git');
    const git = (...args: string[]): void => {
      const places = ['--git-dir', gitFolder, '--work-tree', workspaceFolder().fsPath];
      const author = ['-c', 'user.name=t', '-c', 'user.email=t@example.org'];
      execFileSync('git', [...places, ...author, ...args], { cwd: workspaceFolder().fsPath });
    };
    try {
      git('init', '-q');
      git('add', 'prompts', 'instructions', 'context-cache.yaml');
      git('commit', '-q', '-m', 'The first text');
      // In one step: the editor's own Git never sees a half of it.
      await rename(gitFolder, inWorkspace('.git').fsPath);
      await append(disclaimer(), '\nNot committed.\n');
      answers.next({ pick: /^[0-9a-f]{8}$/ }, { pick: 'Now' }, { pick: 'full' });
      const { comparison, analysis } = (await run('diffPromptVersions', manifest())) as VersionDiff;
      assert.equal(comparison.firstChange, 'disclaimer');
      assert.match(analysis?.divergence?.right.excerpt ?? '', /Not committed\./);
      answers.next({ pick: /Another revision/ }, { type: 'HEAD' }, { pick: 'Now' }, { pick: 'streamlined' });
      const other = (await run('diffPromptVersions', manifest())) as VersionDiff;
      assert.equal(other.comparison.variant, 'streamlined');
      assert.match(other.comparison.left.label, /^HEAD, /);
    } finally {
      for (const folder of [repository, inWorkspace('.git').fsPath]) {
        await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
      }
    }
  });
});
