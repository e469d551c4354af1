import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import * as vscode from 'vscode';
import { answerPrompts } from '../support/answers';
import type { Answers } from '../support/answers';
import { resetWorkspace } from '../support/fixtures';
import { cacheFolder, entryUri, readCacheFile, run, tracesOf } from '../support/sandbox';

const research = (): vscode.Uri => entryUri('instructions', 'instruction_research');
const summary = (): vscode.Uri => entryUri('project', 'summary');

function activeTab(): vscode.Tab | undefined {
  return vscode.window.tabGroups.activeTabGroup.activeTab;
}

describe('Looking at a sandbox', () => {
  let answers: Answers;

  beforeEach(async () => {
    await resetWorkspace('sample-workspace');
    // What other tests seeded would be remembered of these sandboxes too.
    await rm(path.join(process.env['CONTEXT_CACHE_HOME']!, 'versions'), { recursive: true, force: true });
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    answers = await answerPrompts();
    await run('refreshSandboxes');
  });

  afterEach(() => {
    answers.restore();
  });

  it('never changes it, whatever is looked at', async () => {
    const before = await tracesOf(cacheFolder());
    await run('refreshSandboxes');
    await run('openEntry', research());
    await run('openEntry', entryUri('artifacts', 'tool_output_check_command_output_deadbeef'));
    await run('diffWithSource', research());
    answers.next({ pick: 'summary' });
    await run('diffEntries', research());
    await run('selectEntryForCompare', research());
    await run('compareWithSelectedEntry', summary());
    answers.next({ pick: /^Version 1/ });
    await run('showVersions', summary());
    await run('copyKey', research());
    await run('copyReference', research());
    await run('showCacheInfo');
    answers.next({ pick: undefined }, { pick: undefined });
    await run('showHealth');
    await run('verifySeededInstructions');
    answers.next({ type: 'research' }, { pick: 'Size, largest first' });
    await run('filterEntries');
    await run('sortEntries');
    await run('clearEntriesFilter');
    await run('refreshSandboxes');
    assert.deepEqual(await tracesOf(cacheFolder()), before);
  });

  it('opens an entry read-only, in its language', async () => {
    await run('openEntry', research());
    const document = vscode.window.activeTextEditor?.document;
    assert.equal(document?.uri.scheme, 'context-cache');
    assert.equal(document.getText(), await readCacheFile('instructions/instruction_research'));
    assert.equal(vscode.workspace.fs.isWritableFileSystem('context-cache'), false);
    await assert.rejects(async () => vscode.workspace.fs.writeFile(research(), Buffer.from('x')));
    await assert.rejects(async () => vscode.workspace.fs.delete(research()));
  });

  it('indents JSON for reading, and leaves it as it is for comparing', async () => {
    const compact = '{"b":1,"a":[1.0,"é"]}';
    await writeFile(path.join(cacheFolder(), 'project', 'compact'), compact);
    await run('refreshSandboxes');
    const read = async (query: string): Promise<string> =>
      Buffer.from(await vscode.workspace.fs.readFile(entryUri('project', 'compact', query))).toString('utf8');
    assert.equal(await read(''), compact);
    assert.equal(await read('view=readable'), '{\n  "b": 1,\n  "a": [\n    1.0,\n    "é"\n  ]\n}');
    const document = await vscode.workspace.openTextDocument(entryUri('project', 'compact', 'view=readable'));
    await eventually(() => languageIdOf(document.uri) === 'json');
  });

  it('shows what an entry holds now when it changes below an open document', async () => {
    const document = await vscode.workspace.openTextDocument(summary());
    await vscode.window.showTextDocument(document);
    await writeFile(path.join(cacheFolder(), 'project', 'summary'), 'Another summary of the project.');
    await run('refreshSandboxes');
    await eventually(() => document.getText() === 'Another summary of the project.');
  });

  it('tells an entry that is gone by an error, not by a text', async () => {
    await assert.rejects(async () => vscode.workspace.openTextDocument(entryUri('task', 'never_there')), /never_there/);
    assert.equal(await run('openEntry', entryUri('task', 'never_there')), undefined);
    await answers.toldOf(/task\/never_there is not in the cache any more/);
  });

  it('compares a cached instruction with its file, and the file with what is cached', async () => {
    await run('diffWithSource', research());
    const first = activeTab()?.input;
    assert.ok(first instanceof vscode.TabInputTextDiff);
    assert.equal(first.original.toString(), research().toString());
    assert.match(first.modified.path, /\/instructions\/research\.md$/);
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await run('diffWithSource', first.modified);
    const second = activeTab()?.input;
    assert.ok(second instanceof vscode.TabInputTextDiff);
    assert.equal(second.original.toString(), research().toString());
  });

  it('says when an instruction has no file in the library', async () => {
    await run('diffWithSource', entryUri('instructions', 'instruction_desk_notes'));
    await answers.toldOf(/instruction_desk_notes comes from no file of the library/);
  });

  it('compares any two entries, also of different scopes', async () => {
    answers.next({ pick: 'instruction_research' }, { pick: 'summary' });
    await run('diffEntries');
    const input = activeTab()?.input;
    assert.ok(input instanceof vscode.TabInputTextDiff);
    assert.equal(activeTab()?.label, 'instruction_research (instructions) ↔ summary (project)');
    assert.equal(input.modified.path, summary().path);
  });

  it('copies keys as their callers gave them', async () => {
    await run('copyKey', research());
    assert.equal(await vscode.env.clipboard.readText(), 'instruction_research');
    await run('copyReference', research());
    assert.match(await vscode.env.clipboard.readText(), /^- `get_instruction\(tag="research"\)` — \S/);
  });

  it('writes what it knows of a cache into a document', async () => {
    await run('showCacheInfo');
    const text = reportText();
    assert.match(text, /^# Cache of sample/);
    for (const scope of ['system', 'instructions', 'project', 'task', 'artifacts']) {
      assert.match(text, new RegExp(`^\\| ${scope} \\| \\d+ \\|`, 'm'));
    }
    assert.match(text, /## Findings\n\n- /);
  });

  it('lists the findings of a health check, worst first, and leads to the repair', async () => {
    answers.next({ pick: undefined });
    const findings = (await run('showHealth')) as readonly { id: string; severity: string }[];
    const ids = new Set(findings.map(({ id }) => id));
    for (const id of ['corrupt', 'missing', 'orphan', 'expired']) {
      assert.ok(ids.has(id), id);
    }
    const order = ['error', 'warning', 'information'];
    const ranks = findings.map(({ severity }) => order.indexOf(severity));
    assert.deepEqual(
      ranks,
      [...ranks].sort((a, b) => a - b),
    );
    assert.equal(answers.asked[0]?.offered[0], 'Repair…');
  });

  it('verifies what was seeded against the library', async () => {
    answers.next({ pick: /^research$/ });
    const { statuses, unknownTags } = (await run('verifySeededInstructions')) as {
      statuses: readonly { state: string; instruction: { tag: string } }[];
      unknownTags: readonly string[];
    };
    const states = new Map(statuses.map(({ state, instruction }) => [instruction.tag, state]));
    assert.equal(states.get('research'), 'outdated');
    assert.equal(states.get('presentation'), 'current');
    assert.equal(states.get('report_style'), 'absent');
    assert.deepEqual(unknownTags, []);
    assert.ok(activeTab()?.input instanceof vscode.TabInputTextDiff);
  });
});

function languageIdOf(uri: vscode.Uri): string | undefined {
  return vscode.workspace.textDocuments.find((one) => one.uri.toString() === uri.toString())?.languageId;
}

function reportText(): string {
  const reports = vscode.workspace.textDocuments.filter(({ uri }) => uri.scheme === 'context-cache-report');
  return reports.map((report) => report.getText()).find((text) => text.startsWith('# Cache of')) ?? '';
}

async function eventually(accept: () => boolean): Promise<void> {
  const deadline = Date.now() + 25_000;
  while (!accept()) {
    assert.ok(Date.now() < deadline, 'It never came true.');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
