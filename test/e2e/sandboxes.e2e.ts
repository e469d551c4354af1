import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { soundEntry } from '../unit/cache/temporaryCache';
import { eventually } from './support/eventually';
import { useWorkbench } from './support/useWorkbench';
import type { OpenOptions } from './support/testHost';

const viewTitle = 'Sandbox Caches';

async function contentsOf(folder: string): Promise<Readonly<Record<string, string>>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const contents: Record<string, string> = {};
  for (const entry of entries.filter((one) => one.isFile())) {
    const file = path.join(entry.parentPath, entry.name);
    contents[path.relative(folder, file)] = createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
  }
  return contents;
}

describe('Sandbox caches, from the first look to the last undo', () => {
  // Rows that are scrolled out of sight are not there.
  const window = useWorkbench({ workspace: 'sample-workspace', viewport: { width: 1600, height: 2400 } });
  const cache = (): string => path.join(window().workspaceFolder, '.iris', 'kv-cache');

  it('shows the cache of the workspace: scopes with their quota, entries with their state', async () => {
    const view = await window().openView(viewTitle);
    await view.expandRow('sample-workspace', 'instructions');
    await view.waitForText(/instruction_research {2}stale · [\d.k]+ tokens/);
    await view.waitForText(/sample-workspace {2}27 entries · 3\d KiB · \d+ findings/);
    await view.waitForText(/instructions {2}▰▱▱▱▱ <1% · [\d.]+k tokens · 6 entries/);
    await view.waitForText(/instruction_visualization {2}expiring · .* h left/);
    await view.expandRow('sample-workspace', 'task');
    await view.waitForText(/summary_0f3f9c54\S* {2}expired 7 h ago/);
    await view.expandRow('sample-workspace', 'artifacts', 'get_prices');
    await view.waitForText(/tool_output_get_prices_call_px_soi\S* {2}missing file/);
    await window().screenshot('sandboxes-dark');
  });

  it('says everything about an entry in its tooltip', async () => {
    const view = await window().openView(viewTitle);
    const tooltip = await view.tooltip('instruction_research');
    assert.match(tooltip, /State: stale/);
    assert.match(tooltip, /Fingerprint: [0-9a-f]{16}/);
  });

  it('opens an entry read-only', async () => {
    const view = await window().openView(viewTitle);
    await view.row('instruction_research').click();
    await window().editors.waitForTab('instruction_research');
    await window().editors.waitForText(/Research/);
  });

  it('seeds: the plan as a diff and a list, then the message with Undo', async () => {
    const before = await contentsOf(cache());
    const view = await window().openView(viewTitle);
    await view.contextMenu('sample-workspace', 'Seed Instructions…');
    await window().editors.waitForTab(/Seed 7 instructions into sample-workspace/);
    assert.deepEqual(
      (await window().quickPick.items()).map(({ label, checked }) => [label, checked]),
      [
        ['instruction_report_style', true],
        ['instruction_source_quality', true],
        ['instruction_research', true],
      ],
    );
    await window().screenshot('sandboxes-seed');
    await window().quickPick.accept();
    await window().waitForNotification('Seeded 3 instructions into sample-workspace.');
    await view.waitForText(/instruction_research {2}[\d.k]+ tokens/);
    await view.waitForText(/instruction_report_style/);
    assert.notDeepEqual(await contentsOf(cache()), before);

    await window().answerNotification('Seeded 3 instructions into sample-workspace.', 'Undo');
    await window().waitForNotification(/Took back 3 changes/);
    await view.waitForText(/instruction_research {2}stale/);
    assert.deepEqual(await contentsOf(cache()), before);
    await window().closeNotifications();
  });

  it('compares a cached instruction with its file', async () => {
    const view = await window().openView(viewTitle);
    await view.inlineAction('instruction_research', 'Diff with Source');
    await window().editors.waitForTab(/instruction_research \(sample-workspace\) ↔ research\.md/);
    await window().screenshot('sandboxes-diff');
  });

  it('invalidates several selected entries, asks once, and undoes it', async () => {
    const before = await contentsOf(cache());
    const view = await window().openView(viewTitle);
    await view.selectRows('instruction_desk_notes', 'instruction_presentation');
    await view.contextMenu('instruction_presentation', 'Invalidate…');
    const question = await window().dialogText();
    assert.match(question, /Invalidate 2 entries of sample-workspace\?/);
    assert.match(question, /instructions\/instruction_desk_notes — /);
    await window().screenshot('sandboxes-invalidate');
    await window().answerDialog('Invalidate');
    await view.waitForText((text) => !text.includes('instruction_desk_notes'));
    await window().answerNotification('Invalidated 2 entries of sample-workspace.', 'Undo');
    await view.waitForText(/instruction_desk_notes/);
    assert.deepEqual(await contentsOf(cache()), before);
    await window().closeNotifications();
  });

  it('works from the keyboard alone', async () => {
    await window().runCommand('Context Cache: Invalidate…');
    await window().quickPick.pick('Summaries');
    assert.match(await window().dialogText(), /Invalidate \d+ entries of sample-workspace\?/);
    await window().answerDialog('Cancel');
    await window().runCommand('Context Cache: Show Health…');
    assert.ok(
      (await window().quickPick.labels()).some((label) => label.includes('tool_output_check_command_output_deadbeef')),
    );
    await window().quickPick.cancel();
  });

  it('filters and sorts, and says so', async () => {
    const view = await window().openView(viewTitle);
    await window().runCommand('Context Cache: Filter Cache Entries…');
    await window().quickPick.enter('state:expired');
    await view.waitForText(/task {2}.*2 of 6 entries/);
    await eventually(
      'the view says what it is filtered by',
      async () => view.message(),
      (message) => message.includes('Filter: state:expired'),
    );
    await view.titleAction('Clear Filter of Cache Entries');
    await view.waitForText(/instruction_desk_notes/);
  });

  it('keeps the rows when a scope can not be read any more, and repairs it', async () => {
    const view = await window().openView(viewTitle);
    const index = path.join(cache(), 'instructions', '_index.json');
    const whole = await readFile(index, 'utf8');
    await writeFile(index, whole.slice(0, whole.length - 40));
    await view.waitForText(/The index of 'instructions' can't be read/);
    await view.waitForText(/instruction_desk_notes/);
    await window().screenshot('sandboxes-broken-index');
    const problem = (await view.rows()).find(({ label }) => label.startsWith('The index of'));
    await view.inlineAction(problem!.label, 'Repair Index…');
    await window().quickPick.items();
    await window().quickPick.accept();
    await window().waitForNotification(/Repaired sample-workspace/);
    await view.waitForText((text) => !text.includes("can't be read") && text.includes('instruction_desk_notes'));
    await window().closeNotifications();
  });

  it('writes what it knows of the cache into a document', async () => {
    const view = await window().openView(viewTitle);
    await view.contextMenu('sample-workspace', 'Show Cache Info');
    await window().editors.waitForTab(/Cache of sample-workspace/);
  });

  it('shows a welcome text when the cache goes away, and the cache when it comes back', async () => {
    const view = await window().openView(viewTitle);
    await rm(path.join(window().workspaceFolder, '.iris'), { recursive: true });
    await window().page.getByText('No sandbox cache was found').waitFor();
    assert.match(await view.welcomeText(), /Add Sandbox/);
    await mkdir(path.join(cache(), 'project'), { recursive: true });
    await writeFile(path.join(cache(), 'project', 'notes'), 'A value without an index.');
    await view.expandRow('sample-workspace', 'project');
    await view.waitForText(/notes {2}orphan/);
  });

  it('shows 5,000 entries of a scope: they scroll and filter, and one that changes leaves the others in place', async () => {
    const artifacts = path.join(cache(), 'artifacts');
    const texts = new Map(Array.from({ length: 5000 }, (_, number) => [`value_${1000 + number}`, 'x']));
    const writeIndex = async (): Promise<void> => {
      const changes = { expires_at: '2099-01-01T00:00:00.000000' };
      const entries = [...texts].map(([key, text]) => [key, { ...soundEntry('artifacts', key, text), ...changes }]);
      await writeFile(path.join(artifacts, '_index.json'), JSON.stringify(Object.fromEntries(entries), null, 2));
    };
    await rm(artifacts, { recursive: true, force: true });
    await mkdir(artifacts, { recursive: true });
    await Promise.all([...texts].map(async ([key, text]) => writeFile(path.join(artifacts, key), text)));
    await writeIndex();
    const view = await window().openView(viewTitle);
    await view.expandRow('sample-workspace');
    await view.waitForText(/artifacts .*5,?000 entries/);
    // A click opens a row that is closed, and the keys go to the tree.
    await view.row('artifacts').click();
    await view.waitForText(/value_1000 {2}.*1 token/);
    await window().page.keyboard.press('End');
    const atTheEnd = await view.waitForText(/value_5999/);
    assert.doesNotMatch(atTheEnd, /value_1000/);

    await window().runCommand('Context Cache: Filter Cache Entries…');
    await window().quickPick.enter('value_3456');
    await view.waitForText((text) => text.includes('value_3456') && !text.includes('value_3457'));
    await view.titleAction('Clear Filter of Cache Entries');
    await view.collapseRow('artifacts');
    await view.row('artifacts').click();
    await view.waitForText(/value_1000/);
    await window().page.keyboard.press('End');
    const before = await view.waitForText(/value_5990 {2}.*1 token[^]*value_5999/);

    texts.set('value_5990', 'another word '.repeat(200));
    await writeFile(path.join(artifacts, 'value_5990'), texts.get('value_5990')!);
    await writeIndex();
    const after = await view.waitForText(/value_5990 {2}.*40\d tokens/);
    const othersOf = (text: string): readonly string[] =>
      text.split('\n').filter((line) => /value_\d+/.test(line) && !line.includes('value_5990'));
    assert.deepEqual(othersOf(after), othersOf(before));
    await view.collapseRow('sample-workspace');
  });
});

describe('Sandbox caches of an untrusted workspace', () => {
  const window = useWorkbench({ workspace: 'sample-workspace', trusted: false });

  it('are shown, and offer nothing that changes them', async () => {
    const view = await window().openView(viewTitle);
    await view.expandRow('sample-workspace', 'instructions');
    await view.waitForText(/instruction_research/);
    const titles = await window().commandTitles('Context Cache: Seed');
    assert.ok(!titles.some((title) => title.includes('Seed Instructions')), titles.join());
  });
});

const looks: readonly (readonly [string, OpenOptions])[] = [
  ['light', { theme: 'light' }],
  ['high-contrast', { settings: { 'workbench.colorTheme': 'Default High Contrast' } }],
];
for (const [name, options] of looks) {
  describe(`Sandbox caches in the ${name} theme`, () => {
    const window = useWorkbench({ workspace: 'sample-workspace', ...options });

    it('say the state of an entry in words', async () => {
      const view = await window().openView(viewTitle);
      await view.expandRow('sample-workspace', 'instructions');
      await view.expandRow('sample-workspace', 'task');
      await view.waitForText(/summary_0f3f9c54\S* {2}expired/);
      await view.waitForText(/instruction_research {2}stale · [\d.k]+ tokens/);
      await window().screenshot(`sandboxes-${name}`);
    });
  });
}
