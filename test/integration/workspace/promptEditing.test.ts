import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import * as vscode from 'vscode';
import type { PromptsSnapshot } from '../../../src/vscode/prompts/promptState';
import { answerPrompts } from '../support/answers';
import { resetWorkspace, workspaceFolder } from '../support/fixtures';
import { run } from '../support/sandbox';

const inWorkspace = (path: string): vscode.Uri => vscode.Uri.joinPath(workspaceFolder(), path);
const manifest = (): vscode.Uri => inWorkspace('prompts/market-reporter.prompt.yaml');

async function refresh(): Promise<PromptsSnapshot> {
  return (await run('refreshPrompts')) as PromptsSnapshot;
}

async function write(path: string, text: string): Promise<vscode.Uri> {
  await vscode.workspace.fs.writeFile(inWorkspace(path), new TextEncoder().encode(text));
  return inWorkspace(path);
}

async function exists(path: string): Promise<boolean> {
  return vscode.workspace.fs.stat(inWorkspace(path)).then(
    () => true,
    () => false,
  );
}

/** What our provider offers where `│` stands in the text. */
async function completions(marked: string): Promise<readonly vscode.CompletionItem[]> {
  // A file of its own: an open document follows its file only after a while.
  const uri = await write(`prompts/new-${randomUUID()}.prompt.yaml`, marked.replace('│', ''));
  const document = await vscode.workspace.openTextDocument(uri);
  const { items } = await vscode.commands.executeCommand<vscode.CompletionList>(
    'vscode.executeCompletionItemProvider',
    uri,
    document.positionAt(marked.indexOf('│')),
  );
  return items.filter(({ kind }) => kind !== vscode.CompletionItemKind.Text);
}

function labelOf({ label }: vscode.CompletionItem): string {
  return typeof label === 'string' ? label : label.label;
}

async function hoverAt(uri: vscode.Uri, words: string): Promise<string> {
  const document = await vscode.workspace.openTextDocument(uri);
  const at = document.getText().indexOf(words);
  assert.notEqual(at, -1, words);
  const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
    'vscode.executeHoverProvider',
    uri,
    document.positionAt(at + 1),
  );
  return hovers
    .flatMap(({ contents }) => contents)
    .map((content) => (content instanceof vscode.MarkdownString ? content.value : ''))
    .join('\n');
}

describe('Writing a prompt manifest', () => {
  beforeEach(async () => {
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await resetWorkspace('sample-workspace');
    await refresh();
  });

  it('offers tags with when to use them, files, models and kinds', async () => {
    const tags = await completions('name: new\nparts:\n  - instruction: │\n');
    const research = tags.find((item) => labelOf(item) === 'research');
    assert.equal(typeof research?.documentation, 'string');
    assert.match(research?.documentation as string, /Use (?:when|for)/);
    assert.ok(tags.some((item) => labelOf(item) === 'report_style'));
    const files = (await completions('name: new\nparts:\n  - file: │\n')).map(labelOf);
    assert.equal(files[0]?.startsWith('parts/'), true, files.join());
    assert.ok(files.includes('../AGENTS.md'));
    assert.ok((await completions('name: new\nparts:\n  - tools: │\n')).map(labelOf).includes('tools.json'));
    assert.ok((await completions('name: new\nmodels: [│]\n')).length > 5);
    assert.deepEqual((await completions('name: new\nvariables:\n  a: { kind: │ }\n')).map(labelOf).sort(), [
      'session',
      'static',
      'turn',
    ]);
  });

  it('offers the fields that are not there yet, while the text is no YAML', async () => {
    const offered = (await completions('name: new\nparts:\n  - ins│\n    : [')).map(labelOf);
    assert.ok(['text', 'file', 'instruction', 'tools', 'conversation'].every((kind) => offered.includes(kind)));
  });

  it('tells under the pointer what a part costs, where it is cached and what a variable is', async () => {
    await refresh();
    const identity = await hoverAt(manifest(), 'id: identity');
    assert.match(identity, /tokens, .*% of the prompt/);
    assert.match(identity, /Begins at token 0/);
    assert.match(identity, /Cache block \d, static/);
    assert.match(await hoverAt(manifest(), 'instruction: research'), /library|Begins at token/);
    assert.match(await hoverAt(manifest(), '{{sector}}'), /session.* variable.*one conversation/s);
    assert.match(await hoverAt(manifest(), 'claude-sonnet-5'), /Caches a prefix of 1,024 tokens/);
    assert.match(await hoverAt(manifest(), 'budget'), /most tokens that a variant may have/);
  });

  it('uses prices and limits of one’s own, and shows what is wrong with them', async () => {
    const settings = vscode.workspace.getConfiguration();
    const own = await write(
      'my-prices.json',
      '{"asOf":"2031-01-02","providers":[{"id":"anthropic","models":[{"match":"claude-sonnet-5","minimumTokens":4242}]}]}',
    );
    await settings.update('contextCache.prompts.providersFile', 'my-prices.json', vscode.ConfigurationTarget.Workspace);
    try {
      const { providers, providerFindings } = await refresh();
      assert.deepEqual(providerFindings, []);
      assert.equal(providers.asOf, '2031-01-02');
      assert.equal(providers.forModel('claude-sonnet-5')?.cache.minimumTokens, 4242);
      assert.match(await hoverAt(manifest(), 'claude-sonnet-5'), /Caches a prefix of 4,242 tokens/);
      await write('my-prices.json', '{"providers":');
      const broken = await refresh();
      assert.notEqual(broken.providers.forModel('claude-sonnet-5')?.cache.minimumTokens, 4242);
      assert.equal(broken.prompts[0]?.problem, undefined);
      const deadline = Date.now() + 20_000;
      while (!vscode.languages.getDiagnostics(own).some(({ message }) => /are not used: .*not JSON/.test(message))) {
        assert.ok(Date.now() < deadline, 'The Problems view says nothing about the file.');
        await delay(50);
      }
    } finally {
      await settings.update('contextCache.prompts.providersFile', undefined, vscode.ConfigurationTarget.Workspace);
    }
    const { providers } = await refresh();
    assert.notEqual(providers.asOf, '2031-01-02');
  });

  it('takes a conversion back without leaving a folder behind', async () => {
    const answers = await answerPrompts();
    try {
      const section = (title: string): string => `# ${title}\n\n${'Follow this rule with care. '.repeat(400)}\n`;
      const source = await write('long/deep/long.md', `${section('Role')}${section('Charts')}`);
      answers.next({ say: true });
      answers.press('Undo');
      await run('convertToManifest', source);
      const deadline = Date.now() + 20_000;
      while (await exists('long/deep/long')) {
        assert.ok(Date.now() < deadline, 'The folder is still there.');
        await delay(50);
      }
      assert.equal(await exists('long/deep/long.md'), true);
      assert.equal(await exists('instructions/charts.md'), false);
      assert.equal(await exists('instructions'), true);
    } finally {
      answers.restore();
    }
  });
});
