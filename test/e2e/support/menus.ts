import type { Locator, Page } from 'playwright-core';
import { inTime, tryMs, untilDone } from './eventually';
import { exactly } from './exactly';

const enabledItems = '.monaco-menu .action-item:not(.disabled)';

/** Opens the menu that a click leads to, and waits until it has items. */
export async function openMenu(page: Page, click: (timeout: number) => Promise<void>): Promise<void> {
  await closeMenus(page);
  await untilDone('the menu opens', async () => {
    await inTime(click(tryMs));
    return inTime(page.locator(enabledItems).first().waitFor({ timeout: tryMs }));
  });
}

/** The labels of the menu that is open, from top to bottom; the menu is closed again. */
export async function readMenu(page: Page): Promise<readonly string[]> {
  const labels = page.locator(`${enabledItems} .action-label:not(.separator)`);
  await labels.first().waitFor();
  const texts = (await labels.allTextContents()).map((text) => text.trim());
  await closeMenus(page);
  return texts;
}

/**
 * Picks an item of the menu that is open and waits until the menu is gone; more than one label leads through
 * submenus. An item of VS Code is deaf to the mouse for the first 100 ms (`runOnceToEnableMouseUp` in its menu.ts),
 * on a busy machine for longer: a click that leaves the menu open is made again.
 */
export async function pickFromMenu(page: Page, labels: readonly string[]): Promise<void> {
  const items = labels.map((label) => itemWith(page, label));
  for (const [index, item] of items.entries()) {
    const next = items[index + 1];
    await item.waitFor();
    if (next) {
      await untilDone(`${labels[index]} opens its menu`, async () => {
        await inTime(item.hover({ timeout: tryMs }));
        return inTime(next.waitFor({ timeout: tryMs }));
      });
    } else {
      await untilDone(`the menu closes after ${labels[index]}`, async () => {
        await inTime(item.click({ timeout: tryMs }));
        return menusGone(page);
      });
    }
  }
}

/** Closes what is open of menus, as Escape does. */
export async function closeMenus(page: Page): Promise<void> {
  await untilDone('no menu is open', async () => {
    if ((await shownMenus(page).count()) === 0) {
      return true;
    }
    await page.keyboard.press('Escape');
    return menusGone(page);
  });
}

function itemWith(page: Page, label: string): Locator {
  return page
    .locator(enabledItems)
    .filter({ has: page.locator('.action-label', { hasText: exactly(label) }) })
    .last();
}

function shownMenus(page: Page): Locator {
  return page.locator('.monaco-menu').filter({ visible: true });
}

async function menusGone(page: Page): Promise<boolean> {
  return inTime(shownMenus(page).first().waitFor({ state: 'hidden', timeout: 500 }));
}
