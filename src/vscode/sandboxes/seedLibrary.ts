import { isAbsolute } from 'node:path';
import { EventEmitter, RelativePattern, Uri, workspace } from 'vscode';
import type { Disposable, Event } from 'vscode';
import { libraryFingerprints, readLibrary } from '../../core/cache/library';
import type { Library, LibraryInstruction } from '../../core/cache/library';
import { originalKeyOfTag, usableKey } from '../../core/cache/keys';
import { describeError, isSourceError } from '../../core/errors';
import type { Finding } from '../../core/findings';
import { createDebounced } from '../debounce';
import { createEditorFiles } from '../instructions/editorFiles';
import type { Services } from '../services';

/** The instructions that are seeded: the extension's own, and the workspace's, which go before them. */
export interface SeedLibrary {
  /** Read once, and again after a file or a setting changed. */
  read(): Promise<Library>;
  /** Fingerprints by tag. */
  readonly fingerprints: () => Promise<ReadonlyMap<string, string>>;
  readonly onDidChange: Event<void>;
  dispose(): void;
}

const foldersSetting = 'contextCache.instructions.libraryFolders';
const quietMs = 300;

export function createSeedLibrary(services: Services): SeedLibrary {
  const changed = new EventEmitter<void>();
  let reading: Promise<Library> | undefined;
  let watchers: readonly Disposable[] = [];

  const forget = createDebounced(() => {
    reading = undefined;
    changed.fire();
  }, quietMs);
  const watch = (): void => {
    for (const watcher of watchers) {
      watcher.dispose();
    }
    watchers = workspaceFolders(services).flatMap((folder) => {
      const watcher = workspace.createFileSystemWatcher(new RelativePattern(folder, '**/*.{md,MD}'));
      return [
        watcher,
        ...[watcher.onDidChange, watcher.onDidCreate, watcher.onDidDelete].map((on) => on(forget.request)),
      ];
    });
  };
  const subscriptions = [
    changed,
    forget,
    workspace.onDidChangeWorkspaceFolders(() => {
      watch();
      forget.request();
    }),
    services.settings.onDidChange((change) => {
      if (change.affects([foldersSetting])) {
        watch();
        forget.request();
      }
    }),
    services.trust.onDidGrant(() => {
      watch();
      forget.request();
    }),
  ];
  watch();

  const read = async (): Promise<Library> => {
    reading ??= readAll(services);
    return reading;
  };
  return {
    read,
    fingerprints: async () => libraryFingerprints(await read()),
    onDidChange: changed.event,
    dispose: () => {
      for (const one of [...watchers, ...subscriptions]) {
        one.dispose();
      }
    },
  };
}

async function readAll(services: Services): Promise<Library> {
  const instructions = new Map<string, LibraryInstruction>();
  const findings: Finding[] = [];
  const folders = [Uri.joinPath(services.extensionUri, 'instructions'), ...workspaceFolders(services)];
  for (const folder of folders) {
    try {
      const library = await readLibrary(
        createEditorFiles(folder, { searchable: false, exclude: [], libraryFolders: [] }),
      );
      findings.push(...library.findings);
      for (const instruction of library.instructions) {
        instructions.set(usableKey(originalKeyOfTag(instruction.tag)), instruction);
      }
    } catch (error) {
      // Not every workspace has a library of its own.
      if (!isSourceError(error, 'not-found')) {
        const message = `The library ${folder.toString(true)} can't be read: ${describeError(error)}`;
        findings.push({ id: 'library', severity: 'warning', message });
      }
    }
  }
  for (const { message, fix } of findings) {
    services.log.warn(fix === undefined ? message : `${message} ${fix}`);
  }
  return { instructions: [...instructions.values()], findings };
}

function workspaceFolders(services: Services): Uri[] {
  return (workspace.workspaceFolders ?? []).flatMap(({ uri }) =>
    services.settings
      .get(foldersSetting, uri)
      .map((folder) => (isAbsolute(folder) ? Uri.file(folder) : Uri.joinPath(uri, folder))),
  );
}
