import { access } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, isAbsolute, join, posix } from 'node:path';
import { Uri } from 'vscode';
import type { WorkspaceFolder } from 'vscode';
import { claudeProjectName } from '../../core/instructions/instructionRoot';
import type { InstructionRoot } from '../../core/instructions/instructionRoot';
import { nodeInstructionFiles } from '../../core/instructions/nodeFiles';
import type { Services } from '../services';
import { createEditorFiles } from './editorFiles';
import { libraryFoldersOf } from './workspaceConfig';
import type { FolderConfig } from './workspaceConfig';

/** Where organisations keep Claude Code's settings. */
const managedFolders: Readonly<Partial<Record<NodeJS.Platform, string>>> = {
  linux: '/etc/claude-code',
  darwin: '/Library/Application Support/ClaudeCode',
  win32: 'C:\\Program Files\\ClaudeCode',
};

/** Folders above the workspace that are looked at; a repository is never that deep. */
const maxAncestors = 32;

/** Every place whose instructions count here: workspace folders, folders above, libraries, and the user's own. */
export async function instructionRoots(
  services: Services,
  configs: readonly FolderConfig[],
): Promise<InstructionRoot[]> {
  const folders = configs.map(({ folder }) => folder);
  const roots = configs.map((config) => workspaceRoot(services, config, folders.length > 1));
  for (const config of configs) {
    roots.push(...(await ancestorRoots(config.folder)), ...outsideLibraries(services, config));
  }
  if (services.settings.get('contextCache.instructions.includeUserFiles')) {
    roots.push(...userRoots(folders));
  }
  // Two folders of a workspace may share what stands above them, or name the same library.
  return [...new Map(roots.map((root) => [root.id, root])).values()];
}

function workspaceRoot(services: Services, config: FolderConfig, named: boolean): InstructionRoot {
  const { uri, name } = config.folder;
  const exclude = services.settings.get('contextCache.instructions.exclude', uri);
  const libraryFolders = libraryFoldersOf(services, config)
    .filter((folder) => !isAbsolute(folder))
    .map(normalFolder);
  return {
    id: uri.toString(),
    kind: 'workspace',
    label: name,
    files: createEditorFiles(uri, { searchable: true, exclude, libraryFolders }),
    libraryFolders,
    ...(named ? { shownPrefix: `${name}/` } : {}),
  };
}

/** `./instructions/` as `instructions`. */
function normalFolder(folder: string): string {
  const normal = posix.normalize(folder.replaceAll('\\', '/')).replace(/\/$/, '');
  return normal === '.' ? '' : normal;
}

function outsideLibraries(services: Services, config: FolderConfig): InstructionRoot[] {
  return libraryFoldersOf(services, config)
    .filter((folder) => isAbsolute(folder))
    .map((folder) => ({
      id: `library:${folder}`,
      kind: 'library',
      label: basename(folder),
      files: createEditorFiles(Uri.file(folder), { searchable: false, exclude: [], libraryFolders: [] }),
      shownPrefix: `${folder.replace(/[\\/]$/, '')}/`,
    }));
}

/** The folders above a workspace folder, up to the top of its repository; none without a repository. */
async function ancestorRoots({ uri }: WorkspaceFolder): Promise<InstructionRoot[]> {
  if (uri.scheme !== 'file') {
    return [];
  }
  const above: string[] = [];
  for (let folder = uri.fsPath; above.length < maxAncestors; folder = dirname(folder)) {
    if (folder !== uri.fsPath) {
      above.push(folder);
    }
    if (await exists(join(folder, '.git'))) {
      return above.map((path) => ({
        id: `ancestor:${path}`,
        kind: 'ancestor',
        label: basename(path),
        files: nodeInstructionFiles(path),
        shownPrefix: `${path}/`,
      }));
    }
    if (dirname(folder) === folder) {
      break;
    }
  }
  return [];
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}

function userRoots(folders: readonly WorkspaceFolder[]): InstructionRoot[] {
  const home = homedir();
  const projectNames = folders
    .filter(({ uri }) => uri.scheme === 'file')
    .map(({ uri }) => claudeProjectName(uri.fsPath));
  const managed = managedFolders[process.platform];
  return [
    {
      id: `user:${home}`,
      kind: 'user',
      label: 'Home folder',
      files: nodeInstructionFiles(home),
      shownPrefix: '~/',
      projectNames,
    },
    ...(managed === undefined
      ? []
      : [
          {
            id: `managed:${managed}`,
            kind: 'managed' as const,
            label: 'Organisation',
            files: nodeInstructionFiles(managed),
            shownPrefix: `${managed}/`,
          },
        ]),
  ];
}
