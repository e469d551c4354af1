import { constants } from 'node:fs';
import { access, readFile, stat } from 'node:fs/promises';
import { homedir, platform } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { configFileName, defaultConfig, maxConfigBytes, parseConfig } from '../core/config';
import type { ParsedConfig } from '../core/config';
import { SourceError, UserError } from '../core/errors';
import { claudeProjectName } from '../core/instructions/instructionRoot';
import type { InstructionRoot } from '../core/instructions/instructionRoot';
import { nodeInstructionFiles } from '../core/instructions/nodeFiles';

export interface RootOptions {
  readonly libraryFolders: readonly string[];
  /** Also the files of the user and of the organisation, and CLAUDE.md above the repository. */
  readonly user: boolean;
  readonly env: NodeJS.ProcessEnv;
}

/** Rejects with a SourceError when a path is no folder that can be read. */
export async function requireFolder(folder: string): Promise<void> {
  let isFolder: boolean;
  try {
    isFolder = (await stat(folder)).isDirectory();
    await access(folder, constants.R_OK);
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new SourceError(
      missing ? 'not-found' : 'forbidden',
      missing ? `\`${folder}\` does not exist.` : `\`${folder}\` can't be read.`,
      { nextStep: 'Give an existing folder.', cause: error },
    );
  }
  if (!isFolder) {
    throw new SourceError('unsupported', `\`${folder}\` is not a folder.`, { nextStep: 'Give an existing folder.' });
  }
}

/** The `context-cache.yaml` of a folder; the defaults when there is none. */
export async function readConfig(folder: string): Promise<ParsedConfig> {
  const path = join(folder, configFileName);
  try {
    const facts = await stat(path);
    if (facts.size > maxConfigBytes) {
      throw new UserError(`\`${path}\` has ${facts.size} bytes.`, `Keep it below ${maxConfigBytes} bytes.`);
    }
    return parseConfig(await readFile(path, 'utf8'), path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return { config: defaultConfig, findings: [] };
    }
    if (error instanceof UserError) {
      throw error;
    }
    throw new UserError(`\`${path}\` can't be read.`, 'Give yourself the right to read it.', { cause: error });
  }
}

/** The roots whose instructions an agent loads that runs in `folder` (absolute): outermost first, the folder last. */
export async function instructionRoots(folder: string, options: RootOptions): Promise<InstructionRoot[]> {
  const roots: InstructionRoot[] = [];
  if (options.user) {
    roots.push({ ...rootAt(managedFolder(), 'managed'), shownPrefix: `${managedFolder()}/` });
    roots.push({
      ...rootAt(homeFolder(options.env), 'user'),
      label: '~',
      shownPrefix: '~/',
      projectNames: [claudeProjectName(folder)],
    });
  }
  const repository = await repositoryOf(folder);
  for (const ancestor of ancestorsOf(folder)) {
    const inRepository = repository !== undefined && !relative(repository, ancestor).startsWith('..');
    if (inRepository || options.user) {
      roots.push({
        ...rootAt(ancestor, 'ancestor'),
        shownPrefix: `${relative(folder, ancestor).replace(/\\/g, '/')}/`,
        beyondRepository: !inRepository,
        isHome: options.user && ancestor === homeFolder(options.env),
      });
    }
  }
  roots.push({ ...rootAt(folder, 'workspace'), libraryFolders: options.libraryFolders });
  return roots;
}

function rootAt(folder: string, kind: InstructionRoot['kind']): InstructionRoot {
  return { id: `${kind}:${folder}`, kind, label: basename(folder) || folder, files: nodeInstructionFiles(folder) };
}

/** Outermost first, without the folder itself. */
function ancestorsOf(folder: string): string[] {
  const ancestors: string[] = [];
  for (let at = dirname(folder); at !== dirname(at); at = dirname(at)) {
    ancestors.unshift(at);
  }
  return ancestors;
}

/** The folder with `.git` in or above a folder. */
async function repositoryOf(folder: string): Promise<string | undefined> {
  for (const candidate of [folder, ...ancestorsOf(folder).reverse()]) {
    try {
      await access(join(candidate, '.git'));
      return candidate;
    } catch {
      // Not this one.
    }
  }
  return undefined;
}

function homeFolder(env: NodeJS.ProcessEnv): string {
  return (platform() === 'win32' ? env['USERPROFILE'] : env['HOME']) || homedir();
}

/** Where an organisation puts a CLAUDE.md for everyone. */
function managedFolder(): string {
  switch (platform()) {
    case 'darwin':
      return '/Library/Application Support/ClaudeCode';
    case 'win32':
      return 'C:\\Program Files\\ClaudeCode';
    default:
      return '/etc/claude-code';
  }
}
