import { dirname } from 'node:path';
import { workspace } from 'vscode';
import { AgentCache } from '../../agent/agentCache';
import type { Library } from '../../core/cache/library';
import type { ContentHistory } from '../../core/cache/history';
import { sourceFileReader } from '../../core/cache/summarySource';
import { isSourceError } from '../../core/errors';
import { nodeInstructionFiles } from '../../core/instructions/nodeFiles';
import { FolderTree } from '../../core/sources/folderTree';
import { locateCache } from '../../core/sources/locateCache';
import type { Services } from '../services';

export interface WorkspaceCacheParts {
  readonly library: { read(): Promise<Library> };
  readonly history: ContentHistory;
}

/**
 * The cache that the editor's agents work on: that of the first workspace folder that has one, else the first folder,
 * which gets one by the first write. Without a folder on this host, instructions come from the library alone.
 */
export async function workspaceCache(services: Services, parts: WorkspaceCacheParts): Promise<AgentCache> {
  const folders = (workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
  const place = await cachePlace(folders.map(({ uri }) => uri.fsPath));
  return new AgentCache({
    tree: place === undefined ? undefined : new FolderTree(place),
    sourceFiles: place === undefined ? undefined : sourceFileReader(nodeInstructionFiles(dirname(dirname(place)))),
    library: async () => parts.library.read(),
    precedence: 'sandbox',
    history: parts.history,
    counter: services.counter,
    clock: services.clock,
  });
}

async function cachePlace(folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    try {
      return await locateCache(folder);
    } catch (error) {
      if (!isSourceError(error, 'not-found')) {
        throw error;
      }
    }
  }
  return folders[0] === undefined ? undefined : locateCache(folders[0], { create: true });
}
