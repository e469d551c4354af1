import { Disposable, workspace } from 'vscode';
import type { Uri } from 'vscode';
import type { CacheSnapshot } from '../../core/cache/model';
import { entriesOf } from '../../core/cache/plans/planBuilder';
import { isSummary, sourceFileReader, summaryOrigin } from '../../core/cache/summarySource';
import type { SourceFileReader } from '../../core/cache/summarySource';
import type { InstructionFiles } from '../../core/instructions/files';
import { createDebounced } from '../debounce';
import { createEditorFiles } from '../instructions/editorFiles';
import type { Sandbox } from './sandbox';
import type { SandboxRegistry } from './sandboxRegistry';
import type { SandboxStore } from './sandboxStore';

/** The files of the workspace that summaries of a sandbox sum up. */
export interface SourceFiles {
  /** Looks at them for their hashes; undefined without a workspace. */
  readonly of: (sandbox: Sandbox) => SourceFileReader | undefined;
}

const quietMs = 300;

/** The folder that the paths of a sandbox's summaries start from: the one that holds its cache, else the first. */
export function sourceFolder({ uri }: Pick<Sandbox, 'uri'>): Uri | undefined {
  const own = uri === undefined ? undefined : workspace.getWorkspaceFolder(uri);
  return (own ?? workspace.workspaceFolders?.[0])?.uri;
}

/** The files below that folder. */
export function filesBelow(folder: Uri): InstructionFiles {
  return createEditorFiles(folder, { searchable: false, exclude: [], libraryFolders: [] });
}

export function createSourceFiles(): SourceFiles {
  // One for each folder: what was hashed once is not read again until it changes.
  const readers = new Map<string, SourceFileReader>();
  return {
    of: (sandbox) => {
      const folder = sourceFolder(sandbox);
      if (folder === undefined) {
        return undefined;
      }
      const known = readers.get(folder.toString()) ?? sourceFileReader(filesBelow(folder));
      readers.set(folder.toString(), known);
      return known;
    },
  };
}

/** Looks at a sandbox again when a file changed that one of its summaries sums up. */
export function followSourceFiles(
  registry: Pick<SandboxRegistry, 'sandboxes'>,
  store: Pick<SandboxStore, 'state' | 'refresh' | 'onDidChange'>,
): Disposable {
  const named = new WeakMap<CacheSnapshot, ReadonlySet<string>>();
  const changed = new Set<Sandbox>();
  let watcher: Disposable | undefined;

  const urisOf = (sandbox: Sandbox): ReadonlySet<string> => {
    const { snapshot } = store.state(sandbox);
    const folder = sourceFolder(sandbox);
    if (snapshot === undefined || folder === undefined) {
      return new Set();
    }
    const known = named.get(snapshot) ?? namedUris(snapshot, folder);
    named.set(snapshot, known);
    return known;
  };
  const refresh = createDebounced(() => {
    for (const sandbox of registry.sandboxes.filter((one) => changed.has(one))) {
      void store.refresh(sandbox);
    }
    changed.clear();
  }, quietMs);
  const look = (uri: Uri): void => {
    const text = uri.toString();
    for (const sandbox of registry.sandboxes) {
      if (urisOf(sandbox).has(text)) {
        changed.add(sandbox);
        refresh.request();
      }
    }
  };
  const watch = (): void => {
    const isNeeded = registry.sandboxes.some((sandbox) => urisOf(sandbox).size > 0);
    if (isNeeded && watcher === undefined) {
      const files = workspace.createFileSystemWatcher('**/*');
      watcher = Disposable.from(files, files.onDidChange(look), files.onDidCreate(look), files.onDidDelete(look));
    } else if (!isNeeded) {
      watcher?.dispose();
      watcher = undefined;
    }
  };
  const listener = store.onDidChange(watch);
  return new Disposable(() => {
    listener.dispose();
    refresh.dispose();
    watcher?.dispose();
  });
}

function namedUris(snapshot: CacheSnapshot, folder: Uri): ReadonlySet<string> {
  const summaries = entriesOf(snapshot).filter(isSummary);
  const paths = summaries.flatMap(({ metadata }) => summaryOrigin(metadata).files);
  return new Set(paths.map((path) => folder.with({ path: `${folder.path.replace(/\/$/, '')}/${path}` }).toString()));
}
