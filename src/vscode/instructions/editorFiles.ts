import { FileType, RelativePattern, Uri, workspace } from 'vscode';
import type { FileStat } from 'vscode';
import { SourceError } from '../../core/errors';
import type { FileFacts, InstructionFiles, ListedFile } from '../../core/instructions/files';
import { nodeInstructionFiles } from '../../core/instructions/nodeFiles';
import type { WorkOptions } from '../../core/ports';
import { formatBytes } from '../format';
import { asSource } from '../fileSystemErrors';

/** Every name that any format can have; the formats themselves decide. */
export const candidatePattern = '**/{*.[mM][dD],*.[mM][dD][cC],*.[tT][xX][tT],.cursorrules,.windsurfrules,.clinerules}';

export interface EditorFilesOptions {
  /** Whether the editor's search may look through the whole root; user-level folders are listed instead. */
  readonly searchable: boolean;
  /** Glob patterns that are never looked into, relative to the root. */
  readonly exclude: readonly string[];
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
  return options.searchable ? { ...files, find: async (work) => find(root, options.exclude, work) } : files;
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

async function find(root: Uri, exclude: readonly string[], work: WorkOptions | undefined): Promise<string[]> {
  const found = await asSource(root, work?.signal, async () =>
    workspace.findFiles(new RelativePattern(root, candidatePattern), excludeGlob(exclude)),
  );
  const prefix = `${root.path.replace(/\/$/, '')}/`;
  return found.filter((uri) => uri.path.startsWith(prefix)).map((uri) => uri.path.slice(prefix.length));
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
