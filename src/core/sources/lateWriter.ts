import { open, rename, rm, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { sha256Hex } from '../cache/fingerprint';
import { folderError, isErrno } from './folderErrors';

const pauseMs = 10;
const mostLooks = 20;

/**
 * Holds a file open that is about to be replaced by a rename. A writer that takes no lock may have opened it just
 * before and write to it just after: what it writes would vanish with the old file. Held open, it can be found.
 */
export class HeldFile {
  readonly #handle: FileHandle;
  readonly #sha256: string;

  private constructor(handle: FileHandle, sha256: string) {
    this.#handle = handle;
    this.#sha256 = sha256;
  }

  /** Opens the file that is expected to have this hash; undefined when it is not there. */
  static async hold(path: string, sha256: string): Promise<HeldFile | undefined> {
    try {
      return new HeldFile(await open(path, 'r'), sha256);
    } catch (error) {
      if (isErrno(error, 'ENOENT')) {
        return undefined;
      }
      throw folderError(error, path);
    }
  }

  /** What was written to the replaced file after it was checked; undefined when nothing was. Waits for its end. */
  async lateContent(): Promise<Uint8Array | undefined> {
    let content = await this.#read();
    if (sha256Hex(content) === this.#sha256) {
      return undefined;
    }
    for (let look = 0; look < mostLooks; look += 1) {
      await delay(pauseMs);
      const next = await this.#read();
      if (next.byteLength > 0 && Buffer.compare(content, next) === 0) {
        break;
      }
      content = next;
    }
    return content;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  async #read(): Promise<Buffer> {
    const { size } = await this.#handle.stat();
    const buffer = Buffer.alloc(size);
    const { bytesRead } = await this.#handle.read(buffer, 0, size, 0);
    return buffer.subarray(0, bytesRead);
  }
}

/**
 * Puts a late writer's content in the place where our file stands, unless somebody else has replaced that by now.
 * `temporary` is a free path in the same file system.
 */
export async function yieldTo(content: Uint8Array, target: string, ourInode: bigint, temporary: string): Promise<void> {
  try {
    const handle = await open(temporary, 'wx', (await stat(target)).mode & 0o7777);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    if ((await stat(target, { bigint: true })).ino === ourInode) {
      await rename(temporary, target);
    }
  } finally {
    await rm(temporary, { force: true });
  }
}
