import type { Page } from 'playwright-core';
import { exactly } from './exactly';

/** Picks an item of the menu that is open; more than one label leads through submenus. */
export async function pickFromMenu(page: Page, labels: readonly string[]): Promise<void> {
  for (const label of labels) {
    const item = page
      .locator('.monaco-menu .action-item:not(.disabled)')
      .filter({ has: page.locator('.action-label', { hasText: exactly(label) }) })
      .last();
    await item.hover();
    await item.click();
  }
}
