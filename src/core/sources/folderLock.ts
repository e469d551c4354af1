import { randomUUID } from 'node:crypto';
import { lstat, open, readFile, readlink, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { temporaryPrefix } from '../cache/keys';
import { SourceError, throwIfCancelled } from '../errors';
import { folderError, isErrno } from './folderErrors';

export const lockName = `${temporaryPrefix}lock`;
/** A lock is held for a hash and a few renames; one this old belongs to a process that died. */
const staleAfterMs = 15_000;
const waitAtMostMs = 30_000;
const pauseMs = 15;

export interface FolderLock {
  /** Throws a `conflict` when somebody took the lock away, believing that we had died. */
  assertHeld(): Promise<void>;
}

/**
 * Runs `work` while no other window or command line of ours commits to the same folder. The original writer knows no
 * lock and is not kept out. The lock is a file at the root of the tree, where the format leaves other names free.
 */
export async function withFolderLock<Result>(
  root: string,
  signal: AbortSignal | undefined,
  work: (lock: FolderLock) => Promise<Result>,
): Promise<Result> {
  const path = join(root, lockName);
  const inode = await acquire(path, signal);
  const isHeld = async (): Promise<boolean> => (await inodeOf(path))?.inode === inode;
  try {
    return await work({
      assertHeld: async () => {
        if (!(await isHeld())) {
          throw new SourceError('conflict', 'Another window took over while this one was held up.', {
            nextStep: 'Run the command again.',
          });
        }
      },
    });
  } finally {
    if (await isHeld()) {
      await rm(path, { force: true });
    }
  }
}

async function acquire(path: string, signal: AbortSignal | undefined): Promise<bigint> {
  const started = Date.now();
  for (;;) {
    throwIfCancelled(signal);
    try {
      return await create(path, `${process.pid} ${await processSpace()}\n`);
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) {
        throw folderError(error, path);
      }
    }
    await removeStale(path);
    if (Date.now() - started > waitAtMostMs) {
      throw new SourceError('unavailable', 'Another window or command keeps writing to the same cache.', {
        nextStep: `Try again; if nothing else runs, delete '${path}'.`,
      });
    }
    await delay(pauseMs * (1 + Math.random()));
  }
}

/** Returns the new lock's inode. On a full disk a file can be made and not written: it would look like a lock. */
async function create(path: string, text: string): Promise<bigint> {
  const handle = await open(path, 'wx');
  try {
    await handle.writeFile(text);
    return (await handle.stat({ bigint: true })).ino;
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
}

async function removeStale(path: string): Promise<void> {
  const seen = await inodeOf(path);
  // A time in the future comes from a clock that was set back: nobody knows how old that lock is.
  const isYoung = seen !== undefined && Math.abs(Date.now() - seen.modifiedMs) < staleAfterMs;
  if (seen === undefined || (isYoung && !(await isOwnerDead(path)))) {
    return;
  }
  // Moved aside first: of several that see the same stale lock, one gets it, and a fresh one is noticed.
  const aside = `${path}-${randomUUID()}.tmp`;
  try {
    await rename(path, aside);
    const moved = await inodeOf(aside);
    if (moved?.inode !== seen.inode) {
      await rename(aside, path);
      return;
    }
    await rm(aside, { force: true });
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) {
      throw folderError(error, path);
    }
  }
}

/** Whether the lock's process ran here and is gone. A lock of another machine or container tells nothing. */
async function isOwnerDead(path: string): Promise<boolean> {
  const [pid, ...space] = (await readFile(path, 'utf8').catch(() => '')).trim().split(' ');
  if (pid === undefined || !/^[1-9]\d*$/.test(pid) || space.join(' ') !== (await processSpace())) {
    return false;
  }
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return isErrno(error, 'ESRCH');
  }
}

/** Where a process id means the same process: the machine and, on Linux, the container. */
async function processSpace(): Promise<string> {
  const namespace = await readlink('/proc/self/ns/pid').catch(() => '');
  return `${hostname()} ${namespace}`.trim();
}

async function inodeOf(path: string): Promise<{ readonly inode: bigint; readonly modifiedMs: number } | undefined> {
  try {
    const stat = await lstat(path, { bigint: true });
    return { inode: stat.ino, modifiedMs: Number(stat.mtimeMs) };
  } catch (error) {
    if (isErrno(error, 'ENOENT')) {
      return undefined;
    }
    throw folderError(error, path);
  }
}
