import { lstat } from 'node:fs/promises';
import type { FileIdentity } from './fileMemory';

/** The identity of a regular file of this machine; undefined for anything else, links included. */
export async function nodeFileIdentity(path: string): Promise<FileIdentity | undefined> {
  try {
    const stat = await lstat(path);
    if (!stat.isFile()) {
      return undefined;
    }
    const { dev, ino, size, mtimeMs, ctimeMs } = stat;
    return { id: [dev, ino, size, mtimeMs, ctimeMs].join(' '), changedMs: ctimeMs };
  } catch {
    // Whoever reads it says what is wrong.
    return undefined;
  }
}
