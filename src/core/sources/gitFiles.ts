import { join, posix } from 'node:path';
import { SourceError, throwIfCancelled, UserError } from '../errors';
import type { FileFacts, InstructionFiles, ListedFile } from '../instructions/files';
import { BlobReader, git } from './gitProcess';

const maxLinks = 16;

interface TreeFile {
  readonly kind: 'file' | 'link' | 'other';
  readonly hash: string;
  readonly sizeBytes: number;
}

/** The files of a folder as they stand in a commit; `dispose` ends the process that reads them. */
export interface GitFiles extends InstructionFiles {
  /** The commit's full hash. */
  readonly commit: string;
  has(path: string): boolean;
  dispose(): void;
}

/** Opens a revision of the repository that a folder is in. Throws a `UserError` when there is none. */
export async function openGitFiles(folder: string, revision: string, signal: AbortSignal): Promise<GitFiles> {
  const commit = await resolveRevision(folder, revision, signal);
  const listing = await git(folder, ['ls-tree', '-r', '-z', '-l', commit], signal);
  const files = new Map<string, TreeFile>();
  const folders = new Map<string, Map<string, ListedFile>>([['', new Map()]]);
  for (const record of listing.toString('utf8').split('\0')) {
    const match = /^(\d+) (\w+) ([0-9a-f]+) +(\d+|-)\t(.*)$/s.exec(record);
    if (match !== null) {
      const [, mode, , hash, size, path] = match as unknown as [string, string, string, string, string, string];
      const kind = mode === '120000' ? 'link' : mode.startsWith('100') ? 'file' : 'other';
      files.set(path, { kind, hash, sizeBytes: size === '-' ? 0 : Number(size) });
      addToFolders(folders, path, kind);
    }
  }
  return new CommitFiles(folder, commit, files, folders);
}

/** Those of some paths (relative to the folder) that Git ignores. */
export async function ignoredByGit(
  folder: string,
  paths: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  if (paths.length === 0) {
    return new Set();
  }
  const ignored = await git(folder, ['check-ignore', '-z', '--stdin'], signal, {
    input: `${paths.join('\0')}\0`,
    // 1 says that none is ignored.
    accepts: [0, 1],
  });
  return new Set(ignored.toString('utf8').split('\0').filter(Boolean));
}

async function resolveRevision(folder: string, revision: string, signal: AbortSignal): Promise<string> {
  try {
    const options = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`];
    return (await git(folder, options, signal)).toString('utf8').trim();
  } catch (error) {
    throwIfCancelled(signal);
    throw new UserError(
      `\`${revision}\` is no revision of a Git repository at \`${folder}\`.`,
      'Give a branch, tag or commit that exists here, and have Git installed.',
      { cause: error },
    );
  }
}

function addToFolders(folders: Map<string, Map<string, ListedFile>>, path: string, kind: ListedFile['kind']): void {
  let child = path;
  let childKind = kind;
  for (;;) {
    const slash = child.lastIndexOf('/');
    const parent = slash === -1 ? '' : child.slice(0, slash);
    const name = child.slice(slash + 1);
    const entries = folders.get(parent) ?? new Map<string, ListedFile>();
    const known = folders.has(parent);
    entries.set(name, { name, kind: childKind });
    folders.set(parent, entries);
    if (known || parent === '') {
      return;
    }
    child = parent;
    childKind = 'folder';
  }
}

class CommitFiles implements GitFiles {
  readonly commit: string;
  private readonly folder: string;
  private readonly files: ReadonlyMap<string, TreeFile>;
  private readonly folders: ReadonlyMap<string, ReadonlyMap<string, ListedFile>>;
  private reader: BlobReader | undefined;

  constructor(
    folder: string,
    commit: string,
    files: ReadonlyMap<string, TreeFile>,
    folders: ReadonlyMap<string, ReadonlyMap<string, ListedFile>>,
  ) {
    this.folder = folder;
    this.commit = commit;
    this.files = files;
    this.folders = folders;
  }

  has(path: string): boolean {
    return this.files.has(path);
  }

  locate(path: string): string {
    return path === '' ? this.folder : join(this.folder, ...path.split('/'));
  }

  async list(path: string): Promise<readonly ListedFile[]> {
    const real = await this.follow(path);
    const entries = real === undefined ? undefined : this.folders.get(real);
    if (entries === undefined) {
      throw this.notFound(path);
    }
    return [...entries.values()];
  }

  async stat(path: string): Promise<FileFacts> {
    const real = await this.follow(path);
    if (real === undefined) {
      return { kind: 'outside', sizeBytes: 0, modifiedMs: 0, realPath: path };
    }
    const file = this.files.get(real);
    if (file === undefined && !this.folders.has(real)) {
      throw this.notFound(path);
    }
    const kind = file === undefined ? 'folder' : file.kind === 'file' ? 'file' : 'other';
    return { kind, sizeBytes: file?.sizeBytes ?? 0, modifiedMs: 0, realPath: real };
  }

  async read(
    path: string,
    options: { readonly maxBytes: number; readonly signal?: AbortSignal | undefined },
  ): Promise<Uint8Array> {
    throwIfCancelled(options.signal);
    const real = await this.follow(path);
    const file = real === undefined ? undefined : this.files.get(real);
    if (file?.kind !== 'file') {
      throw this.notFound(path);
    }
    if (file.sizeBytes > options.maxBytes) {
      throw new SourceError('too-large', `\`${path}\` has ${file.sizeBytes} bytes.`, { nextStep: 'Split it.' });
    }
    return this.blob(file.hash);
  }

  dispose(): void {
    this.reader?.dispose();
  }

  private async blob(hash: string): Promise<Buffer> {
    this.reader ??= new BlobReader(this.folder);
    return this.reader.read(hash);
  }

  /** The path with links followed; undefined when they lead out of the folder or in circles. */
  private async follow(path: string): Promise<string | undefined> {
    let current = path;
    for (let links = 0; links <= maxLinks; links++) {
      const link = this.firstLink(current);
      if (link === undefined) {
        return current;
      }
      const target = (await this.blob(this.files.get(link)!.hash)).toString('utf8');
      const joined = posix.join(posix.dirname(link), target, current.slice(link.length));
      const next = joined.replace(/\/$/, '');
      if (posix.isAbsolute(target) || next === '..' || next.startsWith('../')) {
        return undefined;
      }
      current = next === '.' ? '' : next;
    }
    return undefined;
  }

  private firstLink(path: string): string | undefined {
    for (let end = path.indexOf('/'); ; end = path.indexOf('/', end + 1)) {
      const part = end === -1 ? path : path.slice(0, end);
      if (this.files.get(part)?.kind === 'link') {
        return part;
      }
      if (end === -1) {
        return undefined;
      }
    }
  }

  private notFound(path: string): SourceError {
    return new SourceError('not-found', `\`${path}\` is not in ${this.commit.slice(0, 12)}.`, {
      nextStep: 'Check the path.',
    });
  }
}
