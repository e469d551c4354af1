import { randomBytes } from 'node:crypto';
import { lstat, mkdir, readFile, realpath, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { UserError } from '../../core/errors';
import { folderError, isErrno } from '../../core/sources/folderErrors';
import { launcherPath } from './clients';
import type { AgentClient } from './clients';

/** One file that connecting changes. */
export interface SettingsChange {
  /** Relative to the workspace folder, with `/`. */
  readonly path: string;
  /** What it holds now; undefined when there is no such file. */
  readonly before: Buffer | undefined;
  readonly after: Buffer;
}

/** What was written, so that it can be taken back. */
export interface AppliedChanges {
  readonly folder: string;
  readonly changes: readonly SettingsChange[];
  /** Absolute paths of folders that were made, inner ones last. */
  readonly madeFolders: readonly string[];
}

const maxBytes = 4 * 1024 * 1024;

/**
 * The changes that connect clients: their settings, and the script that starts the server. Files that are right
 * already are not among them.
 * @throws UserError for a file that is broken, no text, or lies outside of the folder
 */
export async function planConnections(
  folder: string,
  clients: readonly AgentClient[],
  launcher: string,
): Promise<SettingsChange[]> {
  const edits = [
    { path: launcherPath, edit: () => launcher },
    ...clients.map((client) => ({ path: client.path, edit: client.edit })),
  ];
  const changes: SettingsChange[] = [];
  for (const { path, edit } of edits) {
    const before = await readInside(folder, path);
    const after = Buffer.from(edit(before === undefined ? undefined : decode(before, path)), 'utf8');
    if (before?.equals(after) !== true) {
      changes.push({ path, before, after });
    }
  }
  return changes;
}

/** The clients that a workspace shows traces of. */
export async function tracedClients(folder: string, clients: readonly AgentClient[]): Promise<readonly AgentClient[]> {
  const traced = await Promise.all(
    clients.map(async ({ traces }) => {
      const found = await Promise.all(traces.map(async (trace) => isThere(join(folder, trace))));
      return found.includes(true);
    }),
  );
  return clients.filter((_, at) => traced[at]);
}

/**
 * Writes all files or none: each by a temporary file and a rename, and what was written is taken back when a later one
 * fails. Throws when a file is no longer what the change was made for.
 */
export async function applyChanges(folder: string, changes: readonly SettingsChange[]): Promise<AppliedChanges> {
  for (const { path, before } of changes) {
    await assertUnchanged(folder, path, before);
  }
  const madeFolders: string[] = [];
  const written: SettingsChange[] = [];
  try {
    for (const change of changes) {
      madeFolders.push(...(await makeFolders(folder, change.path)));
      await replaceFile(join(folder, change.path), change.after);
      written.push(change);
    }
  } catch (error) {
    await revertChanges({ folder, changes: written, madeFolders });
    throw error;
  }
  return { folder, changes, madeFolders };
}

/**
 * Takes changes back. A file that was changed since is left alone.
 * @returns the paths of those files
 */
export async function revertChanges({ folder, changes, madeFolders }: AppliedChanges): Promise<string[]> {
  const left: string[] = [];
  for (const { path, before, after } of changes.toReversed()) {
    const now = await readInside(folder, path);
    if (now?.equals(after) !== true) {
      left.push(path);
    } else if (before === undefined) {
      await rm(join(folder, path));
    } else {
      await replaceFile(join(folder, path), before);
    }
  }
  for (const made of madeFolders.toReversed()) {
    await removeIfEmpty(made);
  }
  return left;
}

async function assertUnchanged(folder: string, path: string, before: Buffer | undefined): Promise<void> {
  const now = await readInside(folder, path);
  const same = now === undefined || before === undefined ? now === before : now.equals(before);
  if (!same) {
    throw new UserError(`\`${path}\` was changed in the meantime.`, 'Connect again to see the new difference.');
  }
}

/** Undefined when there is no such file. */
async function readInside(folder: string, path: string): Promise<Buffer | undefined> {
  const file = join(folder, path);
  await assertInside(folder, path);
  try {
    const facts = await lstat(file);
    if (!facts.isFile()) {
      const what = facts.isSymbolicLink() ? 'a link' : 'no file';
      throw new UserError(`\`${path}\` is ${what}, and is not written.`, 'Add the server there by hand.');
    }
    if (facts.size > maxBytes) {
      throw new UserError(`\`${path}\` has more than 4 MiB.`, 'Add the server there by hand.');
    }
    return await readFile(file);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) {
      return undefined;
    }
    throw error instanceof UserError ? error : folderError(error, file);
  }
}

/** A folder on the way may be a link to anywhere. */
async function assertInside(folder: string, path: string): Promise<void> {
  const root = await realpath(folder);
  for (let parent = dirname(join(folder, path)); parent !== folder; parent = dirname(parent)) {
    try {
      const real = await realpath(parent);
      const way = relative(root, real);
      if (way.split(sep)[0] === '..' || isAbsolute(way)) {
        throw new UserError(`\`${path}\` lies outside of the workspace, behind a link.`, 'Add the server by hand.');
      }
      return;
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) {
        throw error instanceof UserError ? error : folderError(error, parent);
      }
    }
  }
}

function decode(bytes: Buffer, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new UserError(`\`${path}\` is not UTF-8.`, 'Convert the file, and connect again.', { cause: error });
  }
}

/** The folders that had to be made, outer ones first. */
async function makeFolders(folder: string, path: string): Promise<string[]> {
  const missing: string[] = [];
  for (let parent = dirname(join(folder, path)); parent !== folder; parent = dirname(parent)) {
    if (await isThere(parent)) {
      break;
    }
    missing.unshift(parent);
  }
  for (const parent of missing) {
    await mkdir(parent);
  }
  return missing;
}

/** Keeps the mode of a file that is there. */
async function replaceFile(file: string, bytes: Buffer): Promise<void> {
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    const mode = (await isThere(file)) ? (await stat(file)).mode & 0o777 : 0o644;
    await writeFile(temporary, bytes, { mode, flag: 'wx' });
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw folderError(error, file);
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) {
      return false;
    }
    throw folderError(error, path);
  }
}

async function removeIfEmpty(folder: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch (error) {
    if (!isErrno(error, 'ENOTEMPTY', 'EEXIST', 'ENOENT')) {
      throw folderError(error, folder);
    }
  }
}
