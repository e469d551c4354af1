import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { InstructionsSnapshot } from '../../../src/vscode/instructions/snapshot';
import type { PromptsSnapshot } from '../../../src/vscode/prompts/promptState';
import { resetWorkspace, workspaceFolder } from '../support/fixtures';

const inWorkspace = (path: string): vscode.Uri => vscode.Uri.joinPath(workspaceFolder(), path);
const manifest = 'prompts/market-reporter.prompt.yaml';
const settings = ['model', 'budget', 'limits', 'promptLimits', 'harnessLimits'];

async function configure(name: string, value: unknown): Promise<void> {
  await vscode.workspace
    .getConfiguration('contextCache.tokens')
    .update(name, value, vscode.ConfigurationTarget.Workspace);
}

async function write(path: string, text: string): Promise<void> {
  await vscode.workspace.fs.writeFile(inWorkspace(path), Buffer.from(text));
}

const instructions = async (): Promise<InstructionsSnapshot> =>
  vscode.commands.executeCommand<InstructionsSnapshot>('contextCache.refreshInstructions');
const prompts = async (): Promise<PromptsSnapshot> =>
  vscode.commands.executeCommand<PromptsSnapshot>('contextCache.refreshPrompts');

/** What the Problems view says about budgets in a file, as `error: message`, once it is what is wanted. */
async function waitForLimits(path: string, accept: (found: readonly string[]) => boolean): Promise<void> {
  const read = (): string[] =>
    vscode.languages
      .getDiagnostics(inWorkspace(path))
      .filter(({ source, code }) => source === 'Context Cache' && code === 'budget')
      .map(({ severity, message }) => `${vscode.DiagnosticSeverity[severity].toLowerCase()}: ${message}`);
  const deadline = Date.now() + 20_000;
  while (!accept(read())) {
    assert.ok(Date.now() < deadline, `${path} still has ${JSON.stringify(read())}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const has =
  (pattern: RegExp) =>
  (found: readonly string[]): boolean =>
    found.some((one) => pattern.test(one));
const none = (found: readonly string[]): boolean => found.length === 0;

describe('Token limits', () => {
  beforeEach(async () => {
    await resetWorkspace('sample-workspace');
    // The manifest of the sample has budgets of its own, which go before all others.
    const text = Buffer.from(await vscode.workspace.fs.readFile(inWorkspace(manifest))).toString();
    await write(manifest, text.replace(/^budget:\n(?: .*\n)+/m, ''));
    await instructions();
    await prompts();
  });

  afterEach(async () => {
    for (const name of settings) {
      await configure(name, undefined);
    }
  });

  it('of a harness, soft and hard, are told at the largest file that it always loads', async () => {
    await vscode.commands.executeCommand('contextCache.pickHarness', 'claude-code');
    try {
      const { rows, totals } = await instructions();
      const [largest] = rows
        .filter(({ mode }) => mode === 'always')
        .sort((a, b) => b.cost.tokens - a.cost.tokens)
        .map(({ shownPath }) => shownPath);
      const { tokens } = totals.always;
      await configure('harnessLimits', { 'claude-code': { soft: 10, hard: tokens } });
      await waitForLimits(largest!, has(/^warning: Claude Code: \d+ tokens are in every request; 10 are advised/));
      assert.equal((await instructions()).budget.error, tokens);
      await configure('harnessLimits', { 'claude-code': { hard: 10 } });
      await waitForLimits(largest!, has(/^error: Claude Code: \d+ tokens are in every request; the limit is 10/));
      await configure('harnessLimits', { copilot: { hard: 10 } });
      await waitForLimits(largest!, none);
      await write('context-cache.yaml', 'budgets:\n  harnesses:\n    claude-code: { warn: 10, error: 20 }\n');
      await waitForLimits(largest!, has(/^error: Claude Code: .*the limit is 20/));
    } finally {
      await vscode.commands.executeCommand('contextCache.pickHarness', 'all');
    }
  });

  it('of a prompt, by name or pattern, from the settings and from context-cache.yaml', async () => {
    await waitForLimits(manifest, none);
    await configure('promptLimits', { 'market-reporter': { soft: 10 } });
    await waitForLimits(manifest, has(/^warning: The variant 'full' .* its budget is 10/));
    await configure('promptLimits', { 'prompts/*.prompt.yaml': { soft: 10, hard: 20 } });
    await waitForLimits(manifest, has(/^error: The variant 'streamlined' .* its budget is 20/));
    await configure('promptLimits', undefined);
    await waitForLimits(manifest, none);
    await write('context-cache.yaml', 'budgets:\n  prompts:\n    market-reporter: { warn: 30, error: 100000 }\n');
    await waitForLimits(manifest, has(/^warning: .* its budget is 30/));
    const [prompt] = (await prompts()).prompts;
    assert.deepEqual(
      prompt?.variants.map(({ threshold }) => threshold?.warn),
      [30, 30],
    );
  });

  it('of a file are compared with what is shown: the estimate, marked as one', async () => {
    const shown = (await instructions()).rows.find(({ shownPath }) => shownPath === 'AGENTS.md')!.cost.tokens;
    await configure('limits', { 'AGENTS.md': { soft: shown, hard: 100_000 } });
    await configure('model', 'claude-sonnet-5');
    await waitForLimits('AGENTS.md', has(/^warning: `AGENTS\.md` has ~[\d,]+ tokens/));
    await configure('model', 'o200k_base');
    await waitForLimits('AGENTS.md', none);
  });
});
