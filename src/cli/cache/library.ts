import { join, resolve } from 'node:path';
import { mergeLibraries, readLibrary } from '../../core/cache/library';
import type { Library, LibraryReading } from '../../core/cache/library';
import { configFileName } from '../../core/config';
import type { ParsedConfig } from '../../core/config';
import { isSourceError } from '../../core/errors';
import { FileMemory } from '../../core/fileMemory';
import { nodeInstructionFiles } from '../../core/instructions/nodeFiles';
import { nodeFileIdentity } from '../../core/nodeFileIdentity';
import { systemClock } from '../../core/ports';
import { readConfig } from '../instructionRoots';
import type { CliContext } from '../io';
import { packageFolder } from '../packageFolder';
import { printable } from '../text';
import type { LibraryOptions } from './options';

/**
 * The library that `--library` names; without it, the libraries of the workspace, followed by the one that comes with
 * Context Cache. What can't be seeded is said on standard error.
 */
export async function openLibrary(context: CliContext, workspace: string, options: LibraryOptions): Promise<Library> {
  return (await openLiveLibrary(context, workspace, options)).first;
}

/** The same to read again and again, each time as it is then; files that did not change are not read again. */
export async function openLiveLibrary(
  context: CliContext,
  workspace: string,
  options: LibraryOptions,
): Promise<{ readonly first: Library; readonly read: () => Promise<Library> }> {
  const configs = new FileMemory<ParsedConfig>(systemClock);
  const memory = new FileMemory<LibraryReading>(systemClock);
  const own = join(await packageFolder(), 'instructions');
  const readFolder = async (folder: string): Promise<Library> =>
    readLibrary(nodeInstructionFiles(folder), { signal: context.signal, memory });
  const foldersOfConfig = async (): Promise<readonly string[]> => {
    const path = join(workspace, configFileName);
    const { config } = await configs.get(path, await nodeFileIdentity(path), async () => readConfig(workspace));
    return config.library;
  };
  const read = async (): Promise<Library> => {
    if (options.library !== undefined) {
      return readFolder(resolve(context.cwd, options.library));
    }
    const libraries: Library[] = [];
    for (const folder of options.libraryFolders ?? (await foldersOfConfig())) {
      try {
        libraries.push(await readFolder(resolve(workspace, folder)));
      } catch (error) {
        if (!isSourceError(error, 'not-found')) {
          throw error;
        }
      }
    }
    return mergeLibraries([...libraries, await readFolder(own)]);
  };
  const first = await read();
  for (const { path, message, fix } of first.findings) {
    context.message(printable([path === undefined ? message : `${path}: ${message}`, fix ?? ''].join(' ').trim()));
  }
  return { first, read };
}
