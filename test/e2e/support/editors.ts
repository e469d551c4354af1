import type { Page } from 'playwright-core';
import { eventually, soon } from './eventually';

/** Both sides of a diff as far as they are on the screen. */
export interface VisibleDiff {
  readonly original: string;
  readonly modified: string;
}

interface PageElement {
  readonly textContent: string | null;
  readonly style: { readonly top: string };
  querySelectorAll(selector: string): Iterable<PageElement>;
}

/** The editor area. */
export class Editors {
  private readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** The labels of all tabs, from left to right. */
  async tabs(): Promise<readonly string[]> {
    return this.tabLabels('.tab');
  }

  /** The label of the tab in front, or undefined. */
  async activeTab(): Promise<string | undefined> {
    const [label] = await this.tabLabels('.tab.active');
    return label;
  }

  /** Waits until there is a tab with this label. */
  async waitForTab(label: string | RegExp): Promise<void> {
    await eventually(
      `there is a tab ${String(label)}`,
      async () => this.tabs(),
      (tabs) => tabs.some((tab) => (typeof label === 'string' ? tab === label : label.test(tab))),
    );
  }

  /** Whether there is a tab with this label, now or soon. */
  async hasTab(label: string): Promise<boolean> {
    return soon(async () => (await this.tabs()).includes(label));
  }

  /** The lines on the screen of every text editor in front, diffs included. */
  async visibleText(): Promise<string> {
    const [text = ''] = await this.textsOf('.part.editor .editor-container', '.view-line');
    return text;
  }

  /** Waits until the visible text matches, and returns it. */
  async waitForText(pattern: RegExp): Promise<string> {
    return eventually(
      `the editor shows ${String(pattern)}`,
      async () => this.visibleText(),
      (text) => pattern.test(text),
    );
  }

  /** The diffs in front: one, or those of a multi-file diff that are on the screen. Waits for the first. */
  async openDiffs(): Promise<readonly VisibleDiff[]> {
    const diffs = '.part.editor .monaco-diff-editor';
    await this.page.locator(`${diffs} .view-line`).first().waitFor();
    const originals = await this.textsOf(diffs, '.editor.original .view-line');
    const modifieds = await this.textsOf(diffs, '.editor.modified .view-line');
    return originals.map((original, index) => ({ original, modified: modifieds[index] ?? '' }));
  }

  /** The file names in the headers of a multi-file diff, from top to bottom. */
  async multiDiffFiles(): Promise<readonly string[]> {
    const headers = this.page.locator('.part.editor .multiDiffEntry .header .file-path .title.show-file-icons');
    await headers.first().waitFor();
    return (await headers.allInnerTexts()).map((text) => text.trim());
  }

  /** A tab keeps the extension of a file name apart, so that it can cut the name before it. */
  private async tabLabels(tabs: string): Promise<readonly string[]> {
    const labels = await this.page
      .locator(`.part.editor ${tabs} .tab-label`)
      .evaluateAll((elements: readonly PageElement[]) =>
        elements.map((element) =>
          [...element.querySelectorAll('.label-name, .label-suffix')].map((part) => part.textContent ?? '').join(''),
        ),
      );
    return labels.map((label) => label.trim());
  }

  /** Lines lie in the page in any order, each at its place; blanks are no-break spaces there. */
  private async textsOf(containers: string, lines: string): Promise<readonly string[]> {
    return this.page.locator(containers).evaluateAll(
      (elements: readonly PageElement[], selector: string) =>
        elements.map((element) =>
          [...element.querySelectorAll(selector)]
            .sort((a, b) => parseFloat(a.style.top) - parseFloat(b.style.top))
            .map((line) => (line.textContent ?? '').replaceAll('\u00a0', ' '))
            .join('\n'),
        ),
      lines,
    );
  }
}
