import { createHash } from 'node:crypto';
import { lstat, mkdir, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describeError, throwIfCancelled, UserError } from '../errors';
import type { Logger } from '../ports';
import { createLockFile, readLockFile, removeStaleLock } from '../sources/lockFile';
import { namesIn } from '../versions/fileSystem';

/** A process that lives says so this often, and one that did not for so long has lost its lease. */
const renewEveryMs = 10_000;
const expireAfterMs = 60_000;
const lookEveryMs = 250;
/** Leases of processes that died, and that nobody asked for again, are swept away. */
const forgetAfterMs = 24 * 60 * 60 * 1000;

export interface LeaseOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called once, when another process has the lease and this one begins to wait for it. */
  readonly onWait?: (() => void) | undefined;
}

/**
 * Work that only one process of this user does at a time. A lease is a file in the data folder; it ends with its
 * process, or when it was not renewed for a minute, and then the next one takes over.
 */
export class WorkLeases {
  readonly #folder: string;
  readonly #log: Logger;

  /** @param folder inside the per-user data folder; made when it is needed */
  constructor(folder: string, log: Logger) {
    this.#folder = folder;
    this.#log = log;
  }

  /** Runs `work` while no other process runs work of the same key; waits for it to end, or to be cancelled. */
  async hold<Result>(key: string, work: () => Promise<Result>, options: LeaseOptions = {}): Promise<Result> {
    const path = join(this.#folder, `${createHash('sha256').update(key).digest('hex')}.lease`);
    const text = await this.#acquire(path, options);
    if (text === undefined) {
      return work();
    }
    const renewing = setInterval(() => {
      const now = new Date();
      void this.#ifHeld(path, text, async () => utimes(path, now, now));
    }, renewEveryMs);
    renewing.unref();
    const end = async (): Promise<void> => {
      clearInterval(renewing);
      await this.#ifHeld(path, text, async () => rm(path, { force: true }));
    };
    // Work that is slow to notice that it was cancelled, such as a model's, holds up nobody.
    const { signal } = options;
    const endEarly = (): void => void end();
    signal?.addEventListener('abort', endEarly, { once: true });
    try {
      return await work();
    } finally {
      signal?.removeEventListener('abort', endEarly);
      await end();
    }
  }

  /** A lease that somebody took away, believing us dead, is theirs. Never fails: the work itself is what counts. */
  async #ifHeld(path: string, text: string, use: () => Promise<void>): Promise<void> {
    try {
      if ((await readLockFile(path))?.text === text) {
        await use();
      }
    } catch (error) {
      this.#log.warn(`A lease could not be renewed or ended: ${String(error)}`);
    }
  }

  /** Undefined where leases can't be kept: work done twice costs less than work that is not done. */
  async #acquire(path: string, { signal, onWait }: LeaseOptions): Promise<string | undefined> {
    let waited = false;
    for (;;) {
      throwIfCancelled(signal);
      try {
        await mkdir(this.#folder, { recursive: true, mode: 0o700 });
        const text = await createLockFile(path);
        if (text !== undefined) {
          await this.#sweep();
          return text;
        }
        await removeStaleLock(path, expireAfterMs);
        if ((await readLockFile(path)) === undefined) {
          continue;
        }
      } catch (error) {
        const reason = error instanceof UserError ? describeError(error) : String(error);
        this.#log.warn(`Other processes can't be told what this one does: ${reason}`);
        return undefined;
      }
      if (!waited) {
        waited = true;
        onWait?.();
      }
      // A cancellation ends the wait, and is told by the next turn.
      await delay(lookEveryMs, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
    }
  }

  async #sweep(): Promise<void> {
    for (const name of await namesIn(this.#folder)) {
      const path = join(this.#folder, name);
      const stat = await lstat(path).catch(() => undefined);
      if (stat !== undefined && Date.now() - stat.mtimeMs > forgetAfterMs) {
        await rm(path, { force: true });
      }
    }
  }
}
