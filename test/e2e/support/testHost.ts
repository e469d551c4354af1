import { mkdtemp, readdir } from 'node:fs/promises';
import path from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';
import { browserFlags, ensureBrowser } from '../../support/host/browser';
import { WebHost } from '../../support/host/webHost';
import { installWebHost } from '../../support/host/webHostFiles';
import { removeFolder } from '../../support/places';
import { userSettings } from '../../support/userSettings';
import { layOutWorkspace } from '../../support/workspaceCopy';
import { Workbench } from './workbench';

export interface OpenOptions {
  /** A folder of `test/fixtures`, or several; the window opens fresh copies. Without one, an empty folder. */
  readonly workspace?: string | readonly string[];
  /** False (default: true) opens the window in restricted mode. */
  readonly trusted?: boolean;
  readonly theme?: 'dark' | 'light';
  /** User settings on top of those that keep the window quiet. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly viewport?: { readonly width: number; readonly height: number };
  /** Changes the (first) copy before the window opens. */
  readonly prepare?: (workspaceFolder: string) => Promise<void>;
}

/** The extension that windows have: a folder under development, or packages that are installed. */
export type TestedExtension = { readonly folder: string } | { readonly vsix: string };

const sshConfigName = 'ssh_config';
const themes = { dark: 'Default Dark Modern', light: 'Default Light Modern' };

/**
 * One web host and one browser for all tests of a run. Every window gets its own browser profile, workspace and
 * settings; windows are opened one after the other, since settings belong to the host.
 */
export class TestHost {
  private readonly windows = new Set<Workbench>();
  private readonly host: WebHost;
  private readonly browser: Browser;
  private readonly folder: string;
  private readonly extension: TestedExtension;

  private constructor(host: WebHost, browser: Browser, folder: string, extension: TestedExtension) {
    this.host = host;
    this.browser = browser;
    this.folder = folder;
    this.extension = extension;
  }

  /** @param folder an existing folder for everything that the run keeps */
  static async start(folder: string, extension: TestedExtension): Promise<TestHost> {
    const files = await installWebHost();
    const executablePath = await ensureBrowser();
    const host = await WebHost.start(files, {
      dataFolder: path.join(folder, 'server'),
      vsix: 'vsix' in extension ? [extension.vsix] : [],
      env: {
        CONTEXT_CACHE_HOME: path.join(folder, 'home'),
        CONTEXT_CACHE_SSH_CONFIG: path.join(folder, sshConfigName),
      },
    });
    try {
      const browser = await chromium.launch({ executablePath, args: [...browserFlags] });
      return new TestHost(host, browser, folder, extension);
    } catch (error) {
      await host.stop();
      throw error;
    }
  }

  /** Opens a window and waits until it can be used. */
  async open(options: OpenOptions = {}): Promise<Workbench> {
    await removeFolder(path.join(this.folder, 'home'));
    const parent = await mkdtemp(path.join(this.folder, 'window-'));
    const { toOpen, folders } = await layOutWorkspace([options.workspace ?? []].flat(), parent);
    await options.prepare?.(folders[0]);
    await this.host.writeUserSettings(
      userSettings(options.trusted ?? true, {
        // The editor's own chat would share the status bar and the palette with what is tested.
        'chat.disableAIFeatures': true,
        'workbench.colorTheme': themes[options.theme ?? 'dark'],
        ...options.settings,
      }),
    );
    const context = await this.browser.newContext({
      // Tall enough for the rows of three views: rows out of sight are not there.
      viewport: options.viewport ?? { width: 1400, height: 1600 },
      locale: 'en-US',
      timezoneId: 'UTC',
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    const page = await context.newPage();
    const workbench = new Workbench(context, page, folders[0]);
    this.windows.add(workbench);
    page.once('close', () => this.windows.delete(workbench));
    await page.goto(
      this.host.address({
        workspace: toOpen,
        ...('folder' in this.extension ? { extensionDevelopmentPath: this.extension.folder } : {}),
      }),
    );
    await workbench.waitForReady();
    return workbench;
  }

  /** Where OpenSSH's configuration is read from, once a test has written it. */
  get sshConfigFile(): string {
    return path.join(this.folder, sshConfigName);
  }

  /** The package that was installed. */
  get vsix(): string {
    if (!('vsix' in this.extension)) {
      throw new Error('The extension under test is a folder, not a package.');
    }
    return this.extension.vsix;
  }

  /** The folder into which VS Code unpacked an installed extension. */
  async installedExtension(id: string): Promise<string> {
    const names = await readdir(this.host.extensionsFolder);
    const name = names.find((candidate) => candidate.startsWith(`${id}-`));
    if (name === undefined) {
      throw new Error(`${id} is not installed; there is only ${names.join(', ')}.`);
    }
    return path.join(this.host.extensionsFolder, name);
  }

  /** Saves pictures of all open windows, to look at after a failure. */
  async screenshotAll(name: string): Promise<void> {
    for (const [index, window] of [...this.windows].entries()) {
      await window.screenshot(index === 0 ? name : `${name}-${index + 1}`);
    }
  }

  /** Closes menus, quick inputs and dialogs that a test left open, in all windows. */
  async closeLeftovers(): Promise<void> {
    for (const window of this.windows) {
      await window.closeLeftovers();
    }
  }

  async stop(): Promise<void> {
    await this.browser.close();
    await this.host.stop();
  }
}
