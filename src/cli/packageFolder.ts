import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { UserError } from '../core/errors';

/** The folder of this package, from its bundle as well as from its sources. */
export async function packageFolder(): Promise<string> {
  return (await ownPackage()).folder;
}

export async function packageVersion(): Promise<string> {
  return (await ownPackage()).version;
}

async function ownPackage(): Promise<{ readonly folder: string; readonly version: string }> {
  for (let folder = __dirname; ; folder = dirname(folder)) {
    try {
      const text = await readFile(join(folder, 'package.json'), 'utf8');
      const { name, version } = JSON.parse(text) as { readonly name?: unknown; readonly version?: unknown };
      if (name === 'context-cache' && typeof version === 'string') {
        return { folder, version };
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        throw error;
      }
    }
    if (folder === dirname(folder)) {
      throw new UserError(
        `The package that '${__dirname}' belongs to is incomplete: its package.json is missing.`,
        'Install Context Cache again.',
      );
    }
  }
}
