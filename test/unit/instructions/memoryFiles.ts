import { SourceError } from '../../../src/core/errors';
import type { FileFacts, InstructionFiles, ListedFile } from '../../../src/core/instructions/files';

export interface MemoryFile {
  readonly content?: string | Uint8Array;
  readonly modifiedMs?: number;
  /** Said instead of the real size. */
  readonly sizeBytes?: number;
  /** A link to another path of the same root, or out of it. */
  readonly linksTo?: string;
  readonly fails?: 'forbidden' | 'vanishes';
}

/** Files in memory that record what was read. */
export class MemoryFiles implements InstructionFiles {
  readonly reads: string[] = [];
  readonly lists: string[] = [];
  readonly entries = new Map<string, MemoryFile>();
  private readonly prefix: string;

  constructor(files: Readonly<Record<string, string | MemoryFile>>, prefix = '/ws') {
    this.prefix = prefix;
    for (const [path, file] of Object.entries(files)) {
      this.set(path, file);
    }
  }

  set(path: string, file: string | MemoryFile): void {
    const modifiedMs = (this.entries.get(path)?.modifiedMs ?? 1000) + 1;
    this.entries.set(path, typeof file === 'string' ? { content: file, modifiedMs } : { modifiedMs, ...file });
  }

  locate(path: string): string {
    return path === '' ? this.prefix : `${this.prefix}/${path}`;
  }

  async list(folder: string): Promise<readonly ListedFile[]> {
    this.lists.push(folder);
    const real = this.follow(folder);
    const names = new Map<string, ListedFile['kind']>();
    const start = real === '' ? '' : `${real}/`;
    for (const [path, file] of this.entries) {
      if (path.startsWith(start)) {
        const rest = path.slice(start.length);
        const name = rest.split('/')[0]!;
        names.set(name, rest.includes('/') ? 'folder' : file.linksTo === undefined ? 'file' : 'link');
      }
    }
    if (names.size === 0 && folder !== '') {
      throw notFound(folder);
    }
    return Promise.resolve([...names].map(([name, kind]) => ({ name, kind })));
  }

  async stat(path: string): Promise<FileFacts> {
    const real = this.follow(path);
    if (real.startsWith('..')) {
      return Promise.resolve({ kind: 'outside', sizeBytes: 0, modifiedMs: 0, realPath: path });
    }
    const file = this.entries.get(real);
    if (file === undefined) {
      const isFolder = [...this.entries.keys()].some((key) => key.startsWith(`${real}/`));
      if (!isFolder) {
        throw notFound(path);
      }
      return { kind: 'folder', sizeBytes: 0, modifiedMs: 0, realPath: real };
    }
    const sizeBytes = file.sizeBytes ?? bytesOf(file).length;
    return { kind: 'file', sizeBytes, modifiedMs: file.modifiedMs ?? 0, realPath: real };
  }

  async read(path: string, options: { readonly maxBytes: number }): Promise<Uint8Array> {
    this.reads.push(path);
    const file = this.entries.get(this.follow(path));
    if (file === undefined || file.fails === 'vanishes') {
      throw notFound(path);
    }
    if (file.fails === 'forbidden') {
      throw new SourceError('forbidden', `\`${path}\` can't be read.`, { nextStep: 'Check its rights.' });
    }
    const bytes = bytesOf(file);
    if (bytes.length > options.maxBytes) {
      throw new SourceError('too-large', `\`${path}\` is too large.`, { nextStep: 'Split it.' });
    }
    return Promise.resolve(bytes);
  }

  private follow(path: string): string {
    for (const [at, file] of this.entries) {
      if (file.linksTo !== undefined && (path === at || path.startsWith(`${at}/`))) {
        return this.follow(file.linksTo + path.slice(at.length));
      }
    }
    return path;
  }
}

function bytesOf(file: MemoryFile): Uint8Array {
  return typeof file.content === 'string' ? new TextEncoder().encode(file.content) : (file.content ?? new Uint8Array());
}

function notFound(path: string): SourceError {
  return new SourceError('not-found', `\`${path}\` does not exist.`, { nextStep: 'Check the path.' });
}
