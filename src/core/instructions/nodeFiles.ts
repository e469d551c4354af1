import { constants } from 'node:fs';
import type { Dirent } from 'node:fs';
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { SourceError, throwIfCancelled } from '../errors';
import { nodeFileIdentity } from '../nodeFileIdentity';
import type { FileFacts, InstructionFiles, ListedFile } from './files';

/** The files of a local folder, for the command line and tests. */
export function nodeInstructionFiles(folder: string): InstructionFiles {
  const root = resolve(folder);
  let realRoot: Promise<string> | undefined;
  const rootOnDisk = async (): Promise<string> => {
    realRoot ??= realpath(root);
    return realRoot;
  };
  const locate = (path: string): string => (path === '' ? root : join(root, ...path.split('/')));

  /** The real path of a path, relative to the real root; undefined when links lead out of it. */
  const resolveInside = async (path: string): Promise<{ absolute: string; inside: string } | undefined> => {
    const [base, absolute] = await Promise.all([rootOnDisk(), realpath(locate(path))]);
    const inside = relative(base, absolute);
    const leaves = inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside);
    return leaves ? undefined : { absolute, inside: inside.split(sep).join('/') };
  };

  return {
    locate,

    async list(path, options) {
      throwIfCancelled(options?.signal);
      const entries = await explain(locate(path), async () => readdir(locate(path), { withFileTypes: true }));
      return entries.map((entry): ListedFile => ({ name: entry.name, kind: kindOf(entry) }));
    },

    async stat(path, options): Promise<FileFacts> {
      throwIfCancelled(options?.signal);
      return explain(locate(path), async () => {
        const target = await resolveInside(path);
        if (target === undefined) {
          return { kind: 'outside', sizeBytes: 0, modifiedMs: 0, realPath: path };
        }
        const facts = await stat(target.absolute);
        return {
          kind: facts.isFile() ? 'file' : facts.isDirectory() ? 'folder' : 'other',
          sizeBytes: facts.size,
          modifiedMs: facts.mtimeMs,
          realPath: target.inside,
        };
      });
    },

    identify: async (path) => nodeFileIdentity(locate(path)),

    async read(path, options) {
      throwIfCancelled(options.signal);
      return explain(locate(path), async () => {
        const target = await resolveInside(path);
        if (target === undefined) {
          throw new SourceError('forbidden', `\`${locate(path)}\` is a link out of its folder.`, {
            nextStep: 'Replace the link by the file itself.',
          });
        }
        return readRegularFile(target.absolute, options.maxBytes);
      });
    },
  };
}

async function readRegularFile(path: string, maxBytes: number): Promise<Uint8Array> {
  // Without blocking: opening a pipe that nobody writes to would wait for ever.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const facts = await file.stat();
    if (!facts.isFile()) {
      throw new SourceError('unsupported', `\`${path}\` is not a regular file.`, { nextStep: 'Replace it by a file.' });
    }
    if (facts.size > maxBytes) {
      throw new SourceError('too-large', `\`${path}\` has ${facts.size} bytes; ${maxBytes} are the most.`, {
        nextStep: 'Split it into smaller files.',
      });
    }
    return await file.readFile();
  } finally {
    await file.close();
  }
}

function kindOf(entry: Dirent): ListedFile['kind'] {
  if (entry.isFile()) {
    return 'file';
  }
  if (entry.isDirectory()) {
    return 'folder';
  }
  return entry.isSymbolicLink() ? 'link' : 'other';
}

async function explain<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof SourceError) {
      throw error;
    }
    const { code } = error as NodeJS.ErrnoException;
    switch (code) {
      case 'ENOENT':
      case 'ENOTDIR':
        throw new SourceError('not-found', `\`${path}\` does not exist.`, {
          nextStep: 'Check the path.',
          cause: error,
        });
      case 'EACCES':
      case 'EPERM':
        throw new SourceError('forbidden', `\`${path}\` can't be read: permission denied.`, {
          nextStep: 'Give yourself the right to read it.',
          cause: error,
        });
      default:
        throw new SourceError('unavailable', `\`${path}\` can't be read: ${String(error)}.`, {
          nextStep: 'Check the file and try again.',
          cause: error,
        });
    }
  }
}
