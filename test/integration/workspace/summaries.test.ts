import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import type { RefreshResult } from '../../../src/core/summaries/refresh';
import { chatKey, startChatServer } from '../../support/chatServer';
import { answerPrompts } from '../support/answers';
import type { Answers } from '../support/answers';
import { resetWorkspace, workspaceFolder } from '../support/fixtures';
import { cacheFolder, contentsOf, entryUri, readCacheFile, readIndex, run } from '../support/sandbox';
import { TestSummaryModel } from '../support/summaryModel';

const text = 'The report is due on Friday, and Ada writes the part about memory prices. '.repeat(20);

interface Made {
  readonly source: { readonly originalKey: string; readonly scope: string };
  readonly outcome: { readonly kind: string; readonly operationId?: string };
}

describe('Summaries', () => {
  let answers: Answers;
  let model: TestSummaryModel;
  let tests = 0;

  const file = (name: string): vscode.Uri => vscode.Uri.joinPath(workspaceFolder(), name);
  const write = async (name: string, content: string): Promise<void> => {
    await writeFile(path.join(workspaceFolder().fsPath, name), content);
  };
  const configure = async (name: string, value: unknown): Promise<void> =>
    vscode.workspace.getConfiguration('contextCache.summaries').update(name, value, vscode.ConfigurationTarget.Global);
  const made = async (command: string, ...args: readonly unknown[]): Promise<readonly Made[]> =>
    (await run(command, ...args)) as readonly Made[];

  beforeEach(async () => {
    await resetWorkspace('sample-workspace');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    answers = await answerPrompts();
    await run('refreshSandboxes');
    await write('plan.md', text);
    tests += 1;
    model = new TestSummaryModel(`summing-${tests}`);
    await configure('model', model.setting);
  });

  afterEach(async () => {
    model.dispose();
    for (const name of ['model', 'endpoint', 'endpointModel', 'budget']) {
      await configure(name, undefined);
    }
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    answers.restore();
  });

  it('are made of a file after a yes that says what goes where, kept, served, and taken back to the byte', async () => {
    const before = await contentsOf(cacheFolder());
    answers.next({ say: false });
    assert.equal(await run('summarize', file('plan.md')), undefined);
    const [question] = answers.asked;
    assert.match(question!.text, /^Send plan\.md to summing-\d+ \(context-cache-tests, through the editor\)\?$/);
    assert.match(question!.detail ?? '', /whole text .* about [\d,]+ tokens .* cache of sample-workspace.*asked once/s);
    assert.deepEqual([model.asked, await contentsOf(cacheFolder())], [[], before]);

    answers.next({ say: true });
    const [first] = await made('summarize', file('plan.md'));
    assert.equal(first?.outcome.kind, 'made');
    assert.match(await answers.toldOf(/^Summarized plan\.md/), /into sample-workspace: \d+ tokens became \d+/);
    assert.deepEqual(answers.asked.at(-1)?.offered, ['Open Summary', 'Undo']);
    const { originalKey } = first.source;
    assert.equal(await readCacheFile(`task/${originalKey}`), 'Summary number 1.');
    const entry = (await readIndex('task'))[originalKey];
    assert.equal(entry?.metadata['source_file'], 'plan.md');
    assert.equal(entry.metadata['model'], model.setting);
    assert.ok(model.asked[0]!.includes(text.trim()));

    const [again] = await made('summarize', file('plan.md'));
    assert.equal(again?.outcome.kind, 'hit');
    assert.equal(model.asked.length, 1);
    await run('undoLastChange', first.outcome.operationId);
    assert.deepEqual(await contentsOf(cacheFolder()), before);
  });

  it('are not stored when the model refuses, fails, answers nothing or too much, or would cost too much', async () => {
    answers.next({ say: true });
    const before = await contentsOf(cacheFolder());
    for (const [answer, pattern] of [
      [() => 'CANNOT SUMMARISE: it is a secret', /did not sum up plan\.md: it is a secret/],
      [() => '  ', /answered nothing/],
      [() => text.repeat(2), /it is no summary/],
      [async () => Promise.reject(new Error('The model is tired.')), /could not answer: .*tired/],
    ] as const) {
      model.answer = answer;
      await run('summarize', file('plan.md'));
      await answers.toldOf(pattern);
    }
    await configure('budget', 1000);
    await write('plan.md', text.repeat(20));
    const asked = model.asked.length;
    await run('summarize', file('plan.md'));
    await answers.toldOf(/of the budget of 1000 are left/);
    assert.equal(model.asked.length, asked);
    assert.deepEqual(await contentsOf(cacheFolder()), before);
  });

  it('are made of a selection, and not of none', async () => {
    const editor = await vscode.window.showTextDocument(file('plan.md'));
    await run('summarizeSelection');
    await answers.toldOf(/Nothing is selected/);
    editor.selection = new vscode.Selection(0, 0, 0, 400);
    answers.next({ say: true });
    const [one] = await made('summarizeSelection');
    assert.match(one!.source.originalKey, /^summary_text_[0-9a-f]{16}$/);
    assert.ok(!model.asked[0]!.includes(text.slice(0, 450)));
  });

  it('are made of conversations as a whole or message by message, and of values of the cache', async () => {
    const rows = [
      { message_id: 'abc-1', type: 'user', content: text },
      { message_id: 'abc-2', type: 'assistant', content: 'Fine.' },
    ];
    await write('talk.json', JSON.stringify(rows));
    answers.next({ pick: 'Each Message' }, { say: true });
    const messages = await made('summarize', file('talk.json'));
    assert.deepEqual(
      messages.map(({ source, outcome }) => [source.originalKey, outcome.kind]),
      [
        ['summary_abc-1', 'made'],
        ['summary_abc-2', 'short'],
      ],
    );
    await answers.toldOf(/Summarized 1 source into sample-workspace; 0 had a summary, 1 were too short/);
    answers.next({ pick: 'The Conversation' });
    assert.equal((await made('summarize', file('talk.json')))[0]?.outcome.kind, 'made');

    const [entry] = await made('summarize', entryUri('instructions', 'instruction_research'));
    assert.match(entry!.source.originalKey, /^summary_entry_instruction_research_/);
    assert.equal(
      (await readIndex('task'))[entry!.source.originalKey]?.metadata['source_entry'],
      'instructions/instruction_research',
    );
    await run('summarize', entryUri('project', 'summary'));
    await answers.toldOf(/There is no value to sum up/);
  });

  it('of the project replace that of an agent only after a yes, and agents are told when it is stale', async () => {
    answers.next({ tick: ['README.md', 'pyproject.toml'] }, { say: true }, { say: true });
    const [project] = await made('summarizeProject');
    assert.equal(project?.outcome.kind, 'made');
    assert.deepEqual(
      answers.asked.map(({ kind, text: asked }) => `${kind} ${asked.replace(/summing-\d+/, 'summing')}`).slice(0, 3),
      [
        'pickMany Summarize Project into sample-workspace',
        'confirm Replace the project summary of sample-workspace?',
        'confirm Send 2 files to summing (context-cache-tests, through the editor)?',
      ],
    );
    const stale = async (): Promise<unknown> => {
      const input = { input: {}, toolInvocationToken: undefined };
      const result = await vscode.lm.invokeTool('context_cache_get_project_summary', input);
      const [part] = result.content;
      assert.ok(part instanceof vscode.LanguageModelTextPart);
      return (JSON.parse(part.value) as Record<string, unknown>)['stale'];
    };
    assert.equal(await stale(), false);
    await write('README.md', 'Another project.');
    assert.equal(await stale(), true);

    // Each of its files stands beside it, in one editor.
    await run('diffSummary', entryUri('project', 'summary'));
    const label = (): string => vscode.window.tabGroups.activeTabGroup.activeTab?.label ?? '';
    const deadline = Date.now() + 25_000;
    while (!label().startsWith('2 files ↔ their summary (')) {
      assert.ok(Date.now() < deadline, `The active editor is «${label()}».`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const shown = vscode.workspace.textDocuments.map(({ uri }) => uri.path.slice(uri.path.lastIndexOf('/') + 1));
    assert.ok(shown.includes('README.md') && shown.includes('pyproject.toml'), shown.join(', '));
  });

  it('are refreshed as ticked, compared with their source, and invalidated', async () => {
    await write('other.md', `${text}!`);
    answers.next({ say: true });
    await run('summarize', file('plan.md'), [file('plan.md'), file('other.md')]);
    await run('refreshSummaries');
    await answers.toldOf(/No summary of sample-workspace is to be refreshed/);
    await write('plan.md', `${text}changed`);
    await write('other.md', `${text}changed, too`);
    answers.next({ tick: ['plan.md'] });
    const results = (await run('refreshSummaries')) as readonly RefreshResult[];
    assert.deepEqual(
      results.map((result) => ('outcome' in result ? result.outcome.kind : 'failed')),
      ['made'],
    );
    const list = answers.asked.find(({ kind }) => kind === 'pickMany');
    assert.deepEqual(
      [list?.offered, list?.ticked],
      [
        ['plan.md', 'other.md'],
        ['plan.md', 'other.md'],
      ],
    );
    await answers.toldOf(/Refreshed 1 of 1 summary of sample-workspace/);

    const key = Object.keys(await readIndex('task')).find((name) => name.startsWith('summary_file_other.md'))!;
    await run('diffSummary', entryUri('task', key));
    const tab = vscode.window.tabGroups.activeTabGroup.activeTab;
    assert.ok(tab?.input instanceof vscode.TabInputTextDiff);
    assert.deepEqual(
      [tab.input.original.fsPath, tab.label],
      [file('other.md').fsPath, 'other.md ↔ its summary (stale)'],
    );

    const kept = Object.keys(await readIndex('task')).find((name) => name.startsWith('summary_file_plan.md'))!;
    answers.next({ pick: 'Stale and Expired' }, { say: true });
    await run('invalidateSummaries');
    await answers.toldOf(/Invalidated \d+ summaries of sample-workspace/);
    const left = Object.keys(await readIndex('task'));
    assert.ok(left.includes(kept) && !left.includes(key));
  });

  it('are made by an endpoint that is chosen and remembered, with a key from secret storage', async () => {
    const server = await startChatServer();
    try {
      answers.next(
        { pick: 'OpenAI-compatible endpoint…' },
        { type: server.address },
        { type: 'tiny' },
        { type: chatKey },
      );
      assert.equal(await run('pickSummaryModel'), 'tiny');
      answers.next({ say: true });
      const [one] = await made('summarize', file('plan.md'));
      assert.equal(one?.outcome.kind, 'made');
      assert.match(
        answers.asked.find(({ kind }) => kind === 'confirm')!.text,
        /Send plan\.md to tiny at 127\.0\.0\.1:\d+\?/,
      );
      assert.equal(server.requests[0]?.headers.authorization, `Bearer ${chatKey}`);
      assert.equal(model.asked.length, 0);
      const settings = vscode.workspace.getConfiguration('contextCache.summaries');
      assert.deepEqual([settings.get('model'), settings.get('endpointModel')], ['endpoint', 'tiny']);
      assert.ok(!JSON.stringify(settings).includes(chatKey));
    } finally {
      answers.next({ pick: /endpoint/ }, { type: server.address }, { type: 'tiny' }, { type: '-' });
      await run('pickSummaryModel');
      await server.stop();
    }
  });

  it('show what they saved', async () => {
    answers.next({ say: true });
    await run('summarize', file('plan.md'));
    await run('summarize', file('plan.md'));
    await run('showSummarySavings');
    const page = vscode.workspace.textDocuments.find(({ uri }) => uri.path === '/Savings of Summaries.md');
    assert.match(
      page?.getText() ?? '',
      /\| Hits: [^|]*\| [1-9]\d* \(\d+%\) \|[^]*\| Made by a model \| [1-9][^]*\| sample-workspace \| \d+ \| \d+ \| \d+ \|/,
    );
  });

  it('are those of the saved file', async () => {
    const document = await vscode.workspace.openTextDocument(file('plan.md'));
    const edit = new vscode.WorkspaceEdit();
    edit.insert(document.uri, new vscode.Position(0, 0), 'Not saved. ');
    await vscode.workspace.applyEdit(edit);
    await run('summarize', document.uri);
    await answers.toldOf(/has changes that are not saved/);
    await vscode.commands.executeCommand('workbench.action.files.revert');
    assert.equal(await readFile(file('plan.md').fsPath, 'utf8'), text);
    assert.equal(model.asked.length, 0);
  });
});
