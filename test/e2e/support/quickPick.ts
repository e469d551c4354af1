import type { Locator, Page } from 'playwright-core';
import { eventually, inTime, tryMs, untilDone } from './eventually';
import { exactly } from './exactly';

/** One row of a quick pick. */
export interface QuickPickItem {
  readonly label: string;
  readonly description: string;
  readonly detail: string;
  /** Undefined where rows have no check box. */
  readonly checked: boolean | undefined;
}

interface PageElement {
  readonly textContent: string | null;
  getAttribute(name: string): string | null;
  querySelector(selector: string): PageElement | null;
}

/** The quick pick or input box at the top of the window, whichever is open. */
export class QuickPick {
  private readonly widget: Locator;
  private readonly page: Page;

  constructor(page: Page) {
    this.page = page;
    this.widget = page.locator('.quick-input-widget');
  }

  /** The widget itself. */
  get shown(): Locator {
    return this.widget;
  }

  /** Opens one of the window's own with a key, such as F1 for the palette. */
  async openWith(key: string): Promise<void> {
    await untilDone(`${key} opens the quick input`, async () => {
      if (!(await this.widget.isVisible())) {
        await this.page.keyboard.press(key);
      }
      return inTime(this.widget.waitFor({ timeout: tryMs }));
    });
  }

  async waitForOpen(): Promise<void> {
    await this.widget.waitFor();
  }

  async waitForClosed(): Promise<void> {
    await this.widget.waitFor({ state: 'hidden' });
  }

  async title(): Promise<string> {
    return (await this.widget.locator('.quick-input-title').textContent()) ?? '';
  }

  async placeholder(): Promise<string> {
    return (await this.input.getAttribute('placeholder')) ?? '';
  }

  /** What an input box says below its field: the prompt, or why the input is refused. */
  async message(): Promise<string> {
    return (await this.widget.locator('.quick-input-message').innerText()).trim();
  }

  /** The rows on the screen, from top to bottom, once there are any. */
  async items(): Promise<readonly QuickPickItem[]> {
    await this.waitForOpen();
    await this.widget.locator('.quick-input-list .monaco-list-row').first().waitFor();
    const rows = await this.widget
      .locator('.quick-input-list .monaco-list-row')
      .evaluateAll((elements: readonly PageElement[]) =>
        elements.map((row) => {
          const checked = row.getAttribute('aria-checked');
          return {
            index: Number(row.getAttribute('data-index')),
            label: row.querySelector('.quick-input-list-row .label-name')?.textContent?.trim() ?? '',
            description: row.querySelector('.quick-input-list-row .label-description')?.textContent?.trim() ?? '',
            detail: row.querySelector('.quick-input-list-label-meta')?.textContent?.trim() ?? '',
            checked: checked === null ? undefined : checked === 'true',
          };
        }),
      );
    return rows.sort((a, b) => a.index - b.index).map(({ index: _, ...item }) => item);
  }

  async labels(): Promise<readonly string[]> {
    return (await this.items()).map(({ label }) => label);
  }

  /** Replaces what the field contains. */
  async type(text: string): Promise<void> {
    await this.waitForOpen();
    // What is typed while the widget still fills in its own text would be lost.
    await untilDone(`${text} is typed`, async () => {
      await inTime(this.input.fill(text, { timeout: tryMs }));
      return (await this.input.inputValue()) === text;
    });
  }

  /** Replaces what the field contains and accepts it. */
  async enter(text: string): Promise<void> {
    await this.type(text);
    await this.accept();
  }

  /** Accepts: the focused row, the checked rows, or the input. */
  async accept(): Promise<void> {
    await this.input.press('Enter');
  }

  async cancel(): Promise<void> {
    await untilDone('the quick input is closed', async () => {
      if (await this.widget.isVisible()) {
        await this.page.keyboard.press('Escape');
      }
      return inTime(this.widget.waitFor({ state: 'hidden', timeout: tryMs }));
    });
  }

  /** Picks the row with exactly this label. */
  async pick(label: string): Promise<void> {
    await this.row(label).waitFor();
    await untilDone(`${label} is picked`, async () => inTime(this.row(label).click({ timeout: tryMs })));
  }

  /**
   * Runs a command of the palette and waits until the palette is gone, so that nobody takes it for what follows. One
   * that is not offered is looked for again: a young window finds out late what is enabled, and a palette that is open
   * does not follow.
   */
  async runCommand(label: string): Promise<void> {
    const typed = `>${label}`;
    await untilDone(`the palette offers ${label}`, async () => {
      await this.openWith('F1');
      // What was open a moment ago may have been about to close.
      if (!(await inTime(this.input.fill(typed, { timeout: tryMs }))) || !(await this.stillTyped(typed))) {
        return false;
      }
      const offered = await inTime(this.row(label).waitFor({ timeout: tryMs }));
      if (!offered) {
        await this.cancel();
      }
      return offered;
    });
    await untilDone(`the palette runs ${label}`, async () => {
      if (await this.stillTyped(typed)) {
        await inTime(this.row(label).click({ timeout: tryMs }));
      }
      return !(await this.stillTyped(typed));
    });
  }

  /**
   * Opens a file by quick open, as the first row of what it finds. Begins anew when something that arrives late, such
   * as a web view, takes the focus and so closes it.
   * @param text what is typed
   * @param label of the row
   */
  async openFile(text: string, label: string): Promise<void> {
    await untilDone(`quick open finds ${text}`, async () => {
      await this.openWith('ControlOrMeta+p');
      if (!(await inTime(this.input.fill(text, { timeout: tryMs }))) || !(await this.stillTyped(text))) {
        return false;
      }
      const first = this.widget.locator('.quick-input-list .monaco-list-row[data-index="0"] .label-name');
      await inTime(first.filter({ hasText: exactly(label) }).waitFor({ timeout: tryMs }));
      if (!(await first.filter({ hasText: exactly(label) }).isVisible()) || !(await this.stillTyped(text))) {
        return false;
      }
      await this.accept();
      return inTime(this.widget.waitFor({ state: 'hidden', timeout: tryMs }));
    });
  }

  private async stillTyped(typed: string): Promise<boolean> {
    return (await this.widget.isVisible()) && (await this.input.inputValue()) === typed;
  }

  /** In a quick pick with check boxes: leaves exactly these rows checked, and accepts. */
  async pickMany(labels: readonly string[]): Promise<void> {
    await eventually(
      `the quick pick offers ${labels.join(', ')}`,
      async () => this.labels(),
      (offered) => labels.every((label) => offered.includes(label)),
    );
    for (const { label, checked } of await this.items()) {
      if (checked !== labels.includes(label)) {
        await this.row(label).click();
      }
    }
    await this.accept();
  }

  private row(label: string): Locator {
    return this.widget
      .locator('.quick-input-list .monaco-list-row')
      .filter({ has: this.page.locator('.label-name', { hasText: exactly(label) }) })
      .first();
  }

  private get input(): Locator {
    return this.widget.locator('.quick-input-filter input').first();
  }
}
