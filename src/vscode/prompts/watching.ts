import { workspace } from 'vscode';
import type { Uri } from 'vscode';
import { configFileName } from '../../core/config';
import { locationOf } from '../instructions/editorFiles';
import type { Services } from '../services';
import { manifestPattern } from './promptsModel';
import type { PromptsModel } from './promptsModel';

/** Keeps the model current: manifests, lock files, the shared configuration, and every file that a prompt uses. */
export function watchPrompts(services: Services, model: PromptsModel): void {
  for (const pattern of [manifestPattern, '**/*.prompt.lock.json', `**/${configFileName}`]) {
    const watcher = services.own(workspace.createFileSystemWatcher(pattern));
    services.own(watcher.onDidChange(model.requestRefresh));
    services.own(watcher.onDidCreate(model.requestRefresh));
    services.own(watcher.onDidDelete(model.requestRefresh));
  }
  const used = services.own(workspace.createFileSystemWatcher('**'));
  const onFile = (uri: Uri): void => {
    // A folder that goes takes its files with it without a word about each.
    const location = locationOf(uri);
    if (
      model.readsProvidersFrom(uri) ||
      model.snapshot.prompts.some(({ uses }) => uses.has(location) || isAbove(location, uses))
    ) {
      model.requestRefresh();
    }
  };
  services.own(used.onDidChange(onFile));
  services.own(used.onDidCreate(onFile));
  services.own(used.onDidDelete(onFile));
  services.own(
    workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
      if (contentChanges.length > 0 && model.promptsUsing(document.uri).length > 0) {
        model.requestRefresh();
      }
    }),
  );
  services.own(
    workspace.onDidCloseTextDocument(({ uri }) => {
      // Unsaved text that was thrown away no longer counts.
      if (model.promptsUsing(uri).length > 0) {
        model.requestRefresh();
      }
    }),
  );
  services.own(
    workspace.onDidSaveTextDocument(({ uri }) => {
      // A file outside of the workspace is not watched.
      if (model.readsProvidersFrom(uri)) {
        model.requestRefresh();
      }
    }),
  );
  services.own(workspace.onDidChangeWorkspaceFolders(model.requestRefresh));
  services.own(services.trust.onDidGrant(model.requestRefresh));
}

function isAbove(folder: string, uses: ReadonlySet<string>): boolean {
  return [...uses].some((location) => location.startsWith(`${folder}/`) || location.startsWith(`${folder}\\`));
}
