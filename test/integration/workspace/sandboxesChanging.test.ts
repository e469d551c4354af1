import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import type { ApplyReport } from '../../../src/core/cache/plan';
import { answerPrompts } from '../support/answers';
import type { Answer, Answers } from '../support/answers';
import { resetWorkspace, workspaceFolder } from '../support/fixtures';
import { cacheFolder, contentsOf, entryUri, readCacheFile, readIndex, run } from '../support/sandbox';

const research = (): vscode.Uri => entryUri('instructions', 'instruction_research');

describe('Changing a sandbox', () => {
  let answers: Answers;
  let before: Readonly<Record<string, string>>;

  beforeEach(async () => {
    await resetWorkspace('sample-workspace');
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    answers = await answerPrompts();
    await run('refreshSandboxes');
    before = await contentsOf(cacheFolder());
  });

  afterEach(() => {
    answers.restore();
  });

  async function undo(report: ApplyReport): Promise<void> {
    assert.ok(report.operationId !== undefined);
    await run('undoLastChange', report.operationId);
    assert.deepEqual(await contentsOf(cacheFolder()), before);
  }

  async function changed(): Promise<string[]> {
    const after = await contentsOf(cacheFolder());
    return [...new Set([...Object.keys(before), ...Object.keys(after)])]
      .filter((file) => before[file] !== after[file])
      .sort();
  }

  it('seeds what is ticked, as one can see before, and takes it back to the byte', async () => {
    answers.next({ tick: 'as offered' });
    const report = (await run('seedInstructions')) as ApplyReport;
    const [question] = answers.asked;
    assert.deepEqual(question?.offered, [
      'instruction_report_style',
      'instruction_source_quality',
      'instruction_research',
    ]);
    assert.deepEqual(question.ticked, question.offered);
    assert.equal(answers.told[0], 'Seeded 3 instructions into sample-workspace.');
    assert.deepEqual(answers.asked.at(-1)?.offered, ['Undo']);
    const source = await readFile(path.join(workspaceFolder().fsPath, 'instructions', 'report_style.md'), 'utf8');
    assert.equal(await readCacheFile('instructions/instruction_report_style'), source);
    const entry = (await readIndex('instructions'))['instruction_report_style'];
    assert.equal(entry?.metadata['auto_seeded'], true);
    assert.doesNotMatch(entry.created_at, /Z|\+/);
    const tab = vscode.window.tabGroups.activeTabGroup.activeTab;
    assert.match(tab?.label ?? '', /^Seed 7 instructions into sample-workspace/);
    await undo(report);
  });

  it('writes nothing when the plan is not accepted', async () => {
    answers.next({ tick: undefined }, { tick: [] });
    await run('seedInstructions');
    await run('seedInstructions');
    assert.deepEqual(await contentsOf(cacheFolder()), before);
  });

  it('seeds only what stays ticked', async () => {
    answers.next({ tick: ['instruction_source_quality'] });
    await run('seedInstructions');
    assert.deepEqual(await changed(), ['instructions/_index.json', 'instructions/instruction_source_quality']);
  });

  it('leaves alone what was changed in the sandbox, unless it is ticked by hand', async () => {
    const value = path.join(cacheFolder(), 'instructions', 'instruction_presentation');
    await writeFile(value, 'Changed by the agent.');
    answers.next({ tick: 'as offered' });
    await run('seedInstructions');
    const [question] = answers.asked;
    assert.ok(question !== undefined);
    assert.ok(question.offered.includes('instruction_presentation'));
    assert.ok(!question.ticked?.includes('instruction_presentation'));
    assert.equal(await readFile(value, 'utf8'), 'Changed by the agent.');
    answers.next({ tick: ['instruction_presentation'] });
    await run('seedInstructions');
    assert.notEqual(await readFile(value, 'utf8'), 'Changed by the agent.');
  });

  it('lists what an invalidation takes, asks once, and takes it back', async () => {
    answers.next({ say: false }, { say: true });
    await run('invalidateEntries', research());
    assert.deepEqual(await contentsOf(cacheFolder()), before);
    const [report] = (await run('invalidateEntries', research())) as ApplyReport[];
    assert.equal(answers.asked[0]?.text, 'Invalidate 1 entry of sample-workspace?');
    assert.match(answers.asked[0].detail ?? '', /^instructions\/instruction_research — /);
    assert.deepEqual(await changed(), ['instructions/_index.json', 'instructions/instruction_research']);
    assert.equal((await readIndex('instructions'))['instruction_research'], undefined);
    await undo(report!);
    assert.deepEqual(Object.keys(await readIndex('instructions')).includes('instruction_research'), true);
  });

  const ways: readonly (readonly [string, readonly Answer[], (key: string) => boolean])[] = [
    ['Summaries', [], (file) => /^(task\/summary_|project\/summary)/.test(file)],
    ['Expired', [], (file) => file === 'project/architecture_notes' || file.startsWith('task/summary_0f3f')],
    [
      'By Pattern…',
      [{ type: 'tool_output_get_prices_*' }],
      (file) => file.startsWith('artifacts/tool_output_get_prices'),
    ],
    ['Seeded Before Version…', [{ type: '2' }], (file) => file === 'instructions/instruction_presentation'],
    ['A Scope…', [{ pick: 'system' }], (file) => file.startsWith('system/') && !file.endsWith('_index.json')],
    ['By Tag…', [{ pick: 'research' }], (file) => file === 'instructions/instruction_research'],
    ['Entries…', [{ tick: ['instruction_desk_notes'] }], (file) => file === 'instructions/instruction_desk_notes'],
  ];
  for (const [way, more, goes] of ways) {
    it(`invalidates ${way.toLowerCase()}`, async () => {
      answers.next({ pick: way }, ...more, { say: true });
      const [report] = (await run('invalidateEntries')) as ApplyReport[];
      const gone = (await changed()).filter((file) => !file.endsWith('_index.json'));
      assert.ok(gone.length > 0);
      const wanted = Object.keys(before).filter(goes);
      assert.ok(
        wanted.every((file) => gone.includes(file)),
        `${wanted.join()} in ${gone.join()}`,
      );
      await undo(report!);
    });
  }

  it('says when nothing matches', async () => {
    answers.next({ pick: 'By Pattern…' }, { type: 'nothing_like_this_*' });
    await run('invalidateEntries');
    await answers.toldOf(/Nothing in sample-workspace matches/);
    assert.deepEqual(await contentsOf(cacheFolder()), before);
  });

  it('prunes what has expired, and only that', async () => {
    answers.next({ say: true });
    const [report] = (await run('pruneExpired')) as ApplyReport[];
    const now = Date.now();
    for (const scope of ['system', 'instructions', 'project', 'task', 'artifacts']) {
      for (const { expires_at } of Object.values(await readIndex(scope))) {
        assert.ok(expires_at === null || Date.parse(`${expires_at}Z`) > now, expires_at ?? '');
      }
    }
    await undo(report!);
  });

  it('repairs after its plan was accepted, and takes the repair back', async () => {
    answers.next({ tick: undefined }, { tick: 'as offered' });
    await run('repairIndex');
    assert.deepEqual(await contentsOf(cacheFolder()), before);
    const report = (await run('repairIndex')) as ApplyReport;
    const { offered } = answers.asked[0]!;
    assert.ok(offered.includes('tool_output_check_command_output_deadbeef'));
    const index = await readIndex('artifacts');
    assert.ok('tool_output_check_command_output_deadbeef' in index);
    assert.ok(!('tool_output_get_prices_call_px_soi_call_px_soi' in index));
    await undo(report);
  });

  it('rebuilds an index that can not be read, which no other command overwrites', async () => {
    const file = path.join(cacheFolder(), 'instructions', '_index.json');
    const whole = await readFile(file, 'utf8');
    await writeFile(file, whole.slice(0, whole.length / 2));
    await run('refreshSandboxes');
    answers.next({ tick: 'as offered' });
    await run('seedInstructions');
    assert.equal(await readFile(file, 'utf8'), whole.slice(0, whole.length / 2));
    answers.next({ tick: 'as offered' });
    await run('repairIndex');
    assert.deepEqual(
      Object.keys(await readIndex('instructions')).sort(),
      Object.keys(JSON.parse(whole) as object).sort(),
    );
  });

  it('sets a time to live from now on', async () => {
    answers.next({ type: '2d' });
    const [report] = (await run('setTimeToLive', research())) as ApplyReport[];
    const entry = (await readIndex('instructions'))['instruction_research']!;
    assert.equal(entry.ttl_hours, 48);
    const left = Date.parse(`${entry.expires_at ?? ''}Z`) - Date.now();
    assert.ok(left > 47 * 3_600_000 && left <= 48 * 3_600_000, String(left));
    await undo(report!);
  });

  it('edits tags', async () => {
    answers.next({ type: 'desk, markets' });
    const [report] = (await run('editTags', research())) as ApplyReport[];
    assert.deepEqual((await readIndex('instructions'))['instruction_research']?.tags, ['desk', 'markets']);
    await undo(report!);
  });

  it('bumps a version: the content is superseded and stays restorable', async () => {
    const [report] = (await run('bumpVersion', research())) as ApplyReport[];
    const entry = (await readIndex('instructions'))['instruction_research']!;
    assert.equal(entry.version, 2);
    assert.ok(Date.parse(`${entry.expires_at ?? ''}Z`) <= Date.now());
    await undo(report!);
  });

  it('keeps every content that it sees or writes, compares two, and writes an old one again', async () => {
    const old = await readCacheFile('instructions/instruction_research');
    answers.next({ tick: ['instruction_research'] });
    await run('seedInstructions');
    assert.notEqual(await readCacheFile('instructions/instruction_research'), old);

    answers.next({ pick: undefined });
    const versions = (await run('showVersions', research())) as readonly { number: number; author: string }[];
    assert.equal(versions[0]?.author, 'seeded');
    assert.ok(versions.length >= 2);

    answers.next(
      { pick: new RegExp(`^Version ${versions[0].number}`) },
      { pick: new RegExp(`^Version ${versions[1]!.number}`) },
    );
    await run('diffVersions', research());
    const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
    assert.ok(input instanceof vscode.TabInputTextDiff);
    assert.equal(Buffer.from(await vscode.workspace.fs.readFile(input.original)).toString('utf8'), old);

    answers.next({ pick: new RegExp(`^Version ${versions[1]!.number}`) }, { say: true });
    await run('restoreVersion', research());
    assert.equal(await readCacheFile('instructions/instruction_research'), old);
  });

  it('undoes the operation that is picked from the list', async () => {
    answers.next({ say: true }, { pick: /^Invalidate 1 entry/ });
    await run('invalidateEntries', research());
    await run('undoLastChange');
    assert.deepEqual(await contentsOf(cacheFolder()), before);
  });

  it('leaves alone what was changed after the operation that is undone', async () => {
    answers.next({ tick: ['instruction_source_quality'] });
    const report = (await run('seedInstructions')) as ApplyReport;
    const value = path.join(cacheFolder(), 'instructions', 'instruction_source_quality');
    await writeFile(value, 'Changed since.');
    answers.next({ tick: 'as offered' });
    await run('undoLastChange', report.operationId);
    assert.deepEqual(answers.asked.at(-2)?.ticked ?? answers.asked.at(-1)?.ticked, []);
    assert.equal(await readFile(value, 'utf8'), 'Changed since.');
  });
});

describe('The sandboxes of the window', () => {
  let answers: Answers;
  let folder: string;

  beforeEach(async () => {
    await resetWorkspace('sample-workspace');
    answers = await answerPrompts();
    await run('refreshSandboxes');
    folder = await mkdtemp(path.join(tmpdir(), 'context-cache-sandbox-'));
    await cp(cacheFolder(), path.join(folder, '.iris', 'kv-cache'), { recursive: true });
  });

  afterEach(async () => {
    answers.restore();
    await vscode.workspace
      .getConfiguration('contextCache.sandboxes')
      .update('sources', undefined, vscode.ConfigurationTarget.Workspace);
    await rm(folder, { recursive: true, force: true });
  });

  async function names(): Promise<string[]> {
    const root = vscode.Uri.from({ scheme: 'context-cache', path: '/' });
    return (await vscode.workspace.fs.readDirectory(root)).map(([name]) => name);
  }

  it('come from the settings and from the workspace; one can be added and removed', async () => {
    assert.deepEqual(await names(), ['sample-workspace']);
    answers.next({ pick: 'Folder' }, { open: vscode.Uri.file(folder) }, { type: 'Second one' }, { pick: 'Add' });
    await run('addSandbox');
    assert.deepEqual(await names(), ['Second-one', 'sample-workspace']);
    const value = vscode.Uri.from({ scheme: 'context-cache', path: '/Second-one/project/summary' });
    assert.equal(
      Buffer.from(await vscode.workspace.fs.readFile(value)).toString('utf8'),
      await readCacheFile('project/summary'),
    );

    // The same key of two sandboxes.
    await run('selectEntryForCompare', value);
    await run('compareWithSelectedEntry', entryUri('project', 'summary'));
    assert.equal(
      vscode.window.tabGroups.activeTabGroup.activeTab?.label,
      'summary (Second one) ↔ summary (sample-workspace)',
    );

    answers.next({ pick: 'Second one' });
    await run('removeSandbox');
    assert.deepEqual(await names(), ['sample-workspace']);
    assert.ok((await contentsOf(folder))['.iris/kv-cache/project/summary']);
  });

  it('appear when a cache appears in the workspace, and go away with it', async () => {
    const kept = path.join(folder, 'kept');
    await cp(cacheFolder(), kept, { recursive: true });
    await rm(path.join(workspaceFolder().fsPath, '.iris'), { recursive: true });
    await until(async () => (await names()).length === 0);
    await cp(kept, cacheFolder(), { recursive: true });
    await until(async () => (await names()).length === 1);
  });

  it('are read anew when the sandbox changes by itself', async () => {
    await unlink(path.join(cacheFolder(), 'project', 'summary'));
    const place = vscode.Uri.from({ scheme: 'context-cache', path: '/sample-workspace/project' });
    await until(async () => !(await vscode.workspace.fs.readDirectory(place)).some(([name]) => name === 'summary'));
  });

  it('report settings that can not be used, and still show the others', async () => {
    await vscode.workspace
      .getConfiguration('contextCache.sandboxes')
      .update(
        'sources',
        [{ name: 'odd', kind: 'teleport' }, { name: 'no place' }],
        vscode.ConfigurationTarget.Workspace,
      );
    await run('refreshSandboxes');
    assert.deepEqual(await names(), ['sample-workspace']);
  });

  async function until(accept: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + 15_000;
    while (!(await accept())) {
      assert.ok(Date.now() < deadline, 'It never came true.');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
});
