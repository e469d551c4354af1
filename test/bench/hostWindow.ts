import { rm } from 'node:fs/promises';
import type { Browser } from 'playwright-core';
import { Workbench } from '../e2e/support/workbench';
import { meterPort } from './meteredHost';

/** How long the window is left alone after each phase, for what comes late. */
const restMs = 3000;
/** Long documents take their time on their way through the window. */
const patienceMs = 120_000;
/** Between two keystrokes: a fast typist's. */
const keyDelayMs = 60;

export interface HostWindowOptions {
  readonly workspace: string;
  /** In which the meter inside the extension host tells its port. */
  readonly portFile: string;
  /** Whether Context Cache runs in it: then there is something of it to wait for. */
  readonly isWith: boolean;
}

/** A window of the workbench whose extension host is measured. */
export class HostWindow {
  readonly workbench: Workbench;
  readonly isWith: boolean;
  private readonly port: string;

  private constructor(workbench: Workbench, { isWith }: HostWindowOptions, port: string) {
    this.workbench = workbench;
    this.isWith = isWith;
    this.port = port;
  }

  static async open(browser: Browser, address: string, options: HostWindowOptions): Promise<HostWindow> {
    await rm(options.portFile, { force: true });
    const context = await browser.newContext({
      viewport: { width: 1400, height: 900 },
      locale: 'en-US',
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    const page = await context.newPage();
    page.setDefaultTimeout(patienceMs);
    await page.goto(address);
    await page.locator('.part.statusbar').waitFor();
    const port = await meterPort(options.portFile);
    return new HostWindow(new Workbench(context, page, options.workspace), options, port);
  }

  async close(): Promise<void> {
    await this.workbench.close();
  }

  async rest(): Promise<void> {
    await this.workbench.page.waitForTimeout(restMs);
  }

  /** Writes what was recorded since the last time to a file. */
  async takeRecording(file: string): Promise<void> {
    await fetch(`http://127.0.0.1:${this.port}/end?file=${encodeURIComponent(file)}`);
  }

  /** With Context Cache: waits until the status bar shows this. */
  async shows(text: RegExp): Promise<void> {
    if (this.isWith) {
      await this.workbench.statusBar(text).waitFor();
    }
  }

  async openDocument(name: string): Promise<void> {
    await this.workbench.openFile(name);
    await this.workbench.page.locator('.monaco-editor .view-line').first().waitFor();
    await this.shows(/^[\d,]+ tokens/);
  }

  /** Types into the middle of what is on the screen. */
  async type(text: string): Promise<void> {
    const { page } = this.workbench;
    await page
      .locator('.editor-instance .monaco-editor .view-lines')
      .first()
      .click({ position: { x: 200, y: 150 } });
    await page.keyboard.type(text, { delay: keyDelayMs });
    await this.shows(/^[\d,]+ tokens/);
  }

  async press(...keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      await this.workbench.page.keyboard.press(key);
    }
  }
}
