import type { FSWatcher } from 'node:fs';
import { watch } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { temporaryPrefix } from '../cache/keys';
import type { Logger } from '../ports';
import { silentLogger } from '../ports';

/** Bursts within this many milliseconds are one call. */
const coalesceMs = 100;

interface Armed {
  readonly watcher: FSWatcher;
  /** Device and inode: a folder that was replaced needs a new watcher. */
  readonly identity: string;
}

/**
 * Watches a folder and the folders directly inside it, flat. A folder that does not exist can't be watched, so its
 * nearest existing parent is, until it appears.
 */
export class FolderWatch {
  readonly #root: string;
  readonly #listener: () => void;
  readonly #logger: Logger;
  readonly #armed = new Map<string, Armed>();
  #timer: NodeJS.Timeout | undefined;
  #arming: Promise<void> | undefined;
  #armAgain = false;
  #disposed = false;

  constructor(root: string, listener: () => void, logger: Logger = silentLogger) {
    this.#root = root;
    this.#listener = listener;
    this.#logger = logger;
    this.#rearm();
  }

  /** Settles when the watchers that are wanted now stand. */
  get ready(): Promise<void> {
    return this.#arming ?? Promise.resolve();
  }

  dispose(): void {
    this.#disposed = true;
    clearTimeout(this.#timer);
    for (const { watcher } of this.#armed.values()) {
      watcher.close();
    }
    this.#armed.clear();
  }

  #changed(): void {
    if (this.#disposed || this.#timer !== undefined) {
      return;
    }
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#listener();
    }, coalesceMs);
  }

  #rearm(): void {
    if (this.#arming !== undefined) {
      this.#armAgain = true;
      return;
    }
    this.#arming = this.#arm()
      .catch((error: unknown) => {
        this.#logger.error(`Watching '${this.#root}' failed; refresh by hand.`, error);
      })
      .finally(() => {
        this.#arming = undefined;
        if (this.#armAgain) {
          this.#armAgain = false;
          this.#rearm();
        }
      });
  }

  async #arm(): Promise<void> {
    const wanted = await this.#wanted();
    if (this.#disposed) {
      return;
    }
    for (const [folder, { watcher, identity }] of this.#armed) {
      if (wanted.get(folder) !== identity) {
        watcher.close();
        this.#armed.delete(folder);
      }
    }
    for (const [folder, identity] of wanted) {
      if (!this.#armed.has(folder)) {
        this.#watch(folder, identity);
      }
    }
  }

  async #wanted(): Promise<ReadonlyMap<string, string>> {
    const wanted = new Map<string, string>();
    const rootIdentity = await identityOf(this.#root);
    if (rootIdentity === undefined) {
      for (let parent = dirname(this.#root); wanted.size === 0; parent = dirname(parent)) {
        const identity = await identityOf(parent);
        if (identity !== undefined) {
          wanted.set(parent, identity);
        }
        if (parent === dirname(parent)) {
          break;
        }
      }
      return wanted;
    }
    wanted.set(this.#root, rootIdentity);
    for (const name of await readdir(this.#root)) {
      const identity = await identityOf(join(this.#root, name));
      if (identity !== undefined) {
        wanted.set(join(this.#root, name), identity);
      }
    }
    return wanted;
  }

  #watch(folder: string, identity: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, (event, name) => {
        if (name?.startsWith(temporaryPrefix) === true) {
          return; // Our own; the rename that follows is seen under the real name.
        }
        this.#changed();
        if (event === 'rename') {
          this.#rearm();
        }
      });
      watcher.on('error', () => {
        watcher.close();
        this.#armed.delete(folder);
        this.#changed();
        this.#rearm();
      });
      this.#armed.set(folder, { watcher, identity });
      // Something may have happened before the watcher stood.
      this.#changed();
    } catch (error) {
      this.#logger.warn(`'${folder}' can't be watched: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

/** undefined unless it is a folder (a link is none). */
async function identityOf(path: string): Promise<string | undefined> {
  try {
    const stat = await lstat(path, { bigint: true });
    return stat.isDirectory() ? `${stat.dev}:${stat.ino}` : undefined;
  } catch {
    return undefined;
  }
}
