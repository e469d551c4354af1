import assert from 'node:assert/strict';
import { eventually } from './support/eventually';
import { useWorkbench } from './support/useWorkbench';

/** The number in the status bar's document item. */
function tokensOf(text: string): number {
  return Number.parseInt(text.replaceAll(',', ''), 10);
}

describe('Tokens in the status bar', () => {
  const window = useWorkbench({ workspace: 'sample-workspace' });
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
  });

  it('shows boundaries and hides them again', async () => {
    await window().openFile('CLAUDE.md');
    await window().runCommand('Context Cache: Show Token Boundaries');
    const marks = window().page.locator('.view-overlays .cdr[class*="ced-"]');
    await marks.first().waitFor();
    await window().screenshot('token-boundaries');
    await window().runCommand('Context Cache: Hide Token Boundaries');
    await marks.first().waitFor({ state: 'detached' });
  });
});
