import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { temporaryPrefix } from '../cache/keys';
import { SourceError, throwIfCancelled } from '../errors';
import { createLockFile, readLockFile, removeStaleLock } from './lockFile';

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
  const text = await acquire(path, signal);
  const isHeld = async (): Promise<boolean> => (await readLockFile(path))?.text === text;
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

async function acquire(path: string, signal: AbortSignal | undefined): Promise<string> {
  const started = Date.now();
  for (;;) {
    throwIfCancelled(signal);
    const text = await createLockFile(path);
    if (text !== undefined) {
      return text;
    }
    await removeStaleLock(path, staleAfterMs);
    if (Date.now() - started > waitAtMostMs) {
      throw new SourceError('unavailable', 'Another window or command keeps writing to the same cache.', {
        nextStep: `Try again; if nothing else runs, delete '${path}'.`,
      });
    }
    await delay(pauseMs * (1 + Math.random()));
  }
}
