import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import { libraryFingerprints, readLibrary } from '../../core/cache/library';
import type { ScopeName } from '../../core/cache/model';
import { scopeNames } from '../../core/cache/model';
import { isScopeName } from '../../core/cache/scopes';
import { nodeInstructionFiles } from '../../core/instructions/nodeFiles';
import type { EncodingName } from '../../core/tokens/counter';
import { encodingNames } from '../../core/tokens/counter';
import type { CliContext } from '../io';
import { resolve } from 'node:path';
import { addSourceOptions } from '../source';
import type { SourceChoice } from '../source';

/** What every command of the group takes. */
export type SourceOptions = SourceChoice;

export interface ScopeOptions {
  readonly scope?: ScopeName;
}

export interface TokenOptions {
  readonly encoding: EncodingName;
  readonly tokens: boolean;
}

export interface LibraryOptions {
  readonly library?: string;
  /** Folders of the workspace that go before those of its `context-cache.yaml`. */
  readonly libraryFolders?: readonly string[];
}

/** A command-line argument that names a scope; wrong use when there is no such scope. */
export function scopeArgument(name: string): ScopeName {
  if (!isScopeName(name)) {
    throw new InvalidArgumentError(`Use one of ${scopeNames.join(', ')}.`);
  }
  return name;
}

export function addSourceOption(command: Command): Command {
  return addSourceOptions(command, 'a workspace, its kv-cache folder, or an address', '.');
}

export function addScopeOption(command: Command): Command {
  return command.option('--scope <scope>', `only this scope: ${scopeNames.join(', ')}`, scopeArgument);
}

export function addTokenOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--encoding <name>', 'count tokens in this encoding').choices(encodingNames).default('o200k_base'),
    )
    .option('--no-tokens', 'do not count tokens');
}

export function addLibraryOption(command: Command): Command {
  return command.option('--library <dir>', 'compare seeded instructions with the files of this folder');
}

/** Fingerprints of the library that the options name, by tag. */
export async function readFingerprints(
  context: CliContext,
  options: LibraryOptions,
): Promise<{ readonly library?: ReadonlyMap<string, string> }> {
  if (options.library === undefined) {
    return {};
  }
  const library = await readLibrary(nodeInstructionFiles(resolve(context.cwd, options.library)), {
    signal: context.signal,
  });
  for (const finding of library.findings) {
    context.message(`${finding.path ?? ''}: ${finding.message}`);
  }
  return { library: libraryFingerprints(library) };
}
