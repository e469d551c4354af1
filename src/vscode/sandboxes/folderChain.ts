import { Disposable, RelativePattern, Uri, workspace } from 'vscode';
import { createSingleFlight } from '../singleFlight';
import { cachePath, isFolder } from './sources/folderSource';

/** Watches for caches that appear or vanish below some folders. */
export interface FolderChainWatcher {
  /** Watches below these folders from now on. */
  watch(folders: readonly Uri[]): void;
  dispose(): void;
}

/**
 * A folder that does not exist yet can't be watched, so each existing link of the chain is watched for the next one,
 * and the chain is armed anew whenever a link appears or vanishes.
 */
export function watchFolderChain(changed: () => void): FolderChainWatcher {
  const armed = new Map<string, Disposable>();
  let roots: readonly Uri[] = [];

  const flight = createSingleFlight(async (signal) => {
    const wanted = new Map<string, { base: Uri; segment: string }>();
    for (const root of roots) {
      let base = root;
      for (const segment of cachePath) {
        wanted.set(base.toString(), { base, segment });
        base = Uri.joinPath(base, segment);
        if (!(await isFolder(base))) {
          break;
        }
      }
    }
    if (signal.aborted) {
      return;
    }
    for (const [key, watcher] of armed) {
      if (!wanted.has(key)) {
        watcher.dispose();
        armed.delete(key);
      }
    }
    for (const [key, { base, segment }] of wanted) {
      if (!armed.has(key)) {
        armed.set(key, watchFor(base, segment, onLink));
      }
    }
  }, 50);

  const onLink = (): void => {
    void flight.run();
    changed();
  };

  return {
    watch: (folders) => {
      roots = folders;
      void flight.run();
    },
    dispose: () => {
      flight.dispose();
      for (const watcher of armed.values()) {
        watcher.dispose();
      }
      armed.clear();
    },
  };
}

function watchFor(base: Uri, segment: string, changed: () => void): Disposable {
  const watcher = workspace.createFileSystemWatcher(new RelativePattern(base, segment), false, true, false);
  const subscriptions = [watcher.onDidCreate(changed), watcher.onDidDelete(changed), watcher];
  return Disposable.from(...subscriptions);
}
