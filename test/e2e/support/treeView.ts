import type { Locator, Page } from 'playwright-core';
import { eventually, inTime, tryMs, untilDone } from './eventually';
import { openMenu, pickFromMenu, readMenu } from './menus';
import { exactly } from './exactly';

/** One row of a tree as the user sees it. */
export interface TreeRow {
  /** 1 for a row at the root. */
  readonly level: number;
  readonly label: string;
  readonly description: string;
  /** Undefined for a row that can't be expanded. */
  readonly expanded: boolean | undefined;
  readonly selected: boolean;
}

/** What is used of an element inside the page; the tests are compiled without the types of the browser. */
interface PageElement {
  readonly textContent: string | null;
  readonly classList: { contains(name: string): boolean };
  matches(selector: string): boolean;
  getAttribute(name: string): string | null;
  querySelector(selector: string): PageElement | null;
}

/** A tree view in the side bar, by its title. */
export class TreeView {
  private readonly page: Page;
  private readonly pane: Locator;
  private readonly title: string;

  constructor(page: Page, title: string) {
    this.page = page;
    this.title = title;
    this.pane = page
      .locator('.pane')
      .filter({ has: page.locator('> .pane-header > h3.title', { hasText: exactly(title) }) });
  }

  /** Expands the view's own section and waits until it no longer shows progress. */
  async open(): Promise<void> {
    const header = this.pane.locator('> .pane-header');
    if ((await header.getAttribute('aria-expanded')) === 'false') {
      await header.click();
    }
    await this.pane.locator('.pane-body').waitFor();
    await this.settled();
  }

  /** Waits until the view shows no progress bar. */
  async settled(): Promise<void> {
    await this.pane.locator('.monaco-progress-container.active').waitFor({ state: 'hidden' });
  }

  /** The rows on the screen now, from top to bottom; those scrolled out of sight are not among them. */
  async rows(): Promise<readonly TreeRow[]> {
    const rows = await this.pane.locator('.monaco-list-row').evaluateAll((elements: readonly PageElement[]) =>
      elements.map((row) => {
        const expanded = row.getAttribute('aria-expanded');
        return {
          index: Number(row.getAttribute('data-index')),
          level: Number(row.getAttribute('aria-level')),
          label: row.querySelector('.label-name')?.textContent ?? '',
          description: row.querySelector('.label-description')?.textContent ?? '',
          expanded: expanded === null ? undefined : expanded === 'true',
          selected: row.classList.contains('selected'),
        };
      }),
    );
    // A row that is about to be drawn has no level yet.
    return rows
      .filter(({ level }) => level > 0)
      .sort((a, b) => a.index - b.index)
      .map(({ index: _, ...row }) => row);
  }

  /**
   * The rows on the screen as text, one line each, indented by two blanks a level: `▾` before an expanded row, `▸`
   * before a collapsed one, a description behind two blanks.
   */
  async text(): Promise<string> {
    return (await this.rows()).map(drawRow).join('\n');
  }

  /** Waits until {@link text} is this text, or matches, or is accepted, and returns it. */
  async waitForText(wanted: string | RegExp | ((text: string) => boolean)): Promise<string> {
    const accept =
      typeof wanted === 'function'
        ? wanted
        : (text: string) => (typeof wanted === 'string' ? text === wanted : wanted.test(text));
    const shown = typeof wanted === 'string' ? `\n${wanted}\n` : String(wanted);
    return eventually(`view «${this.title}» shows ${shown}`, async () => this.text(), accept);
  }

  /** The row with exactly this label; the first one if there are several. */
  row(label: string): Locator {
    return this.pane
      .locator('.monaco-list-row')
      .filter({ has: this.page.locator('.label-name', { hasText: exactly(label) }) })
      .first();
  }

  /** Expands rows one below the other, each inside the one before it. */
  async expandRow(...labels: readonly string[]): Promise<void> {
    for (const label of labels) {
      await this.turnRow(label, true);
    }
  }

  async collapseRow(label: string): Promise<void> {
    await this.turnRow(label, false);
  }

  /** Clicks rows: the first alone, the others added to the selection. */
  async selectRows(...labels: readonly string[]): Promise<void> {
    for (const [index, label] of labels.entries()) {
      await this.row(label)
        .locator('.label-name')
        .click(index === 0 ? {} : { modifiers: ['ControlOrMeta'] });
    }
  }

  /** Opens the row's context menu and picks an item, or an item of a submenu: `contextMenu('a.md', 'Copy', 'Key')`. */
  async contextMenu(label: string, ...items: readonly string[]): Promise<void> {
    await this.openContextMenu(label);
    await pickFromMenu(this.page, items);
  }

  /** The labels of the row's context menu, from top to bottom; the menu is closed again. */
  async contextMenuItems(label: string): Promise<readonly string[]> {
    await this.openContextMenu(label);
    return readMenu(this.page);
  }

  /** Clicks a button that shows up at the end of a row under the pointer. */
  async inlineAction(label: string, action: string): Promise<void> {
    const row = this.row(label);
    await row.waitFor();
    await untilDone(`${label} offers ${action}`, async () => {
      await inTime(row.hover({ timeout: tryMs }));
      return inTime(row.locator(`.actions [aria-label^="${action}"]`).click({ timeout: tryMs }));
    });
  }

  /** Clicks a button in the view's title bar, or an item of the `…` menu there if it is not a button. */
  async titleAction(action: string): Promise<void> {
    const header = this.pane.locator('> .pane-header');
    const button = header.locator(`.actions .action-label[aria-label^="${action}"]`).first();
    const more = header.locator('.actions .action-label.codicon-toolbar-more');
    await untilDone(`the title of «${this.title}» offers ${action}`, async () => {
      await this.page.mouse.move(0, 0);
      await inTime(header.hover({ timeout: tryMs }));
      if ((await button.count()) > 0) {
        return inTime(button.click({ timeout: tryMs }));
      }
      if ((await more.count()) === 0) {
        return false;
      }
      await openMenu(this.page, async (timeout) => more.click({ timeout }));
      // The item may still be on its way: what decides about it comes from the extension.
      const offered = await readMenu(this.page);
      if (!offered.includes(action)) {
        return false;
      }
      await openMenu(this.page, async (timeout) => more.click({ timeout }));
      await pickFromMenu(this.page, [action]);
      return true;
    });
  }

  /**
   * The text of the hover on a row. A hover comes only when the pointer moves onto the row, is lost when the row is
   * drawn again at that moment, and is another row's when the rows move under the pointer: so it is had again until
   * the row that it belongs to is still below the pointer.
   */
  async tooltip(label: string): Promise<string> {
    const row = this.row(label);
    const hover = this.page.locator('.workbench-hover').first();
    const shown = await eventually(
      `the hover of ${label}`,
      async () => {
        if (await hover.isVisible()) {
          // One that came late stays until the pointer leaves it.
          await inTime(hover.hover({ timeout: tryMs }));
        }
        await this.page.mouse.move(0, 0, { steps: 5 });
        await inTime(hover.waitFor({ state: 'hidden', timeout: tryMs }));
        let text: string | undefined;
        const read = async (): Promise<void> => {
          await row.locator('.label-name').hover({ timeout: tryMs });
          await hover.waitFor({ timeout: 2 * tryMs });
          const shown = (await hover.innerText({ timeout: tryMs })).trim();
          if (await row.evaluate((element: PageElement) => element.matches(':hover'), undefined, { timeout: tryMs })) {
            text = shown;
          }
        };
        await inTime(read());
        return text;
      },
      (text) => text !== undefined,
    );
    return shown ?? '';
  }

  /** The text shown instead of rows while there are none. */
  async welcomeText(): Promise<string> {
    const welcome = this.pane.locator('.welcome-view-content');
    await welcome.waitFor();
    return (await welcome.innerText()).trim();
  }

  /** The line of text above the rows, or an empty string. */
  async message(): Promise<string> {
    const message = this.pane.locator('.tree-explorer-viewlet-tree-view > .message');
    return (await message.count()) > 0 ? (await message.innerText()).trim() : '';
  }

  private async openContextMenu(label: string): Promise<void> {
    const row = this.row(label);
    await row.waitFor();
    await openMenu(this.page, async (timeout) => row.click({ button: 'right', timeout }));
  }

  /** Expands or collapses a row. */
  private async turnRow(label: string, expanded: boolean): Promise<void> {
    const row = this.row(label);
    await row.waitFor();
    const turned = this.pane
      .locator(`.monaco-list-row[aria-expanded="${expanded}"]`)
      .filter({ has: this.page.locator('.label-name', { hasText: exactly(label) }) })
      .first();
    await untilDone(`${label} is ${expanded ? 'expanded' : 'collapsed'}`, async () => {
      await this.settled();
      if ((await row.getAttribute('aria-expanded')) === String(!expanded)) {
        await inTime(row.locator('.monaco-tl-twistie').click({ timeout: tryMs }));
      }
      return inTime(turned.waitFor({ timeout: 3 * tryMs }));
    });
    await this.settled();
  }
}

function drawRow({ level, label, description, expanded }: TreeRow): string {
  const twistie = expanded === undefined ? '' : expanded ? '▾ ' : '▸ ';
  return `${'  '.repeat(level - 1)}${twistie}${label}${description === '' ? '' : `  ${description}`}`;
}
