import type { Command } from 'commander';
import { realpath } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { isInside, maxSourceBytes } from '../../core/cache/summarySource';
import { isSourceError, UserError } from '../../core/errors';
import { nodeInstructionFiles } from '../../core/instructions/nodeFiles';
import { isConversation } from '../../core/summaries/conversation';
import type { SummarySource } from '../../core/summaries/model';
import { defaultProjectFiles } from '../../core/summaries/projectFiles';
import type { SourceReader } from '../../core/summaries/refresh';
import {
  conversationSource,
  entrySource,
  fileSource,
  messageSources,
  projectSource,
  selectionSource,
} from '../../core/summaries/sources';
import type { SourceFile } from '../../core/summaries/sources';
import { findEntry } from '../cache/show';
import type { OpenedCache } from '../cache/runPlan';
import type { CliContext } from '../io';
import { isScopeName } from '../../core/cache/scopes';

/** How a command is told what is summed up. */
export interface InputOptions {
  readonly entry?: string;
  readonly project?: true;
  readonly messages?: true;
}

export function addInputs(command: Command): Command {
  return command
    .argument('[files...]', 'files of text or the JSON of a conversation; - is standard input')
    .option('--entry <scope/key>', 'a value of the cache, in place of files')
    .option('--project', 'the project as a whole, of the files given or else of its README and manifests')
    .option('--messages', 'each message of a conversation that has a message_id');
}

/** The sources that a command line names. Throws a `UserError` when it names none, or what can't be read. */
export async function readInputs(
  context: CliContext,
  cache: OpenedCache,
  files: readonly string[],
  options: InputOptions,
): Promise<readonly SummarySource[]> {
  const { entry, project, messages } = options;
  if ([entry !== undefined, project === true, messages === true].filter(Boolean).length > 1) {
    throw new UserError('--entry, --project and --messages exclude one another.', 'Give one of them.');
  }
  if (entry !== undefined) {
    return [await readEntry(context, cache, entry)];
  }
  if (project === true) {
    const given = await Promise.all(files.map(async (file) => readGivenFile(context, cache, file)));
    const outside = given.find(({ inWorkspace }) => !inWorkspace);
    if (outside !== undefined) {
      throw new UserError(`'${outside.path}' is not in ${cache.workspace}.`, 'Name files of the workspace.');
    }
    return [projectSource(files.length === 0 ? await usualFiles(context, cache) : given)];
  }
  if (files.length === 0) {
    throw new UserError('Nothing to sum up is named.', 'Name files, or use --entry or --project.');
  }
  const sources = await Promise.all(files.map(async (file) => readFileInput(context, cache, file, messages === true)));
  return sources.flat();
}

/** Reads files of a workspace by the paths that summaries name. */
export function workspaceReader({ workspace }: OpenedCache): SourceReader {
  const files = nodeInstructionFiles(workspace);
  return { file: async (path, options) => files.read(path, { ...options, maxBytes: maxSourceBytes }) };
}

async function readFileInput(
  context: CliContext,
  cache: OpenedCache,
  file: string,
  messages: boolean,
): Promise<readonly SummarySource[]> {
  if (file === '-') {
    const text = Buffer.from(await context.readStdin()).toString();
    if (messages) {
      return messageSources('standard input', text);
    }
    return [selectionSource('standard input', text)];
  }
  const read = await readGivenFile(context, cache, file);
  const text = Buffer.from(read.bytes).toString();
  if (messages) {
    return messageSources(read.path, text);
  }
  return [isConversation(text) ? conversationSource(read) : fileSource(read)];
}

async function readGivenFile(context: CliContext, cache: OpenedCache, file: string): Promise<SourceFile> {
  const path = resolve(context.cwd, file);
  const bytes = await nodeInstructionFiles(dirname(path)).read(basename(path), {
    signal: context.signal,
    maxBytes: maxSourceBytes,
  });
  const inside = relative(await realpathOf(cache.workspace), join(await realpathOf(dirname(path)), basename(path)));
  const shared = inside.split(sep).join('/');
  const inWorkspace = isInside(shared);
  return { path: inWorkspace ? shared : path, bytes, inWorkspace };
}

/** A workspace without a cache may lie behind a link, too. */
async function realpathOf(folder: string): Promise<string> {
  try {
    return await realpath(folder);
  } catch {
    return folder;
  }
}

async function readEntry({ signal }: CliContext, cache: OpenedCache, place: string): Promise<SummarySource> {
  const slash = place.indexOf('/');
  const scope = place.slice(0, slash);
  if (slash < 0 || !isScopeName(scope)) {
    throw new UserError(`'${place}' is no entry.`, 'Write it as scope/key.');
  }
  const entry = findEntry(cache.snapshot, scope, place.slice(slash + 1));
  return entrySource(entry, await cache.tree.read(`${scope}/${entry.key}`, { signal, maxBytes: maxSourceBytes }));
}

async function usualFiles({ signal }: CliContext, cache: OpenedCache) {
  const files = nodeInstructionFiles(cache.workspace);
  const found: { path: string; bytes: Uint8Array }[] = [];
  for (const path of defaultProjectFiles) {
    try {
      found.push({ path, bytes: await files.read(path, { signal, maxBytes: maxSourceBytes }) });
    } catch (error) {
      if (!isSourceError(error, 'not-found')) {
        throw error;
      }
    }
  }
  if (found.length === 0) {
    throw new UserError(`${cache.workspace} has no README and no manifest.`, 'Name the files after --project.');
  }
  return found;
}
