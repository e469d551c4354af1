import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { BrowserContext, Locator, Page } from 'playwright-core';
import { outFolder } from '../../support/places';
import { Editors } from './editors';
import { eventually, inTime, tryMs, untilDone } from './eventually';
import { closeMenus } from './menus';
import { QuickPick } from './quickPick';
import { TreeView } from './treeView';
import { exactly } from './exactly';

/** A notification as the user sees it. */
export interface ShownNotification {
  readonly message: string;
  readonly buttons: readonly string[];
}

/** One VS Code window, used as a user would: by what is on the screen, and by the keyboard. */
export class Workbench {
  readonly page: Page;
  /** The absolute path of the (first) folder that is open: a copy that belongs to this window. */
  readonly workspaceFolder: string;
  readonly quickPick: QuickPick;
  readonly editors: Editors;
  private readonly context: BrowserContext;

  constructor(context: BrowserContext, page: Page, workspaceFolder: string) {
    this.context = context;
    this.page = page;
    this.workspaceFolder = workspaceFolder;
    this.quickPick = new QuickPick(page);
    this.editors = new Editors(page);
  }

  /** Waits until the window is laid out and our extension's icon is in the activity bar. */
  async waitForReady(): Promise<void> {
    await this.page.locator('.part.statusbar').waitFor();
    await this.activityBarItem.waitFor();
  }

  async close(): Promise<void> {
    await this.context.close();
  }

  /** Runs a command by its title in the palette, such as `Context Cache: Refresh Instructions`. */
  async runCommand(title: string): Promise<void> {
    await this.quickPick.runCommand(title);
  }

  /** The titles that the palette offers for what is typed, as many as fit on the screen. */
  async commandTitles(typed: string): Promise<readonly string[]> {
    await this.quickPick.openWith('F1');
    await this.quickPick.type(`>${typed}`);
    const titles = await this.quickPick.labels();
    await this.quickPick.cancel();
    return titles;
  }

  /** Shows our side bar and opens one of its views by its title. */
  async openView(title: string): Promise<TreeView> {
    await untilDone('our side bar is shown', async () => {
      if ((await this.activityBarItem.getAttribute('aria-expanded')) !== 'true') {
        await inTime(this.activityBarItem.click({ timeout: tryMs }));
      }
      return (await this.activityBarItem.getAttribute('aria-expanded')) === 'true';
    });
    const view = new TreeView(this.page, title);
    await view.open();
    return view;
  }

  /** Drags the edge of the side bar until it is this many pixels wide. */
  async resizeSideBar(width: number): Promise<void> {
    const box = await this.page.locator('.part.sidebar').boundingBox();
    if (!box) {
      throw new Error('The side bar is not shown.');
    }
    const y = box.y + box.height / 2;
    await this.page.mouse.move(box.x + box.width, y);
    await this.page.mouse.down();
    await this.page.mouse.move(box.x + width, y, { steps: 5 });
    await this.page.mouse.up();
  }

  /** Opens a file of the workspace in an editor, by its path below the folder. */
  async openFile(relativePath: string): Promise<void> {
    const label = path.posix.basename(relativePath);
    await untilDone(`${label} is open`, async () => {
      await this.quickPick.openFile(relativePath, label);
      return this.editors.hasTab(label);
    });
  }

  /** The status bar item that shows this text. */
  statusBar(text: string | RegExp): Locator {
    return this.page.locator('.part.statusbar .statusbar-item').filter({ hasText: text }).first();
  }

  /** The texts of all status bar items, from left to right. */
  async statusBarTexts(): Promise<readonly string[]> {
    const texts = await this.page.locator('.part.statusbar .statusbar-item').allInnerTexts();
    return texts.map((text) => text.trim()).filter((text) => text !== '');
  }

  /** All notifications, newest first. */
  async notifications(): Promise<readonly ShownNotification[]> {
    await this.openNotifications();
    const items = await this.notificationItems.all();
    return Promise.all(
      items.map(async (item) => ({
        message: (await item.locator('.notification-list-item-message').innerText()).trim(),
        buttons: await item.locator('.notification-list-item-buttons-container .monaco-button').allInnerTexts(),
      })),
    );
  }

  /** Waits for a notification and returns its whole message. */
  async waitForNotification(message: string | RegExp): Promise<string> {
    const notification = await this.shownNotification(message);
    return (await notification.locator('.notification-list-item-message').innerText()).trim();
  }

  /** Clicks a button of a notification, once it is there. */
  async answerNotification(message: string | RegExp, button: string): Promise<void> {
    const notification = await this.shownNotification(message);
    const answer = notification.locator('.notification-list-item-buttons-container .monaco-button', {
      hasText: exactly(button),
    });
    await untilDone(`${button} is clicked`, async () => {
      await this.openNotifications();
      return inTime(answer.click({ timeout: tryMs }));
    });
  }

  async closeNotifications(): Promise<void> {
    await this.runCommand('Notifications: Clear All Notifications');
  }

  /** The text of the modal dialog, once it is there: message and detail, one below the other. */
  async dialogText(): Promise<string> {
    await this.dialog.waitFor();
    const parts = await this.dialog.locator('.dialog-message-text, .dialog-message-detail').allInnerTexts();
    return parts.map((part) => part.trim()).join('\n');
  }

  /** Clicks a button of the modal dialog. */
  async answerDialog(button: string): Promise<void> {
    const answer = this.dialog.locator('.dialog-buttons .monaco-button', { hasText: exactly(button) });
    await answer.waitFor();
    await untilDone(`the dialog closes after ${button}`, async () => {
      await inTime(answer.click({ timeout: tryMs }));
      return inTime(this.dialog.waitFor({ state: 'hidden', timeout: tryMs }));
    });
  }

  /**
   * Closes menus, the quick input and dialogs that a test left open, so that it alone fails and not those after it
   * too. Never throws: a hook that fails would end all tests.
   */
  async closeLeftovers(): Promise<void> {
    try {
      await closeMenus(this.page);
      for (const leftover of [this.quickPick.shown, this.dialog]) {
        await untilDone('nothing is left open', async () => {
          if (!(await leftover.isVisible())) {
            return true;
          }
          await this.page.keyboard.press('Escape');
          return inTime(leftover.waitFor({ state: 'hidden', timeout: tryMs }));
        });
      }
    } catch {
      // The next test shows what is wrong with the window.
    }
  }

  /**
   * Moves the pointer to where nothing reacts to it, and waits until no hover is left. One whose text came when the
   * pointer had left already stays until the pointer leaves it too.
   */
  async restPointer(): Promise<void> {
    const hover = this.page.locator('.workbench-hover').first();
    await untilDone('no hover is left', async () => {
      if (await hover.isVisible()) {
        await inTime(hover.hover({ timeout: tryMs }));
      }
      await this.page.mouse.move(0, 0, { steps: 5 });
      return inTime(hover.waitFor({ state: 'hidden', timeout: tryMs }));
    });
  }

  /** Saves a picture of the window as `out/screenshots/<name>.png`. */
  async screenshot(name: string): Promise<void> {
    const folder = path.join(outFolder, 'screenshots');
    await mkdir(folder, { recursive: true });
    await this.page.screenshot({ path: path.join(folder, `${name}.png`), animations: 'disabled', caret: 'hide' });
  }

  private get activityBarItem(): Locator {
    return this.page.locator('.activitybar .action-item:has(.action-label[aria-label^="Context Cache"])');
  }

  /** Under its smoke test driver the editor shows no toasts: whatever is told is in the center alone. */
  private async openNotifications(): Promise<void> {
    const center = this.page.locator('.notifications-center.visible');
    await eventually(
      'the notifications are open',
      async () => {
        if (!(await center.isVisible())) {
          await inTime(this.page.locator('[id="status.notifications"] a').click({ timeout: tryMs }));
        }
        return inTime(center.waitFor({ timeout: tryMs }));
      },
      (open) => open,
    );
  }

  private get notificationItems(): Locator {
    return this.page.locator('.notifications-center .notification-list-item');
  }

  /** Waits for a notification; the center closes by itself while there is none. */
  private async shownNotification(message: string | RegExp): Promise<Locator> {
    const notification = this.notificationItems
      .filter({ has: this.page.locator('.notification-list-item-message', { hasText: message }) })
      .first();
    await eventually(
      `there is a notification ${String(message)}`,
      async () => {
        await this.openNotifications();
        return notification.isVisible();
      },
      (visible) => visible,
    );
    return notification;
  }

  private get dialog(): Locator {
    return this.page.locator('.monaco-dialog-box');
  }
}
