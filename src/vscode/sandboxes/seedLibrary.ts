import { isAbsolute } from 'node:path';
import { Disposable, EventEmitter, RelativePattern, Uri, workspace } from 'vscode';
import type { Event, GlobPattern } from 'vscode';
import { libraryFingerprints, mergeLibraries, readLibrary } from '../../core/cache/library';
import type { Library } from '../../core/cache/library';
import { configFileName } from '../../core/config';
import { describeError, isSourceError } from '../../core/errors';
import type { Turns } from '../../core/turns';
import { createDebounced } from '../debounce';
import { createEditorFiles } from '../instructions/editorFiles';
import { libraryFoldersOf, readFolderConfigs } from '../instructions/workspaceConfig';
import type { Services } from '../services';

/** The instructions that are seeded: the workspace's, which go first, and the extension's own. */
export interface SeedLibrary {
  /** Read once, and again after a file, the shared configuration or a setting changed. */
  read(): Promise<Library>;
  /** Fingerprints by tag. */
  readonly fingerprints: () => Promise<ReadonlyMap<string, string>>;
  readonly onDidChange: Event<void>;
  /** The next `read` looks at every file again, whether or not a change was seen. */
  forget(): void;
  dispose(): void;
}

const foldersSetting = 'contextCache.instructions.libraryFolders';
const quietMs = 300;

export function createSeedLibrary(services: Services): SeedLibrary {
  const changed = new EventEmitter<void>();
  let reading: Promise<Library> | undefined;
  /** Watches the folders that were read last. */
  let watcher = new Disposable(() => undefined);

  const forget = createDebounced(() => {
    reading = undefined;
    changed.fire();
  }, quietMs);
  const subscriptions = [
    changed,
    forget,
    watch(`**/${configFileName}`, forget.request),
    workspace.onDidChangeWorkspaceFolders(forget.request),
    services.trust.onDidGrant(forget.request),
    services.settings.onDidChange((change) => {
      if (change.affects([foldersSetting])) {
        forget.request();
      }
    }),
  ];

  const readAll = async (): Promise<Library> => {
    const folders = await workspaceLibraries(services);
    watcher.dispose();
    watcher = Disposable.from(
      ...folders.map((folder) => watch(new RelativePattern(folder, '**/*.{md,MD}'), forget.request)),
    );
    const own = Uri.joinPath(services.extensionUri, 'instructions');
    const libraries = await Promise.all([...folders, own].map(async (folder) => readFolder(folder, services.turns)));
    const library = mergeLibraries(libraries);
    for (const { path, message, fix } of library.findings) {
      services.log.warn([path === undefined ? message : `${path}: ${message}`, fix ?? ''].join(' ').trim());
    }
    return library;
  };
  const read = async (): Promise<Library> => {
    reading ??= readAll();
    return reading;
  };
  return {
    read,
    fingerprints: async () => libraryFingerprints(await read()),
    onDidChange: changed.event,
    forget: () => {
      reading = undefined;
    },
    dispose: () => {
      watcher.dispose();
      for (const subscription of subscriptions) {
        subscription.dispose();
      }
    },
  };
}

function watch(pattern: GlobPattern, listener: () => void): Disposable {
  const watcher = workspace.createFileSystemWatcher(pattern);
  return Disposable.from(
    watcher,
    watcher.onDidChange(listener),
    watcher.onDidCreate(listener),
    watcher.onDidDelete(listener),
  );
}

async function readFolder(folder: Uri, turns: Turns): Promise<Library> {
  try {
    const files = createEditorFiles(folder, { searchable: false, exclude: [], libraryFolders: [] });
    return await readLibrary(files, { turns });
  } catch (error) {
    // Not every workspace has a library of its own.
    if (isSourceError(error, 'not-found')) {
      return { instructions: [], findings: [] };
    }
    const message = `The library can't be read: ${describeError(error)}`;
    return {
      instructions: [],
      findings: [{ id: 'library', severity: 'warning', message, path: folder.toString(true) }],
    };
  }
}

async function workspaceLibraries(services: Services): Promise<Uri[]> {
  const configs = await readFolderConfigs(undefined);
  return configs.flatMap((config) =>
    libraryFoldersOf(services, config).map((folder) =>
      isAbsolute(folder) ? Uri.file(folder) : Uri.joinPath(config.folder.uri, folder),
    ),
  );
}
