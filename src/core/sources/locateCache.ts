import { lstat, readdir, realpath } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { indexName } from '../cache/keys';
import { isScopeName, seedFlagName } from '../cache/scopes';
import { SourceError } from '../errors';
import { folderError, isErrno } from './folderErrors';

/** Where a workspace keeps its cache. */
const cacheFolders = ['.iris', 'kv-cache'] as const;
/** A folder with fewer scope-like folders, no index and no seed flag may be anything. */
const scopesThatTell = 3;

/**
 * The real path of the kv-cache folder that `directory` is, or that it has as a workspace. With `create`, where a
 * workspace without one would have it. Throws a SourceError: `not-found` when there is none, `forbidden` when it lies
 * behind a link of the workspace.
 */
export async function locateCache(directory: string, options: { readonly create?: boolean } = {}): Promise<string> {
  const given = resolve(directory);
  let folder: string;
  try {
    folder = await realpath(given);
    const names = await readdir(folder);
    if (basename(folder) === cacheFolders[1] || (await looksLikeCache(folder, names))) {
      return folder;
    }
  } catch (error) {
    throw folderError(error, given);
  }
  const [outer, inner] = cacheFolders;
  if ((await isFolder(join(folder, outer))) && (await isFolder(join(folder, outer, inner)))) {
    return join(folder, outer, inner);
  }
  if (options.create === true) {
    return join(folder, outer, inner);
  }
  throw new SourceError('not-found', `There is no cache in '${given}': it has no folder ${cacheFolders.join('/')}.`, {
    nextStep: 'Name a workspace whose agent keeps a cache, or the kv-cache folder itself.',
  });
}

async function looksLikeCache(folder: string, names: readonly string[]): Promise<boolean> {
  if (names.includes(seedFlagName)) {
    return true;
  }
  const scopes = names.filter(isScopeName);
  const indexes = await Promise.all(scopes.map(async (scope) => exists(join(folder, scope, indexName))));
  return indexes.includes(true) || scopes.length >= scopesThatTell;
}

async function isFolder(path: string): Promise<boolean> {
  try {
    const stat = await lstat(path);
    if (stat.isSymbolicLink()) {
      throw new SourceError('forbidden', `'${path}' is a link, and links are not followed.`, {
        nextStep: 'Name the folder that it points to as the source.',
      });
    }
    return stat.isDirectory();
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) {
      return false;
    }
    throw folderError(error, path);
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'EACCES')) {
      return false;
    }
    throw error;
  }
}
