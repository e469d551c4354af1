import { commands } from 'vscode';
import type { CommandId, ContextKey, ContextKeyTypes } from '../contributions';
import { describeError, isSourceError } from '../core/errors';
import type { Services } from './services';

/**
 * Registers a command. An error that its handler throws is told to the person with its next step and logged; a
 * cancellation is silent. The handler's result is the command's, so that tests and other extensions can read it.
 * Arguments come from menus, keybindings and other extensions: declare them as what the menus pass, or undefined.
 */
export function registerCommand(services: Services, id: CommandId, handler: (...args: never[]) => unknown): void {
  services.own(
    commands.registerCommand(id, async (...args: unknown[]) => {
      try {
        return await handler(...(args as never[]));
      } catch (error) {
        reportError(services, id, error);
        return undefined;
      }
    }),
  );
}

/**
 * A command of one feature: it works with what the feature's commands share. `clicked` and `selected` are what the
 * editor passes: rows of a view, URIs of documents, the word `selection` from a keybinding, or nothing from the palette.
 */
export interface FeatureCommand<Tools> {
  readonly id: CommandId;
  readonly run: (tools: Tools, clicked: unknown, selected: unknown) => Promise<unknown>;
}

export function registerCommands<Tools extends { readonly services: Services }>(
  tools: Tools,
  list: readonly FeatureCommand<Tools>[],
): void {
  for (const { id, run } of list) {
    registerCommand(tools.services, id, async (clicked?: unknown, selected?: unknown) => run(tools, clicked, selected));
  }
}

/** Logs an error and tells the person about it, unless it was only a cancellation. */
export function reportError(services: Services, what: string, error: unknown): void {
  if (isSourceError(error, 'cancelled')) {
    services.log.info(`${what}: cancelled`);
    return;
  }
  services.log.error(what, error);
  const showLog = 'Show Log';
  void services.prompts.tell('error', `Context Cache: ${describeError(error)}`, showLog).then((choice) => {
    if (choice === showLog) {
      services.log.show();
    }
  });
}

/**
 * Lets go of work that the caller does not wait for, such as a list that a person may leave open. Its error is told as
 * that of a command.
 */
export function letGo(services: Services, what: string, work: Promise<unknown>): void {
  work.catch((error: unknown) => {
    reportError(services, what, error);
  });
}

/** Sets a context key that `when` clauses of package.json read. */
export function setContext<Key extends ContextKey>(key: Key, value: ContextKeyTypes[Key]): void {
  void commands.executeCommand('setContext', key, value);
}

/** Runs one of the extension's own commands. */
export async function executeCommand(id: CommandId, ...args: readonly unknown[]): Promise<unknown> {
  return commands.executeCommand(id, ...args);
}
