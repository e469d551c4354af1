import { randomUUID } from 'node:crypto';
import type { Stats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { lstat, mkdir, open, readdir, rename, rm, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { temporaryPrefix } from '../cache/keys';
import { isSourceError, SourceError, throwIfCancelled } from '../errors';
import type { TreeChange, TreeWrite } from '../fileTree';
import { FolderAccess } from './folderAccess';
import { folderError, isErrno } from './folderErrors';
import { withFolderLock } from './folderLock';
import { HeldFile, yieldTo } from './lateWriter';
import { splitTreePath } from './treePath';

/** Leftovers of a process that was killed; none of ours lives this long. */
const leftoverAfterMs = 60 * 60 * 1000;
/** Each flush waits for the disk; many at once take little longer than one. */
const stagedAtOnce = 16;
const temporaryName = /^\.context-cache-[0-9a-z-]+\.tmp$/;

interface StagedFile {
  readonly path: string;
  readonly temporary: string;
}

interface PlacedFile extends StagedFile {
  readonly target: string;
}

/**
 * Writes a change to a folder. All contents are first written beside the tree's files and flushed, so that a full disk
 * changes nothing; then, under a lock among our own processes, the expectations are checked and the files renamed into
 * place in the given order. From the first rename on it is not cancelled.
 */
export async function commitToFolder(root: string, change: TreeChange, signal: AbortSignal | undefined): Promise<void> {
  const writes = change.writes ?? [];
  const removes = change.removes ?? [];
  for (const path of [...writes.map((write) => write.path), ...removes, ...(change.expect ?? []).map((e) => e.path)]) {
    splitTreePath(path);
  }
  if (writes.length > 0) {
    await attempt(root, () => mkdir(root, { recursive: true }));
  }
  const realRoot = await new FolderAccess(root, signal).folder('');
  await removeLeftovers(realRoot);
  const staged: StagedFile[] = [];
  try {
    for (let start = 0; start < writes.length; start += stagedAtOnce) {
      throwIfCancelled(signal);
      const group = writes.slice(start, start + stagedAtOnce);
      const results = await Promise.allSettled(group.map(async (write) => stage(realRoot, write)));
      staged.push(...results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : [])));
      const failure = results.find((result) => result.status === 'rejected');
      if (failure !== undefined) {
        throw failure.reason;
      }
    }
    await withFolderLock(realRoot, signal, async (lock) => {
      const held = await holdReplaced(root, change, staged);
      try {
        await checkExpectations(root, change, signal);
        const targets = await findRemovals(root, removes);
        const placed = await place(root, staged);
        throwIfCancelled(signal);
        await lock.assertHeld();
        for (const { path, temporary, target } of placed) {
          await attempt(path, () => rename(temporary, target));
        }
        for (const [path, target] of targets) {
          await attempt(path, () => rm(target, { force: true }));
        }
        await flushFolders(
          new Set([...placed.map(({ target }) => target), ...targets.values()].map((path) => dirname(path))),
        );
        await giveWay(held, placed);
      } finally {
        await held?.file.close();
      }
    });
  } finally {
    // Those that were renamed are gone already.
    await Promise.all(staged.map(async ({ temporary }) => rm(temporary, { force: true })));
  }
}

/** Writes the content to a temporary file, flushed. */
async function stage(root: string, { path, bytes, modifiedMs }: TreeWrite): Promise<StagedFile> {
  const { folder, name } = splitTreePath(path);
  return attempt(path, async () => {
    const rootStat = await lstat(root);
    const parent = await folderIfPresent(root, folder);
    const parentStat = parent === undefined ? rootStat : await lstat(parent);
    const existing = parent === undefined ? undefined : await statOrUndefined(join(parent, name));
    // A rename can't cross file systems; names at the root are free, those in a scope's folder are keys.
    const staging = parent === undefined || rootStat.dev === parentStat.dev ? root : parent;
    const temporary = join(staging, `${temporaryPrefix}${randomUUID()}.tmp`);
    try {
      const handle = await open(temporary, 'wx', 0o666);
      try {
        await handle.writeFile(bytes);
        await keepOwner(handle, existing, parentStat);
        if (modifiedMs !== undefined) {
          await handle.utimes(modifiedMs / 1000, modifiedMs / 1000);
        }
        await handle.sync();
      } finally {
        await handle.close();
      }
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    return { path, temporary };
  });
}

/** Works out where each file goes, creating missing folders; refuses to replace anything but a regular file. */
async function place(root: string, staged: readonly StagedFile[]): Promise<readonly PlacedFile[]> {
  const access = new FolderAccess(root, undefined);
  const placed: PlacedFile[] = [];
  for (const file of staged) {
    const { folder, name } = splitTreePath(file.path);
    const target = join(await access.createFolder(folder), name);
    const existing = await attempt(file.path, () => statOrUndefined(target));
    if (existing !== undefined && !existing.isFile()) {
      const what = existing.isSymbolicLink() ? 'a link, and links are not followed' : 'not a regular file';
      throw new SourceError(existing.isSymbolicLink() ? 'forbidden' : 'unsupported', `'${file.path}' is ${what}.`, {
        nextStep: 'Move it away, then try again.',
      });
    }
    placed.push({ ...file, target });
  }
  return placed;
}

interface HeldTarget {
  readonly file: HeldFile;
  readonly ourInode: bigint;
}

/** Of a change to one file that is checked first, such as an index, the file that is replaced. */
async function holdReplaced(
  root: string,
  change: TreeChange,
  staged: readonly StagedFile[],
): Promise<HeldTarget | undefined> {
  const [only, ...others] = staged;
  const expected = change.expect?.find(({ path }) => path === only?.path)?.sha256;
  if (only === undefined || others.length > 0 || (change.removes?.length ?? 0) > 0 || expected === undefined) {
    return undefined;
  }
  const { folder, name } = splitTreePath(only.path);
  const parent = await folderIfPresent(root, folder);
  const file = parent === undefined ? undefined : await HeldFile.hold(join(parent, name), expected);
  return file === undefined
    ? undefined
    : { file, ourInode: (await attempt(only.path, () => lstat(only.temporary, { bigint: true }))).ino };
}

/** A writer without a lock that came in between the check and the rename wins: its content goes back into place. */
async function giveWay(held: HeldTarget | undefined, placed: readonly PlacedFile[]): Promise<void> {
  const late = await held?.file.lateContent();
  const [only] = placed;
  if (held === undefined || late === undefined || only === undefined) {
    return;
  }
  await attempt(only.path, () => yieldTo(late, only.target, held.ourInode, only.temporary));
  throw changed(only.path);
}

function changed(path: string): SourceError {
  return new SourceError('conflict', `'${path}' has changed in the meantime.`, {
    nextStep: 'Refresh the view and run the command again.',
  });
}

async function folderIfPresent(root: string, folder: string): Promise<string | undefined> {
  try {
    return await new FolderAccess(root, undefined).folder(folder);
  } catch (error) {
    if (isSourceError(error, 'not-found')) {
      return undefined;
    }
    throw error;
  }
}

/** A file that replaces another stays accessible to whom it was: the agent often runs as somebody else. */
async function keepOwner(handle: FileHandle, existing: Stats | undefined, parent: Stats): Promise<void> {
  if (existing?.isFile() === true) {
    await handle.chmod(existing.mode & 0o7777);
  }
  const owner = existing ?? parent;
  if (process.getuid?.() === 0 && (owner.uid !== 0 || owner.gid !== 0)) {
    await handle.chown(owner.uid, owner.gid);
  }
}

async function checkExpectations(root: string, change: TreeChange, signal: AbortSignal | undefined): Promise<void> {
  // A fresh look: what was seen before the lock was ours may have changed.
  const access = new FolderAccess(root, signal);
  for (const { path, sha256 } of change.expect ?? []) {
    if ((await access.hash(path)) !== sha256) {
      throw changed(path);
    }
  }
}

/** What to unlink: files, and links themselves; never what a link points to. */
async function findRemovals(root: string, removes: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const access = new FolderAccess(root, undefined);
  const targets = new Map<string, string>();
  for (const path of removes) {
    const { folder, name } = splitTreePath(path);
    try {
      const target = join(await access.folder(folder), name);
      const stat = await statOrUndefined(target);
      if (stat?.isDirectory() === true) {
        throw new SourceError('unsupported', `'${path}' is a folder, not a file.`, {
          nextStep: 'Move it away by hand.',
        });
      }
      if (stat !== undefined) {
        targets.set(path, target);
      }
    } catch (error) {
      const failure = folderError(error, path);
      if (failure.code !== 'not-found') {
        throw failure;
      }
    }
  }
  return targets;
}

async function removeLeftovers(root: string): Promise<void> {
  const names = await attempt(root, () => readdir(root));
  for (const name of names.filter((candidate) => temporaryName.test(candidate))) {
    const path = join(root, name);
    const stat = await statOrUndefined(path);
    if (stat?.isFile() === true && Date.now() - stat.mtimeMs > leftoverAfterMs) {
      await unlink(path).catch(() => undefined); // Somebody else's turn, or another cleaner was faster.
    }
  }
}

async function statOrUndefined(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) {
      return undefined;
    }
    throw error;
  }
}

/** Makes renames last over a power cut, where a folder can be flushed at all. */
async function flushFolders(folders: ReadonlySet<string>): Promise<void> {
  for (const folder of folders) {
    try {
      const handle = await open(folder, 'r');
      try {
        await handle.sync();
      } finally {
        await handle.close();
      }
    } catch {
      // Windows and some network file systems refuse; the files themselves are flushed.
    }
  }
}

async function attempt<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw folderError(error, path);
  }
}
