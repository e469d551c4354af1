import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import type { Finding } from '../../../src/core/findings';
import type { AppliedChanges } from '../../../src/agent/config/settingsFiles';
import { answerPrompts } from '../support/answers';
import type { Answers } from '../support/answers';
import { resetWorkspace, workspaceFolder } from '../support/fixtures';
import { cacheFolder, run, tracesOf } from '../support/sandbox';

const inWorkspace = (...parts: string[]): string => path.join(workspaceFolder().fsPath, ...parts);

async function invoke(tool: string, input: object): Promise<Record<string, unknown>> {
  const result = await vscode.lm.invokeTool(`context_cache_${tool}`, { input, toolInvocationToken: undefined });
  const [part] = result.content;
  assert.ok(part instanceof vscode.LanguageModelTextPart);
  return JSON.parse(part.value) as Record<string, unknown>;
}

describe('Agents in the editor', () => {
  let answers: Answers;

  beforeEach(async () => {
    await resetWorkspace('sample-workspace');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    answers = await answerPrompts();
  });

  afterEach(() => {
    answers.restore();
  });

  it('have the tools, and get instructions without a trace in the cache', async () => {
    const own = vscode.lm.tools.filter(({ name }) => name.startsWith('context_cache_'));
    assert.equal(own.length, 8);
    const before = await tracesOf(cacheFolder());
    const found = await invoke('get_instruction', { tag: 'research' });
    assert.equal(found['success'], true);
    assert.equal(
      found['content'],
      await readFile(path.join(cacheFolder(), 'instructions', 'instruction_research'), 'utf8'),
    );
    const part = await invoke('get_instruction', { tag: 'research', tokens: 20 });
    assert.ok((part['tokens'] as number) <= 20);
    assert.ok(typeof part['next_offset'] === 'number');
    assert.ok(((await invoke('list_instructions', {}))['count'] as number) >= 5);
    assert.deepEqual(await tracesOf(cacheFolder()), before);
  });

  it('store a large output and get back what they ask for', async () => {
    const value = Array.from({ length: 3000 }, (_, line) => `line ${line}\n`).join('');
    const stored = await invoke('put_artifact', { key: 'build log', value, metadata: { from: 'a test' } });
    assert.equal(stored['success'], true);
    assert.equal(stored['path'], '/workspace/.iris/kv-cache/artifacts/build_log');
    assert.ok(typeof stored['reference'] === 'object');
    assert.equal(await readFile(path.join(cacheFolder(), 'artifacts', 'build_log'), 'utf8'), value);
    const part = await invoke('get_artifact', { key: 'build log', offset: 7, tokens: 20 });
    assert.ok(value.slice(7).startsWith(part['value'] as string), String(part['value']));
    assert.ok((part['tokens'] as number) <= 20 && typeof part['next_offset'] === 'number');
    const listed = (await invoke('list_artifacts', { contains: 'build' })) as { readonly artifacts: { key: string }[] };
    assert.deepEqual(
      listed.artifacts.map(({ key }) => key),
      ['build log'],
    );
    await assert.rejects(invoke('put_artifact', { key: 'no', value: [1] }), /value/);
  });

  it('are told the tags that exist when one does not', async () => {
    await assert.rejects(invoke('get_instruction', { tag: 'nope' }), /'nope' not found.*'research'/s);
  });

  it('are connected as ticked, to the byte, and once', async () => {
    await mkdir(inWorkspace('.cursor'), { recursive: true });
    const cursor = '{\n  // mine\n  "mcpServers": {\n    "other": { "command": "x" }\n  }\n}\n';
    await writeFile(inWorkspace('.cursor', 'mcp.json'), cursor);
    answers.next({ tick: ['Cursor', 'Codex'] }, { say: true });
    const applied = (await run('connectAgents')) as AppliedChanges;
    const [pick, question] = answers.asked;
    assert.ok(pick?.ticked?.includes('Cursor'));
    assert.equal(question?.text, 'Write 3 files to connect Cursor, Codex?');
    assert.equal(question.detail, 'new: .context-cache/mcp.mjs\nchanged: .cursor/mcp.json\nnew: .codex/config.toml');
    assert.equal(applied.changes.length, 3);
    const text = await readFile(inWorkspace('.cursor', 'mcp.json'), 'utf8');
    assert.match(text, /\/\/ mine/);
    assert.match(text, /"other": \{ "command": "x" \}/);
    assert.match(text, /\$\{workspaceFolder\}\/\.context-cache\/mcp\.mjs/);
    assert.match(await readFile(inWorkspace('.codex', 'config.toml'), 'utf8'), /^\[mcp_servers\.context-cache\]$/m);
    assert.equal(answers.told.at(-1), 'Connected Cursor, Codex: wrote .cursor/mcp.json, .codex/config.toml.');
    assert.deepEqual(answers.asked.at(-1)?.offered, ['Undo']);
    answers.next({ tick: ['Cursor', 'Codex'] });
    assert.equal(await run('connectAgents'), undefined);
    assert.equal(answers.told.at(-1), 'Cursor, Codex: connected already.');
  });

  it('are not connected without a yes', async () => {
    answers.next({ tick: ['Claude Code'] }, { say: false });
    assert.equal(await run('connectAgents'), undefined);
    assert.equal(existsSync(inWorkspace('.mcp.json')), false);
    assert.equal(existsSync(inWorkspace('.context-cache')), false);
  });

  it('are not connected through a file that is broken', async () => {
    await writeFile(inWorkspace('.mcp.json'), '{ "mcpServers": ');
    answers.next({ tick: ['Claude Code', 'Codex'] });
    assert.equal(await run('connectAgents'), undefined);
    assert.match(await answers.toldOf(/not valid JSON/), /\.mcp\.json/);
    assert.equal(existsSync(inWorkspace('.codex')), false);
    assert.equal(await readFile(inWorkspace('.mcp.json'), 'utf8'), '{ "mcpServers": ');
  });
});

describe('Check Workspace', () => {
  let answers: Answers;

  beforeEach(async () => {
    await resetWorkspace('sample-workspace');
    answers = await answerPrompts();
  });

  afterEach(() => {
    answers.restore();
  });

  it('finds a dead link, shows it in the Problems view once, and takes it away when it is mended', async () => {
    const file = vscode.Uri.file(inWorkspace('AGENTS.md'));
    const text = await readFile(file.fsPath, 'utf8');
    const deadLinks = (): vscode.Diagnostic[] =>
      vscode.languages.getDiagnostics(file).filter(({ code }) => code === 'dead-link');
    await writeFile(file.fsPath, `${text}\nSee [this](docs/not-there.md).\n`);
    answers.next({ pick: /not-there/ });
    const findings = (await run('checkWorkspace')) as readonly Finding[];
    assert.ok(findings.some(({ id, path: at }) => id === 'dead-link' && at === file.fsPath));
    assert.equal(deadLinks().length, 1);
    const all = vscode.languages
      .getDiagnostics(file)
      .map(({ code, range, message }) => JSON.stringify([code, range, message]));
    assert.equal(new Set(all).size, all.length, 'nothing is shown twice');
    await writeFile(file.fsPath, text);
    answers.next({ pick: undefined });
    await run('checkWorkspace');
    assert.equal(deadLinks().length, 0);
  });
});
