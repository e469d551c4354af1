import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';
import { eventually } from '../e2e/support/eventually';
import { makeExtensionSnapshot } from '../support/extensionSnapshot';
import { browserFlags, ensureBrowser } from '../support/host/browser';
import { WebHost } from '../support/host/webHost';
import { installWebHost } from '../support/host/webHostFiles';
import { withTemporaryFolder } from '../support/places';

/** A real editor whose extension host a meter measures, with Context Cache ready to be run in it. */
export interface MeteredHost {
  readonly host: WebHost;
  readonly browser: Browser;
  /** Temporary; everything here lies in it. */
  readonly folder: string;
  /** Context Cache, for windows that have it. */
  readonly extension: string;
  /** In which the meter inside the extension host tells its port. */
  readonly portFile: string;
  /** The data folder of Context Cache. */
  readonly home: string;
  /** Has the editor's program in memory: parts of it that come from the disk hold up whoever needs them first. */
  readonly keepInMemory: () => Promise<void>;
}

/**
 * Starts the editor and a browser for the time of the work.
 * @param meter a CommonJS file beside this one
 * @param activationEvent when the meter starts: `*` for before every other extension
 */
export async function withMeteredHost<Result>(
  meter: string,
  activationEvent: string,
  work: (metered: MeteredHost) => Promise<Result>,
): Promise<Result> {
  return withTemporaryFolder(async (folder) => {
    const extension = path.join(folder, 'extension');
    await makeExtensionSnapshot(extension, { production: true });
    const dataFolder = path.join(folder, 'server');
    await layOutMeter(path.join(dataFolder, 'extensions', 'bench.meter-1.0.0'), meter, activationEvent);
    const files = await installWebHost();
    const executablePath = await ensureBrowser();
    const portFile = path.join(folder, 'meter-port');
    const home = path.join(folder, 'home');
    const host = await WebHost.start(files, {
      dataFolder,
      env: { CONTEXT_CACHE_HOME: home, BENCH_METER_PORT_FILE: portFile },
    });
    try {
      const browser = await chromium.launch({ executablePath, args: [...browserFlags] });
      try {
        const keepInMemory = async (): Promise<void> => {
          await readFile(files.node);
        };
        return await work({ host, browser, folder, extension, portFile, home, keepInMemory });
      } finally {
        await browser.close();
      }
    } finally {
      await host.stop();
    }
  });
}

/** The port at which the meter of a window that was just opened answers. */
export async function meterPort(portFile: string): Promise<string> {
  return eventually(
    'the meter runs',
    async () => readFile(portFile, 'utf8').catch(() => ''),
    (text) => text !== '',
  );
}

/**
 * Lays out a tiny extension of its own, so that windows with and without Context Cache are measured by the same means.
 * @param main a CommonJS file beside this one
 * @param activationEvent when it starts: `*` for before every other extension
 */
async function layOutMeter(folder: string, main: string, activationEvent: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await cp(path.join(__dirname, main), path.join(folder, main));
  await writeFile(
    path.join(folder, 'package.json'),
    JSON.stringify({
      name: 'meter',
      publisher: 'bench',
      version: '1.0.0',
      engines: { vscode: '^1.104.0' },
      main: `./${main}`,
      activationEvents: [activationEvent],
      extensionKind: ['workspace'],
    }),
  );
}
