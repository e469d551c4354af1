import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { FrameLocator, Locator } from 'playwright-core';
import { eventually } from './support/eventually';
import { useWorkbench } from './support/useWorkbench';

const themes = [
  ['Dark Modern', 'dark'],
  ['Light Modern', 'light'],
  ['Dark High Contrast', 'high-contrast'],
] as const;

describe('Prompt report', () => {
  const window = useWorkbench({ workspace: 'sample-workspace', viewport: { width: 1300, height: 1500 } });
  const report = (): FrameLocator => window().page.frameLocator('iframe.webview').frameLocator('#active-frame');
  const focused = (): Locator => report().locator('[role="treeitem"]:focus');
  const press = async (key: string, label: RegExp): Promise<void> => {
    await focused().press(key);
    await eventually(
      `${key} leads to ${String(label)}`,
      async () => (await focused().getAttribute('aria-label')) ?? '',
      (text) => label.test(text),
    );
  };

  it('shows what fills the window to the keyboard and to screen readers', async () => {
    await window().openFile('prompts/market-reporter.prompt.yaml');
    await window().runCommand('Context Cache: Show Prompt Report');
    await report().getByRole('tree').waitFor();
    await report().getByRole('treeitem', { level: 1 }).focus();
    await press('ArrowRight', /^identity, \d+ tokens, .*parts\/identity\.md$/);
    await press('ArrowDown', /^method, /);
    await press('ArrowRight', /^How you work, \d+ tokens, .*section of method$/);
    await press('ArrowLeft', /^method, /);
    assert.match((await report().getByRole('status').textContent()) ?? '', /^method, \d+ tokens, \d+% of the prompt/);
    await press('End', /^conversation, /);
    await press('Home', /^identity, /);
    const table = report().locator('details').first();
    await table.locator('summary').press('Enter');
    await table.getByRole('row', { name: /^identity file parts\/identity\.md 63 / }).waitFor();
    await table.locator('summary').press('Enter');
    await table.getByRole('table').waitFor({ state: 'hidden' });
  });

  it('shows the other variant, in every theme', async () => {
    await report().getByLabel('Variant').selectOption('streamlined');
    await report()
      .getByRole('treeitem', { name: /^on-demand, \d+ tokens/ })
      .waitFor();
    for (const [theme, name] of themes) {
      await window().runCommand('Preferences: Color Theme');
      await window().quickPick.type(theme);
      await window().quickPick.pick(theme);
      await report().locator(`body.vscode-${name}`).waitFor();
      await window().restPointer();
      await window().screenshot(`prompt-report-${name}`);
    }
  });

  it('opens the file of a part, and exports where the person says', async () => {
    await report()
      .getByRole('treeitem', { name: /^identity,/ })
      .press('Enter');
    await window().editors.waitForTab('identity.md');
    await report().getByRole('button', { name: 'Export as SVG' }).click();
    const { quickPick } = window();
    const place = quickPick.shown.locator('input[type="text"]');
    const file = 'market-reporter.streamlined.report.svg';
    await eventually(
      'the dialog proposes a file',
      async () => ((await place.isVisible()) ? place.inputValue() : ''),
      (value) => value.endsWith(`/${file}`),
    );
    await quickPick.accept();
    await quickPick.waitForClosed();
    const picture = await eventually(
      'the picture is written',
      async () => readFile(path.join(window().workspaceFolder, file), 'utf8').catch(() => ''),
      (text) => text.endsWith('</svg>\n'),
    );
    assert.match(picture, /What fills the window: streamlined/);
  });

  const tab = (): Locator => window().page.locator('.tab[aria-label^="market-reporter report"]');

  it('keeps the variant while another editor hides it', async () => {
    await tab().click();
    await window().openFile('CLAUDE.md');
    await tab().click();
    await report()
      .getByRole('treeitem', { name: /^on-demand, \d+ tokens/ })
      .waitFor();
    assert.equal(await report().getByLabel('Variant').inputValue(), 'streamlined');
  });

  it('comes back when the window is loaded anew', async () => {
    await window().page.reload();
    await window().waitForReady();
    // The editor remembers with a delay which of its tabs was the active one.
    await tab().click();
    await report()
      .getByRole('treeitem', { name: /^identity, \d+ tokens/ })
      .waitFor();
  });
});
