import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import type { Stats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { lstat, mkdir, open, readdir, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { SourceError, throwIfCancelled } from '../errors';
import type { TreeEntry } from '../fileTree';
import { mapLimited } from '../instructions/concurrency';
import { folderError, isErrno } from './folderErrors';
import { compareNames, splitTreePath, treeSegments } from './treePath';

/** A FIFO must not block the open. Windows knows neither flag, and `|` takes undefined for 0. */
const readFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const statsAtOnce = 64;
const chunkBytes = 1024 * 1024;

/**
 * Looks into one folder without ever leaving it: every folder on the way is shown to be no link, and the real path of
 * the last one to lie below the real root. One instance serves one operation, so that no answer grows old.
 */
export class FolderAccess {
  readonly #root: string;
  readonly #signal: AbortSignal | undefined;
  readonly #folders = new Map<string, Promise<string>>();

  constructor(root: string, signal: AbortSignal | undefined) {
    this.#root = root;
    this.#signal = signal;
  }

  /** The real path of a folder of the tree. */
  async folder(path: string): Promise<string> {
    let folder = this.#folders.get(path);
    if (folder === undefined) {
      folder = this.#resolve(path);
      this.#folders.set(path, folder);
    }
    return folder;
  }

  /** The same, after creating what is missing of it below the root. */
  async createFolder(path: string): Promise<string> {
    const root = await this.folder('');
    let current = '';
    for (const segment of treeSegments(path)) {
      current = current === '' ? segment : `${current}/${segment}`;
      try {
        await mkdir(join(root, current));
      } catch (error) {
        if (!isErrno(error, 'EEXIST')) {
          throw folderError(error, current);
        }
      }
    }
    this.#folders.delete(path);
    return this.folder(path);
  }

  async list(path: string): Promise<readonly TreeEntry[]> {
    const folder = await this.folder(path);
    throwIfCancelled(this.#signal);
    try {
      const names = await readdir(folder);
      const entries = await mapLimited(names, statsAtOnce, async (name) => {
        throwIfCancelled(this.#signal);
        return this.#entry(folder, name);
      });
      return entries.filter((entry) => entry !== undefined).sort(compareNames);
    } catch (error) {
      throw folderError(error, path === '' ? folder : path);
    }
  }

  async read(path: string, maxBytes: number): Promise<Uint8Array> {
    return this.#withFile(path, async (handle, stat) => {
      if (stat.size > maxBytes) {
        throw tooLarge(path, stat.size, maxBytes);
      }
      const chunks: Buffer[] = [];
      let total = 0;
      // One byte more than the size, to see a file's end, or that it has grown, in one go.
      for (let size = stat.size + 1; ; size = chunkBytes) {
        throwIfCancelled(this.#signal);
        const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(size), 0, size, null);
        if (bytesRead === 0) {
          return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
        }
        chunks.push(buffer.subarray(0, bytesRead));
        total += bytesRead;
        if (total > maxBytes) {
          throw tooLarge(path, total, maxBytes);
        }
        if (total === stat.size && bytesRead < size) {
          return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
        }
      }
    });
  }

  /** SHA-256 (hex) of a file of any size; undefined when there is none. */
  async hash(path: string): Promise<string | undefined> {
    try {
      return await this.#withFile(path, async (handle) => {
        const hash = createHash('sha256');
        const buffer = Buffer.allocUnsafe(chunkBytes);
        for (;;) {
          throwIfCancelled(this.#signal);
          const { bytesRead } = await handle.read(buffer, 0, chunkBytes, null);
          if (bytesRead === 0) {
            return hash.digest('hex');
          }
          hash.update(buffer.subarray(0, bytesRead));
        }
      });
    } catch (error) {
      if (error instanceof SourceError && error.code === 'not-found') {
        return undefined;
      }
      throw error;
    }
  }

  async #withFile<Result>(path: string, use: (handle: FileHandle, stat: Stats) => Promise<Result>): Promise<Result> {
    const { folder, name } = splitTreePath(path);
    throwIfCancelled(this.#signal);
    try {
      const place = join(await this.folder(folder), name);
      requireRegular(path, await lstat(place));
      const handle = await open(place, readFlags);
      try {
        const stat = await handle.stat();
        requireRegular(path, stat);
        return await use(handle, stat);
      } finally {
        await handle.close();
      }
    } catch (error) {
      throw folderError(error, path);
    }
  }

  async #resolve(path: string): Promise<string> {
    try {
      const root = await realpath(this.#root);
      let current = root;
      for (const segment of treeSegments(path)) {
        current = join(current, segment);
        const stat = await lstat(current);
        if (stat.isSymbolicLink()) {
          throw linkError(path);
        }
        if (!stat.isDirectory()) {
          throw folderError(Object.assign(new Error('not a directory'), { code: 'ENOTDIR' }), path);
        }
      }
      const real = await realpath(current);
      if (real !== root && !real.startsWith(root.endsWith(sep) ? root : root + sep)) {
        throw linkError(path);
      }
      return real;
    } catch (error) {
      throw folderError(error, path === '' ? this.#root : path);
    }
  }

  async #entry(folder: string, name: string): Promise<TreeEntry | undefined> {
    try {
      const stat = await lstat(join(folder, name));
      return { name, kind: kindOf(stat), sizeBytes: stat.isFile() ? stat.size : 0, modifiedMs: stat.mtimeMs };
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) {
        throw error;
      }
      // Gone since the listing; or a name that is not Unicode, which can't be asked for.
      return name.includes('\ufffd') ? { name, kind: 'other', sizeBytes: 0, modifiedMs: 0 } : undefined;
    }
  }
}

function kindOf(stat: Stats): TreeEntry['kind'] {
  if (stat.isSymbolicLink()) {
    return 'link';
  }
  return stat.isFile() ? 'file' : stat.isDirectory() ? 'folder' : 'other';
}

function requireRegular(path: string, stat: Stats): void {
  if (stat.isSymbolicLink()) {
    throw linkError(path);
  }
  if (!stat.isFile()) {
    throw new SourceError('unsupported', `'${path}' is not a regular file.`, {
      nextStep: 'Move it away; only regular files are read and written.',
    });
  }
}

function linkError(path: string): SourceError {
  return new SourceError('forbidden', `'${path}' is or lies behind a link, and links are not followed.`, {
    nextStep: 'Replace the link with what it points to.',
  });
}

function tooLarge(path: string, bytes: number, maxBytes: number): SourceError {
  return new SourceError('too-large', `'${path}' has ${bytes} bytes; at most ${maxBytes} are read.`, {
    nextStep: 'Open it with another program.',
  });
}
