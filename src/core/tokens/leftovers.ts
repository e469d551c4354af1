import { readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** A process that replaces a file needs far less; it is over if its temporary file is older. */
const oldMs = 60 * 60 * 1000;

/**
 * Removes the temporary files `<file>….tmp` that processes left behind when they ended while they were replacing a file.
 * Those of processes at work stay.
 * @param file absolute path, or the beginning of several
 */
export async function removeLeftovers(file: string): Promise<void> {
  const folder = dirname(file);
  const beginning = basename(file);
  for (const name of await readdir(folder)) {
    if (name.startsWith(beginning) && name.endsWith('.tmp')) {
      const path = join(folder, name);
      const found = await stat(path).catch(() => undefined);
      if (found !== undefined && Date.now() - found.mtimeMs > oldMs) {
        await rm(path, { force: true });
      }
    }
  }
}
