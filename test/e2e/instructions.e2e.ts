import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { eventually, inTime, tryMs, untilDone } from './support/eventually';
import { useWorkbench } from './support/useWorkbench';

describe('Instructions view', () => {
  const window = useWorkbench({ workspace: 'sample-workspace' });

  it('groups files by load mode, with tokens and shares', async () => {
    const view = await window().openView('Instructions');
    await view.waitForText(
      /^▾ Always {2}[\d.]+k · \d+% of budget · \d+ files\n(?: {2}.*\n)*? {2}CLAUDE\.md {2}\d+ · \d+%/m,
    );
    await view.waitForText(/^ {2}Index and catalogue {2}\d+ · \d+%$/m);
    await view.waitForText(/^▾ Glob {2}\d+ · \d+ files$/m);
    await window().screenshot('instructions-dark');
  });

  it('tells all about a file when the pointer rests on it', async () => {
    const view = await window().openView('Instructions');
    // The first hover may still be that of the activity bar.
    const tooltip = await eventually(
      'the tooltip of the row',
      async () => view.tooltip('CLAUDE.md'),
      (text) => text.includes('CLAUDE.md'),
    );
    assert.match(tooltip, /tokens when loaded/);
    assert.match(tooltip, /tokens on disk/);
    assert.match(tooltip, /Loaded in every request/);
    assert.match(tooltip, /exact, o200k_base/);
  });

  it('groups by folder and sorts by name, from the keyboard', async () => {
    const view = await window().openView('Instructions');
    await window().runCommand('Context Cache: Group Instructions By…');
    await window().quickPick.pick('Folder');
    await view.waitForText(/^▾ \.claude\/rules/m);
    await window().runCommand('Context Cache: Sort Instructions By…');
    await window().quickPick.pick('Name');
    await view.waitForText((text) => text.startsWith('▾ .  ') && text.indexOf('AGENTS.md') < text.indexOf('CLAUDE.md'));
    await window().runCommand('Context Cache: Sort Instructions By…');
    await window().quickPick.pick('Size');
    await window().runCommand('Context Cache: Group Instructions By…');
    await window().quickPick.pick('Load mode');
    await view.waitForText(/^▾ Always/m);
  });

  it('filters while one types, and clears the filter', async () => {
    const view = await window().openView('Instructions');
    await window().runCommand('Context Cache: Filter Instructions…');
    await window().quickPick.type('chart');
    await view.waitForText(/^▾ .*\n {2}chart-builder .*$/);
    await window().quickPick.accept();
    await eventually(
      'the message',
      async () => view.message(),
      (text) => /"chart": 1 of \d+ files/.test(text),
    );
    await window().runCommand('Context Cache: Filter Instructions…');
    await window().quickPick.type('nothing like this');
    await eventually(
      'the welcome text',
      async () => view.welcomeText(),
      (text) => text.includes('No instruction file matches'),
    );
    await window().quickPick.cancel();
    await view.waitForText(/chart-builder/);
    await window().runCommand('Context Cache: Clear Instructions Filter');
    await view.waitForText(/AGENTS\.md/);
  });

  it('follows the picked harness', async () => {
    const view = await window().openView('Instructions');
    await window().runCommand('Context Cache: Select Harness…');
    const items = await eventually(
      'the harnesses with their costs',
      async () => window().quickPick.items(),
      (shown) => shown.length > 3,
    );
    assert.match(items.find(({ label }) => label.includes('Codex'))?.description ?? '', /of \d+k always · 1 file/);
    await window().screenshot('harnesses');
    await window().quickPick.pick('Codex');
    await view.waitForText((text) => text.includes('AGENTS.md') && !text.includes('CLAUDE.md'));
    await window().runCommand('Context Cache: Select Harness…');
    await window().quickPick.pick('All harnesses');
    await view.waitForText(/CLAUDE\.md/);
  });

  it('opens, explains and copies from the context menu', async () => {
    const view = await window().openView('Instructions');
    assert.deepEqual(
      (await view.contextMenuItems('AGENTS.md')).filter((item) => item !== ''),
      ['Open Instruction', 'Explain Token Count', 'Count Tokens', 'Copy Instruction Path'],
    );
    await view.contextMenu('AGENTS.md', 'Count Tokens');
    assert.match(await window().waitForNotification(/AGENTS\.md: \d+ tokens/), /exact, o200k_base/);
    await window().answerNotification(/AGENTS\.md: \d+ tokens/, 'Explain');
    await window().editors.waitForTab(/Token count/);
    await window().screenshot('explanation');
  });

  it('reveals the active file', async () => {
    const view = await window().openView('Instructions');
    await window().openFile('CLAUDE.md');
    await window().runCommand('Context Cache: Reveal Active File in Instructions');
    await eventually(
      'CLAUDE.md is selected',
      async () => view.rows(),
      (rows) => rows.some(({ label, selected }) => label === 'CLAUDE.md' && selected),
    );
  });

  it('says which instructions apply to a file, and why', async () => {
    await window().openFile('src/market_reporter/agent.py');
    await window().runCommand('Context Cache: Show Instructions for File');
    const items = await eventually(
      'the instructions',
      async () => window().quickPick.items(),
      (shown) => shown.length > 3,
    );
    assert.match(
      await window().quickPick.title(),
      /^src\/market_reporter\/agent\.py: [\d,]+ tokens of instructions for /,
    );
    assert.ok(items.some(({ label }) => label.includes('python.instructions.md')));
    await window().screenshot('instructions-for-file');
    await window().quickPick.cancel();
  });

  it('marks a file with broken front matter on its row and in the Problems view', async () => {
    const view = await window().openView('Instructions');
    const folder = path.join(window().workspaceFolder, '.github', 'instructions');
    await writeFile(path.join(folder, 'broken.instructions.md'), '---\napplyTo: [unclosed\n---\n\nStill counted.\n');
    await window().runCommand('Context Cache: Refresh Instructions');
    await window().runCommand('Context Cache: Filter Instructions…');
    await window().quickPick.type('broken');
    await window().quickPick.accept();
    await view.waitForText(/broken\.instructions\.md {2}.*\d problem/);
    assert.match(await view.tooltip('broken.instructions.md'), /front matter/i);
    await window().screenshot('broken-front-matter');
    await window().runCommand('Context Cache: Clear Instructions Filter');
  });
});

describe('Instructions view without instructions', () => {
  const window = useWorkbench({
    workspace: 'sample-workspace',
    prepare: async (folder) => {
      const { rm } = await import('node:fs/promises');
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder);
    },
  });

  it('leads on', async () => {
    const view = await window().openView('Instructions');
    const text = await eventually(
      'the welcome text',
      async () => view.welcomeText(),
      (shown) => shown.includes('No instruction file was found'),
    );
    assert.match(text, /Get Started/);
    assert.match(text, /Show User-Level Instructions/);
    await window().screenshot('instructions-welcome');
    await window().runCommand('Context Cache: Get Started');
    await window().page.getByText('See what your agents load').first().waitFor();
    await window().screenshot('walkthrough');
  });

  it('has a walkthrough whose steps are done when what they lead to was done', async () => {
    const step = (id: string): Locator => window().page.locator(`[data-done-step-id$="#gettingStarted#${id}"]`);
    const isDone = async (id: string): Promise<boolean> => (await step(id).getAttribute('aria-checked')) === 'true';
    // Its view was seen long before: a view that shows again is no news to the editor, the step's own button is.
    await step('instructions').waitFor();
    assert.equal(await isDone('budget'), false);
    await window().page.getByRole('button', { name: 'Open the Instructions View' }).click();
    await eventually('the first step is done', async () => isDone('instructions'), Boolean);
    const next = window().page.getByRole('button', { name: 'Select Harness' });
    await untilDone('the next step is open', async () => {
      await inTime(window().page.getByText('Choose your harness and your budget').first().click({ timeout: tryMs }));
      return inTime(next.waitFor({ timeout: tryMs }));
    });
    await next.click();
    await window().quickPick.cancel();
    await eventually('the second step is done', async () => isDone('budget'), Boolean);
    assert.equal(await isDone('sandboxes'), false);
  });
});

for (const [name, colorTheme] of [
  ['light', 'Default Light Modern'],
  ['high-contrast', 'Default High Contrast'],
  ['high-contrast-light', 'Default High Contrast Light'],
] as const) {
  describe(`Instructions view, ${name}`, () => {
    const window = useWorkbench({
      workspace: 'sample-workspace',
      settings: {
        'workbench.colorTheme': colorTheme,
        'contextCache.tokens.budget': 1700,
        'contextCache.tokens.heatStrip': true,
      },
    });

    it('shows rows, token boundaries and the budget in its colours', async () => {
      const view = await window().openView('Instructions');
      await view.waitForText(/AGENTS\.md/);
      await window().openFile('AGENTS.md');
      await window()
        .statusBar(/\d+ tokens/)
        .waitFor();
      await window()
        .statusBar(/k \/ 1\.7k/)
        .waitFor();
      await window().runCommand('Context Cache: Show Token Boundaries');
      await window().page.locator('.view-overlays .cdr[class*="ced-"]').first().waitFor();
      await window().screenshot(`instructions-${name}`);
    });
  });
}
