import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { AppliedInstruction } from '../../../src/vscode/instructions/instructionsForFile';
import type { InstructionsSnapshot } from '../../../src/vscode/instructions/snapshot';
import { resetWorkspace, workspaceFolder } from '../support/fixtures';

const configuration = (): vscode.WorkspaceConfiguration => vscode.workspace.getConfiguration('contextCache');
const inWorkspace = (path: string): vscode.Uri => vscode.Uri.joinPath(workspaceFolder(), path);

async function write(path: string, text: string): Promise<void> {
  await vscode.workspace.fs.writeFile(inWorkspace(path), Buffer.from(text));
}

async function refresh(): Promise<InstructionsSnapshot> {
  return vscode.commands.executeCommand<InstructionsSnapshot>('contextCache.refreshInstructions');
}

/** Waits for what watchers bring about. */
async function eventually<Value>(read: () => Value, accept: (value: Value) => boolean): Promise<Value> {
  const deadline = Date.now() + 15_000;
  let value = read();
  while (!accept(value) && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    value = read();
  }
  assert.ok(accept(value), `still ${JSON.stringify(value)}`);
  return value;
}

function diagnosticsOf(path: string): vscode.Diagnostic[] {
  return vscode.languages.getDiagnostics(inWorkspace(path)).filter(({ source }) => source === 'Context Cache');
}

describe('Instructions', () => {
  beforeEach(async () => {
    await resetWorkspace('sample-workspace');
    await refresh();
  });

  afterEach(async () => {
    for (const name of ['instructions.harness', 'instructions.exclude', 'tokens.limits', 'tokens.model']) {
      await configuration().update(name, undefined, vscode.ConfigurationTarget.Global);
      await configuration().update(name, undefined, vscode.ConfigurationTarget.Workspace);
    }
  });

  it('indexes the files of every harness with their costs', async () => {
    const snapshot = await refresh();
    assert.equal(snapshot.phase, 'ready');
    const byPath = new Map(snapshot.rows.map((row) => [row.shownPath, row]));
    assert.equal(byPath.get('AGENTS.md')?.mode, 'always');
    assert.equal(byPath.get('.github/instructions/python.instructions.md')?.mode, 'glob');
    assert.equal(byPath.get('.claude/skills/chart-builder/SKILL.md')?.mode, 'onDemand');
    assert.equal(byPath.get('instructions/report_style.md')?.format, 'library');
    const always = snapshot.rows
      .filter(({ mode }) => mode === 'always')
      .reduce((sum, { cost }) => sum + cost.tokens, 0);
    assert.equal(snapshot.totals.always.tokens, always + snapshot.overhead.total.tokens);
    assert.equal(snapshot.totals.always.method, 'exact');
  });

  it('reckons by the rules of the chosen harness', async () => {
    await vscode.commands.executeCommand('contextCache.pickHarness', 'codex');
    const codex = await refresh();
    assert.equal(codex.harness, 'codex');
    assert.deepEqual(
      codex.rows.map(({ shownPath }) => shownPath),
      ['AGENTS.md'],
    );
    await vscode.commands.executeCommand('contextCache.pickHarness', 'claude-code');
    const claude = await refresh();
    const claudeMd = claude.rows.find(({ shownPath }) => shownPath === 'CLAUDE.md');
    assert.ok(claudeMd);
    assert.ok(claudeMd.cost.tokens > claudeMd.raw.tokens, 'its imports are put in place');
  });

  it('estimates for a model without a published tokenizer, and says so', async () => {
    const exact = await refresh();
    await vscode.commands.executeCommand('contextCache.pickTokenModel', 'claude-sonnet-5');
    const estimated = await refresh();
    assert.equal(estimated.totals.always.method, 'estimate');
    assert.ok(estimated.totals.always.band!.low < estimated.totals.always.tokens);
    assert.ok(estimated.totals.always.tokens > exact.totals.always.tokens);
  });

  it('follows files that come, change and go', async () => {
    const before = await refresh();
    await write('packages/one/AGENTS.md', '# One\n\nNested.\n');
    await write('AGENTS.md', 'Short.\n');
    const wait = async (accept: (snapshot: InstructionsSnapshot) => boolean): Promise<void> => {
      // A command that only reads: the watchers alone bring the change.
      const deadline = Date.now() + 15_000;
      for (;;) {
        const applied = await vscode.commands.executeCommand<readonly AppliedInstruction[]>(
          'contextCache.showInstructionsForFile',
          inWorkspace('packages/one/main.py'),
        );
        await vscode.commands.executeCommand('workbench.action.closeQuickOpen');
        const rows = applied.map(({ row }) => row);
        if (accept({ ...before, rows })) {
          return;
        }
        assert.ok(Date.now() < deadline, `still ${rows.map(({ shownPath }) => shownPath).join(', ')}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    };
    await wait(
      ({ rows }) =>
        rows.some(({ shownPath }) => shownPath === 'packages/one/AGENTS.md') &&
        rows.some(({ shownPath, cost }) => shownPath === 'AGENTS.md' && cost.tokens < 5),
    );
    await vscode.workspace.fs.delete(inWorkspace('packages'), { recursive: true });
    await wait(({ rows }) => !rows.some(({ shownPath }) => shownPath === 'packages/one/AGENTS.md'));
  });

  it('shows broken front matter with its line, and still counts the rest', async () => {
    const path = '.github/instructions/broken.instructions.md';
    await write(path, '---\ndescription: fine\napplyTo: [unclosed\n---\n\n# Broken\n\nStill counted.\n');
    const snapshot = await refresh();
    const row = snapshot.rows.find(({ shownPath }) => shownPath === path);
    assert.ok(row && row.cost.tokens > 0);
    assert.ok(row.problems.length > 0);
    const [diagnostic] = await eventually(
      () => diagnosticsOf(path),
      (diagnostics) => diagnostics.length > 0,
    );
    assert.ok(
      diagnostic!.range.start.line >= 1 && diagnostic!.range.start.line <= 3,
      String(diagnostic!.range.start.line),
    );
  });

  it('checks limits per file pattern from the settings and from context-cache.yaml', async () => {
    await configuration().update(
      'tokens.limits',
      { 'AGENTS.md': { soft: 10, hard: 20 } },
      vscode.ConfigurationTarget.Workspace,
    );
    await eventually(
      () => diagnosticsOf('AGENTS.md').map(({ severity }) => severity),
      (severities) => severities.includes(vscode.DiagnosticSeverity.Error),
    );
    await configuration().update('tokens.limits', undefined, vscode.ConfigurationTarget.Workspace);
    await eventually(
      () => diagnosticsOf('AGENTS.md'),
      (diagnostics) => diagnostics.length === 0,
    );
    await write('context-cache.yaml', 'budgets:\n  files:\n    "AGENTS.md": { warn: 10, error: 100000 }\n');
    await eventually(
      () => diagnosticsOf('AGENTS.md').map(({ severity }) => severity),
      (severities) => severities.includes(vscode.DiagnosticSeverity.Warning),
    );
  });

  it('leaves out what the settings exclude and what Git ignores', async () => {
    await write('vendor/AGENTS.md', 'vendored');
    await write('generated/AGENTS.md', 'generated');
    await write('.gitignore', 'generated/\n');
    await configuration().update('instructions.exclude', ['vendor/**'], vscode.ConfigurationTarget.Workspace);
    const { rows } = await refresh();
    const nested = rows.map(({ shownPath }) => shownPath).filter((path) => /^(?:vendor|generated)\//.test(path));
    assert.deepEqual(nested, []);
  });

  it('tells which instructions apply to a file, and why', async () => {
    await vscode.commands.executeCommand('contextCache.pickHarness', 'copilot');
    await refresh();
    const applied = await vscode.commands.executeCommand<readonly AppliedInstruction[]>(
      'contextCache.showInstructionsForFile',
      inWorkspace('src/market_reporter/agent.py'),
    );
    await vscode.commands.executeCommand('workbench.action.closeQuickOpen');
    const python = applied.find(({ row }) => row.shownPath === '.github/instructions/python.instructions.md');
    assert.equal(python?.loaded, true);
    assert.match(python.reason, /matches/);
    assert.ok(!applied.some(({ row }) => row.shownPath === '.github/instructions/tests.instructions.md'));
    const firstAvailable = applied.findIndex(({ loaded }) => !loaded);
    assert.ok(
      applied.slice(firstAvailable).every(({ loaded }) => !loaded),
      'loaded ones come first',
    );
  });

  it('copies paths of rows, and of several at once', async () => {
    const uris = [inWorkspace('AGENTS.md'), inWorkspace('CLAUDE.md')];
    await vscode.commands.executeCommand('contextCache.copyInstructionPath', uris[0], uris);
    assert.equal(await vscode.env.clipboard.readText(), 'AGENTS.md\nCLAUDE.md');
  });

  it('indexes 2,000 files', async () => {
    const folders = Array.from({ length: 40 }, (_, folder) => `many/${folder}`);
    for (const folder of folders) {
      await Promise.all(
        Array.from({ length: 50 }, async (_, file) =>
          write(`${folder}/.cursor/rules/rule${file}.mdc`, `---\nalwaysApply: false\n---\n\n# Rule ${file}\n\nBody.\n`),
        ),
      );
    }
    const { rows } = await refresh();
    assert.equal(rows.filter(({ shownPath }) => shownPath.startsWith('many/')).length, 2000);
  });
});
