import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { cp, readFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { projectRoot } from '../places';
import { run } from '../processes';
import { say } from '../say';
import { installOnce } from './installOnce';

/** The scripts that drive the clients, and the lock file that fixes them. */
export const clientsFolder = path.join(projectRoot, 'test', 'clients');

const refusedName = 'refused-targets.txt';

/**
 * Makes sure that the clients of others named in `test/clients/package.json` are installed under `.vscode-test/`,
 * without running any of their scripts, and without the parts that only some platforms have.
 * @returns the folder that holds their `node_modules`
 */
export async function installTestClients(): Promise<string> {
  const lockFile = await readFile(path.join(clientsFolder, 'package-lock.json'));
  const stamp = createHash('sha256').update(lockFile).digest('hex').slice(0, 12);
  return installOnce(`clients-${stamp}`, 'the clients of others that drive our servers', async (folder) => {
    say('Fetching the clients of others that drive our servers (180 MB) …');
    for (const file of ['package.json', 'package-lock.json', '.npmrc']) {
      await cp(path.join(clientsFolder, file), path.join(folder, file));
    }
    await run('npm', ['ci', '--ignore-scripts', '--omit=optional', '--no-audit', '--no-fund', '--loglevel', 'error'], {
      cwd: folder,
      output: 'quiet',
      timeoutMs: 600_000,
    });
  });
}

/**
 * The environment of a client of others: its home is `folder`, nothing of ours or of a proxy is in it, and it can
 * reach this machine only. What it tries to reach elsewhere is refused, and noted for `refusedTargets`.
 */
export function clientEnvironment(folder: string): Record<string, string> {
  const kept = ['PATH', 'SystemRoot', 'TEMP', 'TMP', 'TMPDIR'].flatMap((name): [string, string][] => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  });
  return {
    ...Object.fromEntries(kept),
    HOME: folder,
    USERPROFILE: folder,
    NODE_OPTIONS: `--import=${pathToFileURL(path.join(clientsFolder, 'loopbackOnly.mjs')).href}`,
    CONTEXT_CACHE_TEST_REFUSED: path.join(folder, refusedName),
  };
}

/** The addresses outside this machine that clients with `folder` as their home tried to reach. */
export function refusedTargets(folder: string): readonly string[] {
  const file = path.join(folder, refusedName);
  return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
}
