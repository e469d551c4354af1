import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, open, readlink, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { folderError, isErrno } from './folderErrors';

const mostBytes = 4096;

/** A lock as it was seen. */
export interface SeenLock {
  /** Names its process, and tells it from every other lock: an inode may be that of an earlier file. */
  readonly text: string;
  readonly modifiedMs: number;
}

/** Makes a lock that names this process and returns its text; undefined when the file is there already. */
export async function createLockFile(path: string): Promise<string | undefined> {
  const text = `${process.pid} ${await processSpace()}\n${randomUUID()}\n`;
  try {
    await create(path, text);
    return text;
  } catch (error) {
    if (isErrno(error, 'EEXIST')) {
      return undefined;
    }
    throw folderError(error, path);
  }
}

/** On a full disk a file can be made and not written: it would look like a lock. */
async function create(path: string, text: string): Promise<void> {
  const handle = await open(path, 'wx');
  try {
    await handle.writeFile(text);
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
}

/** The lock at a path; undefined when there is none. A link is a lock without a text: it may lead anywhere. */
export async function readLockFile(path: string): Promise<SeenLock | undefined> {
  try {
    const stat = await lstat(path);
    const text = stat.isFile() || stat.isDirectory() ? await readBeginning(path) : '';
    return { text, modifiedMs: stat.mtimeMs };
  } catch (error) {
    if (isErrno(error, 'ENOENT')) {
      return undefined;
    }
    throw folderError(error, path);
  }
}

/** No lock of ours is longer; whatever else stands in its place may be. */
async function readBeginning(path: string): Promise<string> {
  // What was a file a moment ago may be a link or a pipe by now.
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(mostBytes), 0, mostBytes, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** Takes a lock away whose process is dead, or that was not touched for `staleAfterMs`. */
export async function removeStaleLock(path: string, staleAfterMs: number): Promise<void> {
  const seen = await readLockFile(path);
  // A time in the future comes from a clock that was set back: nobody knows how old that lock is.
  const isYoung = seen !== undefined && Math.abs(Date.now() - seen.modifiedMs) < staleAfterMs;
  if (seen === undefined || (isYoung && !(await isOwnerDead(seen)))) {
    return;
  }
  // Moved aside first: of several that see the same stale lock, one gets it, and a fresh one is noticed.
  const aside = `${path}-${randomUUID()}.tmp`;
  try {
    await rename(path, aside);
    const moved = await readLockFile(aside);
    if (moved?.text !== seen.text) {
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
async function isOwnerDead({ text }: SeenLock): Promise<boolean> {
  const [owner = ''] = text.split('\n');
  const [pid, ...space] = owner.trim().split(' ');
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
