/**
 * Stands in for the desktop program of VS Code: understands the same arguments, but opens the window in a headless
 * browser that shows the web host. With `--extensionTestsPath` it ends when the tests have ended, with their exit code.
 */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { runMain, say, StepError } from '../say';
import { browserFlags, ensureBrowser } from './browser';
import { WebHost } from './webHost';
import { installWebHost } from './webHostFiles';

const testLimitMs = 600_000;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: {
      extensionDevelopmentPath: { type: 'string' },
      extensionTestsPath: { type: 'string' },
      'user-data-dir': { type: 'string' },
    },
    // The desktop program knows many more options, none of which matters here.
    strict: false,
    allowPositionals: true,
  });
  const { extensionDevelopmentPath, extensionTestsPath, 'user-data-dir': dataFolder } = values;
  const [workspace] = positionals;
  if (
    typeof extensionDevelopmentPath !== 'string' ||
    typeof extensionTestsPath !== 'string' ||
    typeof dataFolder !== 'string' ||
    workspace === undefined
  ) {
    throw new StepError(
      'Wanted: <workspace folder> --user-data-dir=… --extensionDevelopmentPath=… --extensionTestsPath=…',
    );
  }
  const files = await installWebHost();
  const executablePath = await ensureBrowser();
  const host = await WebHost.start(files, { dataFolder: path.resolve(dataFolder) });
  const stopOnSignal = (): void => {
    void host.stop().finally(() => process.exit(1));
  };
  process.once('SIGINT', stopOnSignal).once('SIGTERM', stopOnSignal);
  try {
    const browser = await chromium.launch({ executablePath, args: [...browserFlags] });
    try {
      const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
      const testsEnded = new Promise<number>((resolve, reject) => {
        const timer = setTimeout(() => {
          reject(new StepError(`The tests did not end within ${testLimitMs / 60_000} minutes.\n${host.log}`));
        }, testLimitMs);
        const fail = (reason: string) => () => {
          clearTimeout(timer);
          reject(new StepError(`${reason}\n${host.log}`));
        };
        page.on('crash', fail('The browser page crashed.'));
        browser.on('disconnected', fail('The browser ended before the tests.'));
        void host.ended().then(fail('The server ended before the tests.'));
        // The workbench calls this function, if there is one, when the tests in the extension host have ended.
        page
          .exposeFunction('codeAutomationExit', (code: number) => {
            clearTimeout(timer);
            resolve(code);
          })
          .catch(reject);
      });
      testsEnded.catch(() => undefined);
      await page.goto(host.address({ workspace, extensionDevelopmentPath, extensionTestsPath }));
      return await testsEnded;
    } finally {
      await browser.close();
    }
  } finally {
    await host.stop();
    say('The web host has ended.');
  }
}

runMain(main);
