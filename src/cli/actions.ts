import type { Command } from 'commander';
import type { CliContext, ExitCode } from './io';

/** A group of commands: adds itself to the program. `run` wraps an action, so that its exit code counts. */
export type CommandGroup = (program: Command, run: ActionRunner) => void;

export type ActionRunner = <Arguments extends unknown[]>(
  action: (context: CliContext, ...args: Arguments) => Promise<ExitCode>,
) => (...args: Arguments) => Promise<void>;
