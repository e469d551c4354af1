import { FileType, RelativePattern, Uri, workspace } from 'vscode';
import type { FileStat } from 'vscode';
import { SourceError, isSourceError } from '../../core/errors';
import { mapLimited } from '../../core/instructions/concurrency';
import { isSkippedPath } from '../../core/instructions/folders';
import type { FileFacts, InstructionFiles, ListedFile } from '../../core/instructions/files';
import { nodeInstructionFiles } from '../../core/instructions/nodeFiles';
import type { WorkOptions } from '../../core/ports';
import { takeTurn } from '../../core/turns';
import { asSource } from '../fileSystemErrors';
import { formatBytes } from '../format';
import { addFoldersAbove, createFolderFilter } from './ignoredFolders';

/** Every name that any format can have; the formats themselves decide. */
export const candidatePattern = '**/{*.[mM][dD],*.[mM][dD][cC],*.[tT][xX][tT],.cursorrules,.windsurfrules,.clinerules}';

const ignoreFileName = '.gitignore';
const searchPattern = candidatePattern.replace('}', `,${ignoreFileName}}`);
const maxIgnoreBytes = 1024 * 1024;
const parallelReads = 16;
const maxDepth = 64;

export interface EditorFilesOptions {
  /** Whether the editor's search may look through the whole root; user-level folders are listed instead. */
  readonly searchable: boolean;
  /** Glob patterns that are never looked into, relative to the root. */
  readonly exclude: readonly string[];
  /** Folders of the library, relative to the root: read even where Git ignores them. */
  readonly libraryFolders: readonly string[];
}

/**
 * The instruction files below one URI. Files on this host are read through Node, which can prove real paths; remote and
 * virtual workspaces through the editor's file systems, whose links are taken as they are.
 */
export function createEditorFiles(root: Uri, options: EditorFilesOptions): InstructionFiles {
  const files: InstructionFiles =
    root.scheme === 'file'
      ? nodeInstructionFiles(root.fsPath)
      : {
          locate: (path) => locationOf(join(root, path)),
          list: async (folder, work) => list(join(root, folder), work),
          stat: async (path, work) => stat(root, path, work),
          read: async (path, work) => read(join(root, path), work),
        };
  return options.searchable ? { ...files, find: async (work) => find(root, files, options, work) } : files;
}

/** A place as the core speaks of it: a path on this host, otherwise a URI. */
export function locationOf(uri: Uri): string {
  return uri.scheme === 'file' ? uri.fsPath : uri.toString();
}

/** The URI of such a place. */
export function uriOf(location: string): Uri {
  // A single letter before the colon is a drive.
  return /^[a-z][a-z\d+.-]+:/i.test(location) ? Uri.parse(location, true) : Uri.file(location);
}

/** The editor's search looks through everything: what Git ignores is left out afterwards, as elsewhere. */
async function find(
  root: Uri,
  files: InstructionFiles,
  options: EditorFilesOptions,
  work: WorkOptions | undefined,
): Promise<string[]> {
  // File systems of other extensions may have no search, and then the editor waits for one without end.
  const found =
    root.scheme === 'file'
      ? await asSource(root, work?.signal, async () =>
          workspace.findFiles(new RelativePattern(root, searchPattern), excludeGlob(options.exclude)),
        )
      : [];
  const prefix = `${root.path.replace(/\/$/, '')}/`;
  const paths = root.scheme === 'file' ? found : await listAll(files, work);
  const candidates: string[] = [];
  const above = new Set<string>();
  const ignoreFiles: { readonly path: string; readonly folder: string }[] = [];
  for (const place of paths) {
    await takeTurn(work ?? {});
    const path =
      typeof place === 'string' ? place : place.path.startsWith(prefix) ? place.path.slice(prefix.length) : '';
    if (path === ignoreFileName || path.endsWith(`/${ignoreFileName}`)) {
      ignoreFiles.push({ path, folder: path.slice(0, Math.max(0, path.length - ignoreFileName.length - 1)) });
    } else if (path !== '') {
      candidates.push(path);
      addFoldersAbove(path, above);
    }
  }
  const concerned = ignoreFiles.filter(({ folder }) => above.has(folder));
  const read = await mapLimited(concerned, parallelReads, async ({ path, folder }) => ({
    folder,
    text: await readIgnoreFile(files, path, work),
  }));
  const isIgnored = createFolderFilter(read, options.libraryFolders);
  const kept: string[] = [];
  for (const path of candidates) {
    await takeTurn(work ?? {});
    if (!isIgnored(path)) {
      kept.push(path);
    }
  }
  return kept;
}

/** Every file below the root, folder by folder, without those that never hold instructions. */
async function listAll(files: InstructionFiles, work: WorkOptions | undefined): Promise<string[]> {
  const paths: string[] = [];
  let level = [''];
  for (let depth = 0; level.length > 0 && depth < maxDepth; depth++) {
    const listed = await mapLimited(level, parallelReads, async (folder) => listFolder(files, folder, work));
    const children = listed.flat();
    paths.push(...children.filter(({ kind }) => kind !== 'folder').map(({ path }) => path));
    level = children.filter(({ kind }) => kind === 'folder').map(({ path }) => path);
  }
  return paths;
}

async function listFolder(
  files: InstructionFiles,
  folder: string,
  work: WorkOptions | undefined,
): Promise<{ readonly path: string; readonly kind: ListedFile['kind'] }[]> {
  try {
    const children = (await files.list(folder, work)).map(({ name, kind }) => ({
      path: folder === '' ? name : `${folder}/${name}`,
      kind,
    }));
    return children.filter(({ path }) => !isSkippedPath(`${path}/`));
  } catch (error) {
    // The root must be there; what is below it may have gone meanwhile.
    if (folder === '' || isSourceError(error, 'cancelled')) {
      throw error;
    }
    return [];
  }
}

/** The rules of a `.gitignore`; none where it can't be read. */
async function readIgnoreFile(files: InstructionFiles, path: string, work: WorkOptions | undefined): Promise<string> {
  try {
    return new TextDecoder().decode(await files.read(path, { ...work, maxBytes: maxIgnoreBytes }));
  } catch (error) {
    if (isSourceError(error, 'cancelled')) {
      throw error;
    }
    return '';
  }
}

function excludeGlob(patterns: readonly string[]): string | undefined {
  if (patterns.length < 2) {
    return patterns[0];
  }
  return `{${patterns.join(',')}}`;
}

async function list(folder: Uri, work: WorkOptions | undefined): Promise<ListedFile[]> {
  const rows = await asSource(folder, work?.signal, () => workspace.fs.readDirectory(folder));
  return rows.map(([name, type]) => ({ name, kind: kindOf(type) }));
}

function kindOf(type: FileType): ListedFile['kind'] {
  // FileType is a set of bits.
  if ((type & FileType.SymbolicLink) !== 0) {
    return 'link';
  }
  return (type & FileType.Directory) !== 0 ? 'folder' : (type & FileType.File) !== 0 ? 'file' : 'other';
}

async function stat(root: Uri, path: string, work: WorkOptions | undefined): Promise<FileFacts> {
  const uri = join(root, path);
  const facts = await asSource(uri, work?.signal, () => workspace.fs.stat(uri));
  return { kind: withoutLink(facts), sizeBytes: facts.size, modifiedMs: facts.mtime, realPath: path };
}

function withoutLink({ type }: FileStat): 'file' | 'folder' | 'other' {
  return (type & FileType.Directory) !== 0 ? 'folder' : (type & FileType.File) !== 0 ? 'file' : 'other';
}

async function read(uri: Uri, work: WorkOptions & { readonly maxBytes: number }): Promise<Uint8Array> {
  const { size } = await asSource(uri, work.signal, () => workspace.fs.stat(uri));
  const bytes = size > work.maxBytes ? undefined : await asSource(uri, work.signal, () => workspace.fs.readFile(uri));
  // The file may have grown since it was looked at.
  if (bytes === undefined || bytes.byteLength > work.maxBytes) {
    throw new SourceError(
      'too-large',
      `${uri.toString(true)} has ${formatBytes(bytes?.byteLength ?? size)}; at most ${formatBytes(work.maxBytes)} are read.`,
      { nextStep: 'Split the file.' },
    );
  }
  return bytes;
}

/** `Uri.joinPath` would normalise `..`; the core hands in normal paths, so they are joined as they are. */
function join(base: Uri, path: string): Uri {
  return path === '' ? base : base.with({ path: `${base.path.replace(/\/$/, '')}/${path}` });
}
