import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import type { ApplyReport } from '../../../src/core/cache/plan';
import { answerPrompts } from '../support/answers';
import type { Answers } from '../support/answers';
import { resetWorkspace } from '../support/fixtures';
import { FolderFiles } from '../support/folderFiles';
import { cacheFolder, contentsOf, run } from '../support/sandbox';

const scheme = 'context-cache-test-virtual';
const place = '/some project';

describe('A sandbox of a virtual file system', () => {
  let answers: Answers;
  let folder: string;
  let root: string;
  let files: FolderFiles;
  let registered: vscode.Disposable;
  let before: Readonly<Record<string, string>>;

  beforeEach(async () => {
    await resetWorkspace('sample-workspace');
    answers = await answerPrompts();
    folder = await mkdtemp(path.join(tmpdir(), 'context-cache-virtual-'));
    root = path.join(folder, place, '.iris', 'kv-cache');
    await cp(cacheFolder(), root, { recursive: true });
    before = await contentsOf(root);
    files = new FolderFiles(folder);
    await open({});
  });

  afterEach(async () => {
    answers.restore();
    await setSources(undefined);
    await run('refreshSandboxes');
    registered.dispose();
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await rm(folder, { recursive: true, force: true });
  });

  async function open(options: { readonly isReadonly?: boolean }): Promise<void> {
    registered = vscode.workspace.registerFileSystemProvider(scheme, files, { isCaseSensitive: true, ...options });
    await setSources([{ name: 'virtual', uri: vscode.Uri.from({ scheme, path: place }).toString() }]);
    await run('refreshSandboxes');
  }

  async function setSources(sources: readonly unknown[] | undefined): Promise<void> {
    await vscode.workspace
      .getConfiguration('contextCache.sandboxes')
      .update('sources', sources, vscode.ConfigurationTarget.Workspace);
  }

  const entry = (scope: string, key: string): vscode.Uri =>
    vscode.Uri.from({ scheme: 'context-cache', path: `/virtual/${scope}/${key}` });
  const read = async (uri: vscode.Uri): Promise<string> =>
    Buffer.from(await vscode.workspace.fs.readFile(uri)).toString('utf8');
  const valueOf = async (value: string): Promise<string> => readFile(path.join(root, value), 'utf8');

  it('is named by its URI, and read there', async () => {
    assert.equal(await read(entry('project', 'summary')), await valueOf('project/summary'));
    assert.deepEqual(await contentsOf(root), before);
    assert.deepEqual(files.calls, []);
    await setSources([
      { name: 'virtual', uri: 'no uri at all' },
      { name: 'unknown', uri: 'context-cache-nobody:/x' },
    ]);
    await run('refreshSandboxes');
    await assert.rejects(read(entry('project', 'summary')));
    const unknown = vscode.Uri.from({ scheme: 'context-cache', path: '/unknown/project/summary' });
    await assert.rejects(read(unknown), /ENOPRO|could not be reached|Unavailable/i);
  });

  it('is seeded, and the seeding is taken back to the byte', async () => {
    answers.next({ pick: 'virtual' }, { tick: ['instruction_report_style'] });
    const report = (await run('seedInstructions')) as ApplyReport;
    assert.deepEqual(
      report.results.filter(({ outcome }) => outcome !== 'skipped').map(({ outcome }) => outcome),
      ['done'],
    );
    const source = path.join(vscode.workspace.workspaceFolders![0]!.uri.fsPath, 'instructions', 'report_style.md');
    assert.equal(await valueOf('instructions/instruction_report_style'), await readFile(source, 'utf8'));
    await run('undoLastChange', report.operationId);
    assert.deepEqual(await contentsOf(root), before);
  });

  it('never loses a file for a moment while it is replaced', async () => {
    await run('bumpVersion', entry('instructions', 'instruction_research'));
    await answers.toldOf(/Bumped the version of 1 entry/);
    assert.deepEqual([...new Set(files.calls)], ['writeFile _index.json']);
  });

  it('has entries invalidated, restored, and both undone', async () => {
    const summary = entry('project', 'summary');
    const text = await read(summary);
    answers.next({ say: true });
    const [invalidated] = (await run('invalidateEntries', summary)) as readonly ApplyReport[];
    await assert.rejects(valueOf('project/summary'), /ENOENT/);
    await run('undoLastChange', invalidated!.operationId);
    assert.deepEqual(await contentsOf(root), before);

    await run('bumpVersion', summary);
    await writeFile(path.join(root, 'project', 'summary'), 'Written by an agent.');
    await run('refreshSandboxes');
    answers.next({ pick: /^Version 1/ }, { say: true });
    await run('restoreVersion', summary);
    assert.equal(await valueOf('project/summary'), text);
  });

  it('is not written when it can only be read, and says so', async () => {
    registered.dispose();
    await setSources(undefined);
    await run('refreshSandboxes');
    await open({ isReadonly: true });
    await run('bumpVersion', entry('project', 'summary'));
    await answers.toldOf(/virtual can only be read/);
    assert.deepEqual(await contentsOf(root), before);
  });

  it('says why a write failed, and is as it was', async () => {
    files.failing.set('writeFile', new Error('the repository is archived'));
    await run('bumpVersion', entry('project', 'summary'));
    await answers.toldOf(/the repository is archived/);
    assert.deepEqual(await contentsOf(root), before);
  });

  it('is shown as it was last seen while its file system is out of reach, and is not written', async () => {
    const text = await read(entry('project', 'summary'));
    for (const call of ['stat', 'readFile'] as const) {
      files.failing.set(call, vscode.FileSystemError.Unavailable('the network is gone'));
    }
    await run('refreshSandboxes');
    assert.equal(await read(entry('project', 'summary')), text);
    await run('bumpVersion', entry('project', 'summary'));
    await answers.toldOf(/virtual can not be changed now: .*the network is gone/);
    files.failing.clear();
    assert.deepEqual(await contentsOf(root), before);
  });
});
