import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { chromium } from 'playwright-core';
import { projectRoot } from '../places';
import { run } from '../processes';
import { say, StepError } from '../say';
import { installWithApt } from './aptPackages';
import { findOnPath, isProgram } from './onPath';

/** Flags for a browser that shows nothing, fetches nothing by itself and also runs as root. */
export const browserFlags: readonly string[] = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Without fonts a screenshot shows boxes; without recommended packages apt brings none. */
const debianPackages = ['chromium', 'fonts-liberation', 'fonts-dejavu-core'];

/**
 * Finds a Chromium, or installs one: from Debian's packages, or by playwright where there is no such package.
 * `CHROMIUM` names another one.
 * @throws StepError that says what to install where it can't be done from here
 */
export async function ensureBrowser(): Promise<string> {
  const chosen = process.env['CHROMIUM'];
  if (chosen) {
    if (!isProgram(chosen)) {
      throw new StepError(`CHROMIUM is not a program: ${chosen}`);
    }
    return chosen;
  }
  const present = await findBrowser();
  if (present) {
    return present;
  }
  if (await isDebian()) {
    await installWithApt(debianPackages, 'The browser for the tests');
  } else {
    say('Fetching a Chromium with playwright …');
    const cli = path.join(projectRoot, 'node_modules', 'playwright-core', 'cli.js');
    const withDependencies = process.platform === 'linux' ? ['--with-deps'] : [];
    await run(process.execPath, [cli, 'install', ...withDependencies, 'chromium'], {
      output: 'inherit',
      timeoutMs: 900_000,
    });
  }
  const installed = await findBrowser();
  if (!installed) {
    throw new StepError(
      'No Chromium was found after installing it. Install Chromium or Chrome, or name one in CHROMIUM.',
    );
  }
  return installed;
}

async function findBrowser(): Promise<string | undefined> {
  const usual =
    process.platform === 'darwin'
      ? [
          '/Applications/Chromium.app/Contents/MacOS/Chromium',
          '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
        ]
      : process.platform === 'win32'
        ? [process.env['PROGRAMFILES'], process.env['PROGRAMFILES(X86)'], process.env['LOCALAPPDATA']]
            .filter((folder) => folder !== undefined)
            .map((folder) => path.join(folder, 'Google', 'Chrome', 'Application', 'chrome.exe'))
        : [];
  const candidates = [
    ...['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'].map(findOnPath),
    ...usual,
    chromium.executablePath(),
  ];
  for (const candidate of candidates) {
    if (candidate !== undefined && isProgram(candidate) && (await starts(candidate))) {
      return candidate;
    }
  }
  return undefined;
}

/** Ubuntu's `chromium-browser` is a shell script that only advertises a snap, so being there is not enough. */
async function starts(browser: string): Promise<boolean> {
  if (process.platform === 'win32') {
    return true;
  }
  try {
    await run(browser, ['--version', '--no-sandbox'], { output: 'quiet', timeoutMs: 30_000 });
    return true;
  } catch (error) {
    if (error instanceof StepError) {
      return false;
    }
    throw error;
  }
}

async function isDebian(): Promise<boolean> {
  if (process.platform !== 'linux') {
    return false;
  }
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return /^ID=debian$/m.test(release);
}
