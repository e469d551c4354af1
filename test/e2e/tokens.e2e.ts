import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { eventually, inTime, tryMs, untilDone } from './support/eventually';
import { useWorkbench } from './support/useWorkbench';

/** The number in the status bar's document item. */
function tokensOf(text: string): number {
  return Number.parseInt(text.replaceAll(',', ''), 10);
}

/** A heading and a tag, and in it one line that costs far more than the others. */
const hotText = `# Lines\n\n${'a short line\n'.repeat(40)}\n<rules>\n${'one costly line '.repeat(40)}\n</rules>\n`;

function inOrder(labels: readonly string[]): boolean {
  return labels.every((label, index) => index === 0 || labels[index - 1]! <= label);
}

interface ClipboardOwner {
  readonly navigator: { readonly clipboard: { writeText(text: string): Promise<void> } };
}

interface Styles {
  getComputedStyle(element: unknown, pseudo: string): { readonly content: string };
}

interface Canvas {
  readonly width: number;
  readonly height: number;
  getContext(kind: '2d'): {
    getImageData(left: number, top: number, width: number, height: number): { readonly data: Uint8ClampedArray };
  };
}

const notebook = JSON.stringify({
  cells: [{ cell_type: 'code', metadata: {}, outputs: [], execution_count: null, source: ['one two'] }],
  metadata: {},
  nbformat: 4,
  nbformat_minor: 5,
});

describe('Tokens in the status bar', () => {
  const window = useWorkbench({
    workspace: 'sample-workspace',
    // Before the window opens: quick open remembers for a while what files there are.
    prepare: async (folder) => writeFile(path.join(folder, 'cells.ipynb'), notebook),
  });
  const documentTokens = async (): Promise<string> =>
    (
      await window()
        .statusBar(/tokens/)
        .innerText()
    ).trim();

  it('follows every keystroke and the selection', async () => {
    await window().openFile('AGENTS.md');
    await window()
      .statusBar(/\d tokens/)
      .waitFor();
    const before = tokensOf(await documentTokens());
    await window().page.locator('.monaco-editor .view-line').first().click();
    await window().page.keyboard.press('ControlOrMeta+End');
    await window().page.keyboard.type('\none two three');
    await eventually('three words are counted', documentTokens, (text) => {
      const after = tokensOf(text);
      return after >= before + 3 && after <= before + 5;
    });
    await window().page.keyboard.press('Shift+Home');
    await eventually('the selection is counted', documentTokens, (text) => text.includes('(3 selected)'));
    await window().screenshot('status-bar-selection');
    await window().page.keyboard.press('ControlOrMeta+z');
    await window().page.keyboard.press('ControlOrMeta+z');
  });

  it('offers model, budget and harness with a click', async () => {
    await window()
      .statusBar(/k \/ \d+k/)
      .click();
    const labels = await eventually(
      'the choices',
      async () => window().quickPick.labels(),
      (shown) => shown.length > 3,
    );
    for (const wanted of [/Model or encoding/, /Budget/, /Harness/]) {
      assert.ok(
        labels.some((label) => wanted.test(label)),
        String(wanted),
      );
    }
    await window().screenshot('configure-tokens');
    await window().quickPick.cancel();
  });

  it('turns to a warning and to an error as the budget shrinks', async () => {
    const budget = window().statusBar(/k \/ /);
    const background = async (): Promise<string> => (await budget.getAttribute('class')) ?? '';
    assert.doesNotMatch(await background(), /warning-kind|error-kind/);
    await window().runCommand('Context Cache: Set Token Budget…');
    await window().quickPick.type('1.7k');
    await window().quickPick.accept();
    await eventually('it warns', background, (classes) => classes.includes('warning-kind'));
    await window().runCommand('Context Cache: Set Token Budget…');
    await window().quickPick.type('1000');
    await window().quickPick.accept();
    await eventually('it is an error', background, (classes) => classes.includes('error-kind'));
    await window().screenshot('over-budget');
  });

  it('marks an estimate and says what it is worth', async () => {
    await window().openFile('AGENTS.md');
    await window().runCommand('Context Cache: Select Model or Encoding…');
    await window().quickPick.pick('claude-sonnet-5');
    await window()
      .statusBar(/^~\d+ tokens/)
      .waitFor();
    await window()
      .statusBar(/~[\d.]+k \/ /)
      .waitFor();
    await window().screenshot('estimate');
    await window().runCommand('Context Cache: Select Model or Encoding…');
    await window().quickPick.pick('o200k_base');
    await window()
      .statusBar(/^\d+ tokens/)
      .waitFor();
  });

  it('counts a folder as a list that opens as a table', async () => {
    await window().runCommand('Context Cache: Count Tokens in Folder…');
    await eventually(
      'the list',
      async () => window().quickPick.labels(),
      (shown) => shown.length > 3,
    );
    assert.match(await window().quickPick.title(), /^sample-workspace: [\d,]+ tokens in \d+ files/);
    await window().screenshot('count-folder');
    await window().quickPick.accept();
    await window().editors.waitForTab(/Token counts/);
    await window().screenshot('count-table');
    // The page stays what it is when another Markdown file comes to the front.
    await window().openFile('CLAUDE.md');
    await window()
      .statusBar(/\d tokens/)
      .waitFor();
    await window().editors.waitForTab(/Token counts/);
  });

  it('sorts the list of a folder, and copies it', async () => {
    const files = async (): Promise<readonly string[]> =>
      (await window().quickPick.items())
        .filter(({ description }) => /tokens · .* · /.test(description))
        .map(({ label }) => label);
    await window().runCommand('Context Cache: Count Tokens in Folder…');
    await eventually('the list', files, (shown) => shown.length > 3);
    await window().quickPick.pick('Sort by…');
    await window().quickPick.pick('Name');
    const sorted = await eventually('the list by name', files, (shown) => shown.length > 3 && inOrder(shown));
    assert.ok(sorted.length > 3);
    await window().screenshot('count-folder-by-name');
    await window().quickPick.pick('Copy as CSV');
    await window().waitForNotification(/^Copied \d+ rows as CSV/);
    await window().closeNotifications();
  });

  it('shows boundaries with ids and bytes on hover, from the keyboard too, and hides them again', async () => {
    await window().openFile('CLAUDE.md');
    await window().runCommand('Context Cache: Show Token Boundaries');
    const marks = window().page.locator('.view-overlays .cdr[class*="ced-"]');
    await marks.first().waitFor();
    await window().screenshot('token-boundaries');
    const { keyboard } = window().page;
    const hover = window().page.locator('.monaco-hover:not(.hidden)').filter({ hasText: /token/ }).first();
    await untilDone('the hover of a token is shown', async () => {
      await window().page.locator('.monaco-editor .view-line').first().click();
      await keyboard.press('ControlOrMeta+Home');
      await keyboard.press('ControlOrMeta+k');
      await keyboard.press('ControlOrMeta+i');
      return inTime(hover.waitFor({ timeout: tryMs }));
    });
    const text = await hover.innerText();
    assert.match(text.replaceAll('\u00a0', ' '), /token \d+ · bytes [0-9a-f]{2}(?: [0-9a-f]{2})* · o200k_base/);
    await window().screenshot('token-boundaries-hover');
    await keyboard.press('Escape');
    await window().runCommand('Context Cache: Hide Token Boundaries');
    await marks.first().waitFor({ state: 'detached' });
  });

  it('marks the most expensive lines in the overview ruler, once that is switched on', async () => {
    await writeFile(path.join(window().workspaceFolder, 'AGENTS.md'), hotText);
    await window().openFile('AGENTS.md');
    await window().editors.waitForText(/costly/);
    const red = async (): Promise<number> =>
      window()
        .page.locator('.monaco-editor canvas.decorationsOverviewRuler')
        .first()
        .evaluate((element) => {
          const canvas = element as unknown as Canvas;
          const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
          let pixels = 0;
          for (let at = 0; at < data.length; at += 4) {
            pixels += data[at]! > 180 && data[at + 1]! < 110 && data[at + 2]! < 110 ? 1 : 0;
          }
          return pixels;
        });
    assert.equal(await red(), 0);
    await window().runCommand('Context Cache: Toggle Token Heat Strip');
    await eventually('a line is hot', red, (pixels) => pixels > 0);
    await window().screenshot('heat-strip');
    await window().runCommand('Context Cache: Toggle Token Heat Strip');
    await eventually('no line is hot', red, (pixels) => pixels === 0);
  });

  it('shows tokens above tags as above headings', async () => {
    await window().openFile('AGENTS.md');
    const lenses = window().page.locator('.monaco-editor .codelens-decoration');
    await eventually(
      'lenses of the heading and of the tag',
      async () => lenses.allInnerTexts(),
      (texts) => texts.filter((text) => /[\d,]+ tokens · \d+%/.test(text.replaceAll('\u00a0', ' '))).length === 2,
    );
  });

  it('shows how the total went in the tooltip of the budget', async () => {
    const budget = window().statusBar(/k \/ /);
    const tooltip = window().page.locator('.workbench-hover').first();
    await untilDone('the tooltip tells the trend', async () => {
      await window().page.mouse.move(0, 0, { steps: 5 });
      await budget.hover();
      return inTime(
        tooltip.filter({ hasText: /[▁-█]{2,} [+−±]\d+ since \d{4}-\d\d-\d\d/ }).waitFor({ timeout: tryMs }),
      );
    });
    await window().screenshot('budget-tooltip');
    await window().restPointer();
  });

  it('puts badges into the Explorer, until they are switched off', async () => {
    await window().runCommand('Explorer: Focus on Folders View');
    const label = window()
      .page.locator('.explorer-folders-view .monaco-list-row', { hasText: 'AGENTS.md' })
      .locator('.monaco-icon-label')
      .first();
    // The editor draws badges as content of style sheets.
    const badge = async (): Promise<string> =>
      label.evaluate((element) => (globalThis as unknown as Styles).getComputedStyle(element, '::after').content);
    const toggle = async (): Promise<void> => {
      await window().runCommand('Context Cache: Configure Token Counting…');
      await window().quickPick.pick('Badges in the Explorer');
      await window().quickPick.waitForClosed();
    };
    await eventually('the badge is there', badge, (content) => /^"\.?\d+k?"$/.test(content));
    await window().screenshot('explorer-badges');
    await toggle();
    await eventually('the badge is gone', badge, (content) => !/\d/.test(content));
    await toggle();
    await eventually('the badge is back', badge, (content) => /\d/.test(content));
  });

  it('counts what is in front: either side of a diff, a text without a file, and the cell of a notebook', async () => {
    await window().page.evaluate(async (text) => {
      const { navigator } = globalThis as unknown as ClipboardOwner;
      await navigator.clipboard.writeText(text);
    }, 'one two three four');
    await window().openFile('README.md');
    await window().runCommand('File: Compare Active File with Clipboard');
    await window().page.locator('.monaco-diff-editor .editor.original .view-line').first().click();
    await eventually('the tokens of the clipboard', documentTokens, (text) => tokensOf(text) === 4);
    await window().page.locator('.monaco-diff-editor .editor.modified .view-line').first().click();
    await eventually('the tokens of the file', documentTokens, (text) => tokensOf(text) > 50);
    await window().runCommand('File: New Untitled Text File');
    await window().page.keyboard.type('one two three');
    await eventually('three tokens', documentTokens, (text) => tokensOf(text) === 3);
    await window().page.keyboard.press('ControlOrMeta+a');
    await window().page.keyboard.press('Delete');
    await window().openFile('cells.ipynb');
    await window().page.locator('.notebookOverlay .cell .monaco-editor .view-line').first().click();
    await eventually('the tokens of the cell', documentTokens, (text) => tokensOf(text) === 2);
  });
});
