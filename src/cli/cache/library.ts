import { join, resolve } from 'node:path';
import { mergeLibraries, readLibrary } from '../../core/cache/library';
import type { Library } from '../../core/cache/library';
import { isSourceError } from '../../core/errors';
import { nodeInstructionFiles } from '../../core/instructions/nodeFiles';
import { readConfig } from '../instructionRoots';
import type { CliContext } from '../io';
import { packageFolder } from '../packageFolder';
import { printable } from '../text';
import type { LibraryOptions } from './options';

/**
 * The library that `--library` names; without it, the libraries of the workspace, followed by the one that comes with Context Cache. What can't be seeded is said on standard error.
 */
export async function openLibrary(context: CliContext, workspace: string, options: LibraryOptions): Promise<Library> {
  const library =
    options.library === undefined
      ? mergeLibraries([...(await workspaceLibraries(context, workspace, options)), await ownLibrary(context)])
      : await read(context, resolve(context.cwd, options.library));
  for (const { path, message, fix } of library.findings) {
    context.message(printable([path === undefined ? message : `${path}: ${message}`, fix ?? ''].join(' ').trim()));
  }
  return library;
}

async function workspaceLibraries(
  context: CliContext,
  workspace: string,
  { libraryFolders }: LibraryOptions,
): Promise<Library[]> {
  const libraries: Library[] = [];
  for (const folder of libraryFolders ?? (await readConfig(workspace)).config.library) {
    try {
      libraries.push(await read(context, resolve(workspace, folder)));
    } catch (error) {
      if (!isSourceError(error, 'not-found')) {
        throw error;
      }
    }
  }
  return libraries;
}

async function ownLibrary(context: CliContext): Promise<Library> {
  return read(context, join(await packageFolder(), 'instructions'));
}

async function read(context: CliContext, folder: string): Promise<Library> {
  return readLibrary(nodeInstructionFiles(folder), { signal: context.signal });
}
