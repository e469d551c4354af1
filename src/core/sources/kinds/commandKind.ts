import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { CommandTree } from '../commandTree';
import { readCommand, readRoot } from './fields';
import type { NamedSource, TreeKind } from './treeKind';

/** A folder behind a program that runs a shell in a sandbox. */
export interface CommandConfig extends NamedSource {
  readonly kind: 'command';
  /** The program and its arguments; what follows them is run in the sandbox. */
  readonly command: readonly string[];
  /** Absolute path of the kv-cache folder in the sandbox. */
  readonly root: string;
}

export const commandKind: TreeKind<CommandConfig> = {
  parse: (fields, name) => ({ kind: 'command', name, command: readCommand(fields), root: readRoot(fields) }),
  open: (config) =>
    new CommandTree({ id: idOf(config), label: config.name, command: config.command, root: config.root }),
  // Arguments may be anything, so only the program is shown.
  place: ({ command, root }) => `${programOf(command)}:${root}`,
};

/** Stable for the same command; its arguments are not readable in it. */
function idOf({ command, root }: CommandConfig): string {
  const hash = createHash('sha256').update(JSON.stringify(command)).digest('hex').slice(0, 16);
  return `command:${programOf(command)}:${hash}${root}`;
}

function programOf(command: readonly string[]): string {
  return basename(command[0] ?? '');
}
