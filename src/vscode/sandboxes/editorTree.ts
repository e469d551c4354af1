import { createHash } from 'node:crypto';
import { FileSystemError, FileType, RelativePattern, workspace } from 'vscode';
import type { FileStat, Uri } from 'vscode';
import { isSourceError, SourceError, throwIfCancelled } from '../../core/errors';
import type { SourceErrorCode } from '../../core/errors';
import type { FileTree, ScanRequest, ScanResult, TreeChange, TreeEntry } from '../../core/fileTree';
import type { WorkOptions } from '../../core/ports';
import { splitTreePath, treeSegments } from '../../core/sources/treePath';

const defaultMaxBytes = 64 * 1024 * 1024;
/** The editor's file systems have no batch call; more than this at once only queues up in the host. */
const concurrency = 16;

/**
 * A tree below one URI, through the editor's own file systems: remote hosts, containers, virtual workspaces. Local
 * folders use the core's folder tree, which can prove real paths. Links are listed as links and never followed.
 * Expectations of a commit are checked right before its first write, not atomically with it. A file is replaced by one
 * call; whether others may see half of it is up to the file system that carries it out.
 */
export function createEditorTree(root: Uri, label: string): FileTree {
  const writable = workspace.fs.isWritableFileSystem(root.scheme) !== false;
  // Commits of one tree wait for each other: between an expectation and its write nothing else of ours happens.
  let lastCommit: Promise<unknown> = Promise.resolve();
  return {
    id: `editor:${root.toString()}`,
    label,
    capabilities: { write: writable, watch: true, compareAndSwap: 'best-effort', metered: false },
    scan: async (request, options) => scan(root, request, options),
    read: async (path, options) => read(root, path, options?.maxBytes ?? defaultMaxBytes, options?.signal),
    commit: async (change, options) => {
      const own = lastCommit.then(async () => commit(root, change, options?.signal));
      lastCommit = own.catch(() => undefined);
      return own;
    },
    watch: (listener) => {
      const watcher = workspace.createFileSystemWatcher(new RelativePattern(root, '*/*'));
      const subscriptions = [
        watcher.onDidChange(listener),
        watcher.onDidCreate(listener),
        watcher.onDidDelete(listener),
      ];
      return {
        dispose: () => {
          for (const subscription of [...subscriptions, watcher]) {
            subscription.dispose();
          }
        },
      };
    },
  };
}

async function scan(root: Uri, request: ScanRequest, options: WorkOptions | undefined): Promise<ScanResult> {
  const folders = new Map<string, readonly TreeEntry[] | SourceError>();
  const files = new Map<string, Uint8Array | SourceError>();
  const total = (request.folders?.length ?? 0) + (request.files?.length ?? 0);
  let done = 0;
  const step = (): void => options?.progress?.report({ done: ++done, total });
  // Files before listings: a value is written before its index entry, so an entry that was read has its file.
  await eachLimited(request.files ?? [], async (path) => {
    files.set(path, await orError(async () => read(root, path, defaultMaxBytes, options?.signal)));
    step();
  });
  for (const path of request.folders ?? []) {
    folders.set(path, await orError(async () => list(root, path, options?.signal)));
    step();
  }
  return { folders, files };
}

/** Errors of one item belong to that item; a cancelled or unreachable tree fails as a whole. */
async function orError<T>(work: () => Promise<T>): Promise<T | SourceError> {
  try {
    return await work();
  } catch (error) {
    if (isSourceError(error) && error.code !== 'cancelled' && error.code !== 'unavailable') {
      return error;
    }
    throw error;
  }
}

async function list(root: Uri, path: string, signal: AbortSignal | undefined): Promise<TreeEntry[]> {
  const folder = await resolveInside(root, path, signal);
  throwIfCancelled(signal);
  requireKind(folder, await statOf(folder), path === '' ? ['folder', 'link'] : ['folder']);
  const rows = await guarded(folder, workspace.fs.readDirectory(folder));
  const entries: TreeEntry[] = [];
  await eachLimited(rows, async ([name, type]) => {
    throwIfCancelled(signal);
    const kind = kindOf(type);
    // A file may vanish between the listing and this look: then it simply is not there.
    const stat = await orError(async () => statOf(join(folder, name)));
    if (!(stat instanceof SourceError)) {
      entries.push({ name, kind, sizeBytes: stat.size, modifiedMs: stat.mtime });
    } else if (stat.code !== 'not-found' || kind === 'link') {
      entries.push({ name, kind, sizeBytes: 0, modifiedMs: 0 });
    }
  });
  return entries.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

async function read(root: Uri, path: string, maxBytes: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
  splitTreePath(path);
  const uri = await resolveInside(root, path, signal);
  const stat = await statOf(uri);
  requireKind(uri, stat, ['file']);
  const bytes = stat.size > maxBytes ? undefined : await guarded(uri, workspace.fs.readFile(uri));
  throwIfCancelled(signal);
  // The file may have grown since it was looked at.
  if (bytes === undefined || bytes.byteLength > maxBytes) {
    throw new SourceError('too-large', `${show(uri)} has ${bytes?.byteLength ?? stat.size} bytes.`, {
      nextStep: `Values of more than ${maxBytes} bytes are not read.`,
    });
  }
  return bytes;
}

async function commit(root: Uri, change: TreeChange, signal: AbortSignal | undefined): Promise<void> {
  for (const path of [...(change.writes ?? []).map((write) => write.path), ...(change.removes ?? [])]) {
    splitTreePath(path);
  }
  for (const { path, sha256 } of change.expect ?? []) {
    if ((await hashOf(root, path, signal)) !== sha256) {
      throw new SourceError('conflict', `${show(join(root, path))} has changed in the meantime.`, {
        nextStep: 'Refresh the view and run the command again.',
      });
    }
  }
  for (const { path, bytes } of change.writes ?? []) {
    const target = await resolveInside(root, path, signal);
    const existing = await orMissing(statOf(target));
    if (existing !== undefined) {
      requireKind(target, existing, ['file']);
    }
    const folder = parentOf(target);
    await guarded(folder, workspace.fs.createDirectory(folder));
    throwIfCancelled(signal);
    // One call: the editor renames over a file by deleting it first, and whoever reads in between finds nothing.
    await guarded(target, workspace.fs.writeFile(target, bytes));
  }
  for (const path of change.removes ?? []) {
    const target = await resolveInside(root, path, signal);
    const existing = await orMissing(statOf(target));
    if (existing !== undefined) {
      // A link itself may go; what it points to stays.
      requireKind(target, existing, ['file', 'link']);
      await guarded(target, workspace.fs.delete(target, { recursive: false, useTrash: false }));
    }
  }
}

async function hashOf(root: Uri, path: string, signal: AbortSignal | undefined): Promise<string | undefined> {
  const bytes = await orMissing(read(root, path, defaultMaxBytes, signal));
  return bytes === undefined ? undefined : createHash('sha256').update(bytes).digest('hex');
}

async function orMissing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isSourceError(error, 'not-found')) {
      return undefined;
    }
    throw error;
  }
}

/** The URI of a path below the root; refuses paths that leave it by name or through a link. */
async function resolveInside(root: Uri, path: string, signal: AbortSignal | undefined): Promise<Uri> {
  const segments = treeSegments(path);
  let folder = root;
  for (const segment of segments.slice(0, -1)) {
    throwIfCancelled(signal);
    folder = join(folder, segment);
    const stat = await orMissing(statOf(folder));
    if (stat !== undefined && kindOf(stat.type) === 'link') {
      throw new SourceError('forbidden', `${show(folder)} is a link.`, { nextStep: linkStep });
    }
  }
  return segments.length === 0 ? root : join(folder, segments.at(-1)!);
}

/** A link is refused, and so is whatever is neither a file nor a folder where one is wanted. */
function requireKind(uri: Uri, stat: FileStat, allowed: readonly TreeEntry['kind'][]): void {
  const kind = kindOf(stat.type);
  if (allowed.includes(kind)) {
    return;
  }
  throw kind === 'link'
    ? new SourceError('forbidden', `${show(uri)} is a link.`, { nextStep: linkStep })
    : new SourceError('unsupported', `${show(uri)} is a ${kind === 'folder' ? 'folder' : 'file of another kind'}.`, {
        nextStep: 'Remove it, or choose another place.',
      });
}

const linkStep = 'Links are not followed: open the place that it points to as a sandbox of its own.';

function kindOf(type: FileType): TreeEntry['kind'] {
  // FileType is a set of bits.
  if ((type & FileType.SymbolicLink) !== 0) {
    return 'link';
  }
  return (type & FileType.Directory) !== 0 ? 'folder' : (type & FileType.File) !== 0 ? 'file' : 'other';
}

async function statOf(uri: Uri): Promise<FileStat> {
  return guarded(uri, workspace.fs.stat(uri));
}

/** Turns the editor's errors into those of a source. */
async function guarded<T>(uri: Uri, work: Thenable<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const [code, text, nextStep] = classify(error);
    throw new SourceError(code, `${show(uri)} ${text}.`, { nextStep, cause: error });
  }
}

function classify(error: unknown): [SourceErrorCode, string, string] {
  switch (error instanceof FileSystemError ? error.code : undefined) {
    case 'FileNotFound':
    case 'FileNotADirectory':
      return ['not-found', 'was not found', 'Refresh the view.'];
    case 'FileIsADirectory':
      return ['unsupported', 'is a folder', 'Remove it, or choose another place.'];
    case 'NoPermissions':
      return ['forbidden', 'may not be accessed', 'Check the permissions of the folder.'];
    default: {
      const cause = error instanceof Error && error.message !== '' ? ` (${error.message})` : '';
      return ['unavailable', `could not be reached${cause}`, 'Check the connection and refresh the view.'];
    }
  }
}

async function eachLimited<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const lanes = Array.from({ length: Math.min(concurrency, items.length) }, async () => {
    for (const item of queue) {
      await work(item);
    }
  });
  await Promise.all(lanes);
}

/** `Uri.joinPath` would normalise `..`; names were checked, so the path is joined as it is. */
function join(base: Uri, path: string): Uri {
  return path === '' ? base : base.with({ path: `${base.path.replace(/\/$/, '')}/${path}` });
}

function parentOf(uri: Uri): Uri {
  return uri.with({ path: uri.path.slice(0, Math.max(1, uri.path.lastIndexOf('/'))) });
}

function show(uri: Uri): string {
  return uri.toString(true);
}
