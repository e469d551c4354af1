import { commands, Uri } from 'vscode';
import { originalKeyOfTag, tagOfKey, usableKey } from '../../../core/cache/keys';
import type { LibraryInstruction } from '../../../core/cache/library';
import { UserError } from '../../../core/errors';
import { uriOf } from '../../instructions/editorFiles';
import { cacheScheme, cacheUri } from '../documents/cacheUri';
import { pickEntry, pickSandbox } from '../pickers';
import type { SandboxTools } from '../sandboxTools';
import { activeEntry, targetEntries } from '../targets';
import type { EntryTarget } from '../targets';
import type { SandboxCommand } from './sandboxCommand';

const title = 'Diff with Source';

/** Compares a cached instruction with the file of the library that it comes from, which can be edited there. */
export const diffWithSource: SandboxCommand = {
  id: 'contextCache.diffWithSource',
  run: async (tools, clicked, selected) => {
    const target = await findTarget(tools, clicked, selected);
    if (target !== undefined) {
      await openSourceDiff(tools, target);
    }
  },
};

export async function openSourceDiff(tools: SandboxTools, { sandbox, entry }: EntryTarget): Promise<void> {
  const source = await sourceOf(tools, entry.key);
  if (source === undefined) {
    throw new UserError(
      `${entry.originalKey} comes from no file of the library.`,
      'Add one whose tag is the same to a folder of contextCache.instructions.libraryFolders.',
    );
  }
  if (entry.fileBytes === undefined) {
    throw new UserError(`${entry.originalKey} has no value in the cache.`, 'Seed the instructions.');
  }
  await commands.executeCommand(
    'vscode.diff',
    cacheUri(sandbox.id, entry.scope, entry.key),
    uriOf(source.location),
    `${entry.originalKey} (${sandbox.label}) ↔ ${source.filename}`,
  );
}

async function findTarget(tools: SandboxTools, clicked: unknown, selected: unknown): Promise<EntryTarget | undefined> {
  if (clicked instanceof Uri && clicked.scheme !== cacheScheme) {
    return entryOfFile(tools, clicked);
  }
  const [target] = await targetEntries(tools, clicked, selected);
  return (
    target ??
    (await activeEntry(tools)) ??
    (await pickEntry(tools, { title, placeHolder: 'Which cached instruction?' }, isInstruction))
  );
}

/** The cached copy of a file of the library. */
async function entryOfFile(tools: SandboxTools, file: Uri): Promise<EntryTarget | undefined> {
  const { instructions } = await tools.library.read();
  const instruction = instructions.find(({ location }) => uriOf(location).toString() === file.toString());
  if (instruction === undefined) {
    throw new UserError(`${file.path} is in no library.`, 'See contextCache.instructions.libraryFolders.');
  }
  const sandbox = await pickSandbox(tools, title);
  if (sandbox === undefined) {
    return undefined;
  }
  await tools.store.snapshot(sandbox);
  const entry = tools.store.entry(sandbox, 'instructions', usableKey(originalKeyOfTag(instruction.tag)));
  if (entry === undefined) {
    throw new UserError(`${instruction.tag} is not in ${sandbox.label}.`, 'Seed the instructions.');
  }
  return { sandbox, entry };
}

async function sourceOf(tools: SandboxTools, key: string): Promise<LibraryInstruction | undefined> {
  const { instructions } = await tools.library.read();
  return instructions.find(({ tag }) => usableKey(originalKeyOfTag(tag)) === key);
}

function isInstruction({ entry }: EntryTarget): boolean {
  return entry.scope === 'instructions' && tagOfKey(entry.key) !== undefined && entry.fileBytes !== undefined;
}
