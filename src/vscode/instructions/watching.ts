import { RelativePattern, workspace } from 'vscode';
import type { Disposable, Uri } from 'vscode';
import type { Services } from '../services';
import { candidatePattern, locationOf } from './editorFiles';
import type { ChangedFile, InstructionsModel } from './instructionsModel';

/** Files whose change can alter which files are instructions at all. */
const layoutPattern = '**/{.gitignore,context-cache.yaml}';

/** Keeps the model current: changed files one by one, everything when folders or ignore rules changed. */
export function watchInstructions(services: Services, model: InstructionsModel): void {
  let watchers: Disposable[] = [];
  const stop = (): void => {
    for (const watcher of watchers) {
      watcher.dispose();
    }
    watchers = [];
  };
  const start = (): void => {
    stop();
    watchers = (workspace.workspaceFolders ?? []).flatMap(({ uri }) => watchFolder(uri, model));
  };
  start();
  services.own({ dispose: stop });
  services.own(
    workspace.onDidChangeWorkspaceFolders(() => {
      start();
      model.requestRefresh();
    }),
  );
  services.own(
    services.trust.onDidGrant(() => {
      // The workspace's own settings count from now on.
      model.requestRefresh();
    }),
  );
  services.own(
    workspace.onDidSaveTextDocument(({ uri }) => {
      // Imported files can have any name, and the user's own lie outside of every watched folder.
      const changed = model.filesAt(locationOf(uri));
      if (changed.length > 0) {
        model.requestChanged(changed);
      }
    }),
  );
}

function watchFolder(root: Uri, model: InstructionsModel): Disposable[] {
  const files = workspace.createFileSystemWatcher(new RelativePattern(root, candidatePattern));
  const layout = workspace.createFileSystemWatcher(new RelativePattern(root, layoutPattern));
  // A folder that comes or goes as a whole may be reported by itself alone.
  const folders = workspace.createFileSystemWatcher(new RelativePattern(root, '**'), false, true, false);
  const changed = (uri: Uri): void => {
    model.requestChanged([toChange(root, uri)]);
  };
  const everything = (): void => {
    model.requestRefresh();
  };
  const created = (uri: Uri): void => {
    if (mayBeFolder(uri)) {
      everything();
    }
  };
  const deleted = (uri: Uri): void => {
    if (model.hasFilesBelow(locationOf(uri))) {
      everything();
    }
  };
  return [
    files,
    files.onDidChange(changed),
    files.onDidCreate(changed),
    files.onDidDelete(changed),
    layout,
    layout.onDidChange(everything),
    layout.onDidCreate(everything),
    layout.onDidDelete(everything),
    folders,
    folders.onDidCreate(created),
    folders.onDidDelete(deleted),
  ];
}

/** A name that does not look like a file's. Those in Git's own folder come by the thousand and mean nothing here. */
function mayBeFolder({ path }: Uri): boolean {
  return !path.includes('/.git/') && !path.includes('/node_modules/') && !/[^/]\.[a-z]\w*$/i.test(path);
}

function toChange(root: Uri, uri: Uri): ChangedFile {
  const prefix = `${root.path.replace(/\/$/, '')}/`;
  return { rootId: root.toString(), path: uri.path.slice(prefix.length) };
}
