import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { CostReport } from '../../../src/core/prompts/economics';
import type { PromptComparison } from '../../../src/core/prompts/compare';
import type { PrefixAnalysis } from '../../../src/core/prompts/prefix/analyse';
import type { PromptsSnapshot } from '../../../src/vscode/prompts/promptState';
import { answerPrompts } from '../support/answers';
import type { Answers } from '../support/answers';
import { resetWorkspace, workspaceFolder } from '../support/fixtures';
import { run } from '../support/sandbox';

const inWorkspace = (path: string): vscode.Uri => vscode.Uri.joinPath(workspaceFolder(), path);
const manifest = (): vscode.Uri => inWorkspace('prompts/market-reporter.prompt.yaml');

async function refresh(): Promise<PromptsSnapshot> {
  return (await run('refreshPrompts')) as PromptsSnapshot;
}

async function exists(path: string): Promise<boolean> {
  return vscode.workspace.fs.stat(inWorkspace(path)).then(
    () => true,
    () => false,
  );
}

describe('Prompts', () => {
  let answers: Answers;

  beforeEach(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await resetWorkspace('sample-workspace');
    answers = await answerPrompts();
    await refresh();
  });

  afterEach(() => {
    answers.restore();
  });

  it('compiles and measures each variant of a manifest, part by part', async () => {
    const { prompts, phase } = await refresh();
    assert.equal(phase, 'ready');
    const [prompt] = prompts;
    assert.equal(prompt?.name, 'market-reporter');
    assert.equal(prompt.problem, undefined);
    const [full, streamlined] = prompt.variants;
    assert.ok(full!.measured.tokens > 2 * streamlined!.measured.tokens);
    for (const { measured, rows } of [full!, streamlined!]) {
      assert.equal(
        rows.reduce((sum, { added }) => sum + added, 0),
        measured.tokens,
      );
    }
    assert.equal(full!.rows.find(({ prefixBreak }) => prefixBreak !== undefined)?.piece.id, 'task');
    assert.ok(streamlined!.rows.some(({ piece }) => piece.kind === 'index'));
  });

  it('compiles into a read-only document, and writes no lock file unasked', async () => {
    answers.next({ pick: 'streamlined' }, { pick: 'text' });
    const uri = (await run('compilePrompt', manifest())) as vscode.Uri;
    const document = await vscode.workspace.openTextDocument(uri);
    assert.match(document.getText(), /# Instructions on demand/);
    assert.match(
      await answers.toldOf(/^Compiled 'market-reporter'/),
      /\(streamlined\): [\d,]+ tokens, within its budget of 2,500/,
    );
    assert.equal(await exists('prompts/market-reporter.prompt.lock.json'), false);
  });

  it('compares the variants, and reckons their cost with a method', async () => {
    const comparison = (await run('comparePromptVariants', manifest())) as PromptComparison;
    assert.equal(comparison.savedTokens, comparison.left.tokens - comparison.right.tokens);
    answers.next({ pick: /Show the cost/ });
    const reports = (await run('showPromptCost', manifest())) as readonly CostReport[];
    assert.deepEqual(
      reports.map(({ model }) => model),
      ['claude-sonnet-5', 'gpt-5.6'],
    );
    assert.ok(reports.every(({ basis }) => basis.length > 3));
  });

  it('explains where two files stop sharing a prefix', async () => {
    const [a, b] = ['a.txt', 'b.txt'].map(inWorkspace);
    await vscode.workspace.fs.writeFile(a!, Buffer.from('The same line.\nToday is 2026-01-02.\nThe end.\n'));
    await vscode.workspace.fs.writeFile(b!, Buffer.from('The same line.\nToday is 2026-01-03.\nThe end.\n'));
    const analysis = (await run('explainCacheBreak', a, [a, b])) as PrefixAnalysis;
    assert.equal(analysis.cause?.ruleId, 'CB01');
    assert.equal(analysis.divergence?.right.line, 1);
  });

  it('toggles the variant that is shown', async () => {
    const first = await run('toggleStreamlined');
    const second = await run('toggleStreamlined');
    assert.deepEqual([first, second].sort(), ['full', 'streamlined']);
  });

  it('converts a file only after asking', async () => {
    const section = (title: string): string => `# ${title}\n\n${'Follow this rule with care. '.repeat(400)}\n`;
    await vscode.workspace.fs.writeFile(inWorkspace('long.md'), Buffer.from(`${section('Role')}${section('Charts')}`));
    answers.next({ say: false });
    assert.equal(await run('convertToManifest', inWorkspace('long.md')), undefined);
    assert.equal(await exists('long/long.prompt.yaml'), false);
    answers.next({ say: true });
    await run('convertToManifest', inWorkspace('long.md'));
    assert.equal(await exists('long/long.prompt.yaml'), true);
    assert.equal(await exists('instructions/charts.md'), true);
    assert.equal(await exists('long/instructions/charts.md'), false);
  });

  it('shows unsaved mistakes of a manifest in the Problems view and keeps the last good variants', async () => {
    const document = await vscode.workspace.openTextDocument(manifest());
    const edit = new vscode.WorkspaceEdit();
    edit.insert(manifest(), document.positionAt(document.getText().length), '  - file: parts/absent.md\n');
    await vscode.workspace.applyEdit(edit);
    const { prompts } = await refresh();
    assert.match(prompts[0]?.problem ?? '', /absent\.md/);
    assert.equal(prompts[0]?.variants.length, 2);
    await vscode.window.showTextDocument(document);
    await vscode.commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
  });
});
