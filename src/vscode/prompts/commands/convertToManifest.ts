import { posix } from 'node:path';
import { Uri, commands, window, workspace } from 'vscode';
import type { WorkspaceFolder } from 'vscode';
import { UserError, isSourceError } from '../../../core/errors';
import { convertPrompt } from '../../../core/prompts/convert';
import type { ConvertedPrompt } from '../../../core/prompts/convert';
import { commandUris } from '../../commandTargets';
import { letGo } from '../../commands';
import { asSource } from '../../fileSystemErrors';
import { formatExact, plural } from '../../format';
import { libraryFoldersOf, readFolderConfigs } from '../../instructions/workspaceConfig';
import { withProgress } from '../../progress';
import type { PromptTools } from '../promptTools';
import type { PromptCommand } from './promptCommand';

const title = 'Convert File to Manifest';

interface NewFile {
  readonly uri: Uri;
  readonly bytes: Uint8Array;
}

/**
 * Convert File to Manifest: splits a long prompt at its headings. What will be written is shown as one diff of many
 * files, then asked for; Undo removes what was written and has not been changed since. Returns the URI of the manifest.
 */
export const convertToManifest: PromptCommand = {
  id: 'contextCache.convertToManifest',
  run: async (tools, clicked) => {
    const { services, model, documents } = tools;
    services.trust.require('Converting a prompt');
    const [source] = commandUris(clicked);
    const folder = source === undefined ? undefined : workspace.getWorkspaceFolder(source);
    if (source === undefined || folder === undefined) {
      throw new UserError('No file of the workspace is active.', 'Open the file that holds the prompt, or select it.');
    }
    const name = nameOf(source);
    const text = (await workspace.openTextDocument(source)).getText();
    const { encoding } = model.snapshot.target.tokenizer;
    const input = { text, fileName: posix.basename(source.path), name };
    const converted = await withProgress({ title }, async ({ signal }) =>
      convertPrompt(input, services.counter, encoding, { signal }),
    );
    const files = await placeFiles(tools, folder, source, converted);
    await commands.executeCommand(
      'vscode.changes',
      `${title}: ${name}`,
      files.map(({ uri, bytes }) => [
        uri,
        undefined,
        documents.add(posix.basename(uri.path), new TextDecoder().decode(bytes)),
      ]),
    );
    if (!(await ask(tools, converted, files))) {
      return undefined;
    }
    const made = await missingFolders(files);
    await writeNew(files, made);
    const [manifest] = files;
    await window.showTextDocument(manifest!.uri);
    letGo(services, title, offerUndo(tools, name, files, made));
    return manifest!.uri;
  },
};

function nameOf(source: Uri): string {
  const stem = posix.basename(source.path).replace(/\.[^.]*$/, '');
  return stem.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '') || 'prompt';
}

/** Instructions go into the workspace's library, where their tags are found; all else into a folder of its own. */
async function placeFiles(
  { services }: PromptTools,
  folder: WorkspaceFolder,
  source: Uri,
  converted: ConvertedPrompt,
): Promise<readonly NewFile[]> {
  const configs = await readFolderConfigs(undefined);
  const config = configs.find((candidate) => candidate.folder.uri.toString() === folder.uri.toString());
  const libraries = config === undefined ? [] : libraryFoldersOf(services, config);
  const library = libraries.find((path) => !posix.isAbsolute(path));
  if (library === undefined && converted.sections.some(({ onDemand }) => onDemand)) {
    throw new UserError(
      'The workspace has no library folder for the instructions.',
      'Name one in context-cache.yaml, under `library`.',
    );
  }
  const own = Uri.joinPath(source, '..', converted.name);
  const files = converted.files.map(({ path, text }) => ({
    uri:
      library !== undefined && path.startsWith('instructions/')
        ? Uri.joinPath(folder.uri, library, path.slice('instructions/'.length))
        : Uri.joinPath(own, path),
    bytes: new TextEncoder().encode(text),
  }));
  for (const { uri } of files) {
    if ((await readIfThere(uri)) !== undefined) {
      throw new UserError(
        `${workspace.asRelativePath(uri)} is there already.`,
        'Rename it, or rename the source file.',
      );
    }
  }
  return files;
}

async function readIfThere(uri: Uri): Promise<Uint8Array | undefined> {
  try {
    return await asSource(uri, undefined, () => workspace.fs.readFile(uri));
  } catch (error) {
    if (isSourceError(error, 'not-found')) {
      return undefined;
    }
    throw error;
  }
}

async function ask(
  { services }: PromptTools,
  { sections, name }: ConvertedPrompt,
  files: readonly NewFile[],
): Promise<boolean> {
  const total = sections.reduce((sum, { tokens }) => sum + tokens, 0);
  const waiting = sections.filter(({ onDemand }) => onDemand);
  const later = waiting.reduce((sum, { tokens }) => sum + tokens, 0);
  return services.prompts.confirm({
    message: `Write ${plural(files.length, 'file')} for the prompt '${name}'?`,
    detail: [
      `${formatExact(later)} of ${formatExact(total)} tokens could be fetched on demand. The source file stays as it is.`,
      ...waiting.map(({ title: heading, reason }) => `${heading}: on demand. ${reason}`),
    ].join('\n'),
    yes: 'Write',
  });
}

/** The folders that writing the files will make, the innermost first. */
async function missingFolders(files: readonly NewFile[]): Promise<readonly Uri[]> {
  const missing = new Map<string, Uri>();
  for (const { uri } of files) {
    for (let folder = Uri.joinPath(uri, '..'); !missing.has(folder.toString()); folder = Uri.joinPath(folder, '..')) {
      if (await exists(folder)) {
        break;
      }
      missing.set(folder.toString(), folder);
    }
  }
  return [...missing.values()].sort((left, right) => right.path.length - left.path.length);
}

async function exists(uri: Uri): Promise<boolean> {
  try {
    await asSource(uri, undefined, () => workspace.fs.stat(uri));
    return true;
  } catch (error) {
    if (isSourceError(error, 'not-found')) {
      return false;
    }
    throw error;
  }
}

/** All or nothing: what was written before a failure is removed again. */
async function writeNew(files: readonly NewFile[], made: readonly Uri[]): Promise<void> {
  const written: NewFile[] = [];
  try {
    for (const file of files) {
      await asSource(file.uri, undefined, () => workspace.fs.writeFile(file.uri, file.bytes));
      written.push(file);
    }
  } catch (error) {
    await removeUnchanged(written, made);
    throw error;
  }
}

async function offerUndo(
  { services }: PromptTools,
  name: string,
  files: readonly NewFile[],
  made: readonly Uri[],
): Promise<void> {
  const undo = 'Undo';
  const message = `Wrote ${plural(files.length, 'file')} of the prompt '${name}'.`;
  if ((await services.prompts.tell('information', message, undo)) !== undo) {
    return;
  }
  services.trust.require('Removing the files of a prompt');
  const kept = await removeUnchanged(files, made);
  if (kept.length > 0) {
    const names = kept.map(({ uri }) => workspace.asRelativePath(uri)).join(', ');
    await services.prompts.tell('warning', `Changed since, so they stay: ${names}.`);
  }
}

/**
 * Removes files that are as they were written, and then the folders that were made for them and are empty.
 * @returns those that were changed meanwhile, and so stay
 */
async function removeUnchanged(files: readonly NewFile[], made: readonly Uri[]): Promise<readonly NewFile[]> {
  const kept: NewFile[] = [];
  for (const file of files) {
    const now = await readIfThere(file.uri);
    if (now === undefined) {
      continue;
    }
    if (Buffer.compare(now, file.bytes) === 0) {
      await workspace.fs.delete(file.uri);
    } else {
      kept.push(file);
    }
  }
  for (const folder of made) {
    if ((await exists(folder)) && (await workspace.fs.readDirectory(folder)).length === 0) {
      await workspace.fs.delete(folder);
    }
  }
  return kept;
}
