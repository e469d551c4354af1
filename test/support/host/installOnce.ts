import { existsSync } from 'node:fs';
import { mkdir, readdir, rename } from 'node:fs/promises';
import path from 'node:path';
import { lock } from 'proper-lockfile';
import { hostsFolder, removeFolder } from '../places';
import { say } from '../say';

/**
 * Makes sure that something is installed under `.vscode-test/`, in the folder whose name says exactly what it holds.
 *
 * Everything is built up in a folder of its own that gets its final name in one step when it is complete, so that a
 * broken run leaves nothing that looks finished; a lock keeps two runs from doing the work at once.
 * @param name name of the folder; a new version needs a new name
 * @param title what it is, for the messages to the user
 * @param buildUp fills the new empty folder that it is given
 * @returns the path of the complete folder
 */
export async function installOnce(
  name: string,
  title: string,
  buildUp: (folder: string) => Promise<void>,
): Promise<string> {
  const finished = path.join(hostsFolder, name);
  if (existsSync(finished)) {
    return finished;
  }
  await mkdir(hostsFolder, { recursive: true });
  const release = await lockInstallation();
  try {
    if (!existsSync(finished)) {
      await removeUnfinished();
      const unfinished = `${finished}.unfinished`;
      await mkdir(unfinished);
      await buildUp(unfinished);
      await rename(unfinished, finished);
      say(`Installed: ${title}.`);
    }
  } finally {
    await release();
  }
  return finished;
}

/** Waits for another run that installs at this moment; one that was killed is overtaken after a minute. */
async function lockInstallation(): Promise<() => Promise<void>> {
  const options = { lockfilePath: path.join(hostsFolder, 'install.lock'), stale: 60_000 };
  try {
    return await lock(hostsFolder, options);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ELOCKED') {
      throw error;
    }
    say('Another run is installing what the tests need; waiting for it …');
    return lock(hostsFolder, { ...options, retries: { retries: 900, factor: 1, minTimeout: 1000, maxTimeout: 1000 } });
  }
}

async function removeUnfinished(): Promise<void> {
  for (const name of await readdir(hostsFolder)) {
    if (name.endsWith('.unfinished')) {
      await removeFolder(path.join(hostsFolder, name));
    }
  }
}
