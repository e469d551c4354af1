import type { Command } from 'commander';
import { describeError } from '../../core/errors';
import type { SourceError } from '../../core/errors';
import type { CliContext, ExitCode } from '../io';
import { printable } from '../text';

/** What every command takes that changes a layer. */
export interface ChangeOptions {
  readonly dryRun?: true;
  readonly yes?: true;
}

/** Single failures beyond this are counted only. */
const mostTold = 20;

export function addChangeOptions(command: Command): Command {
  return command
    .option('--dry-run', 'print the plan and change nothing')
    .option('--yes', 'do not ask before the plan is applied');
}

/** Tells what failed; exit code 1 when something did. */
export function finish(
  context: CliContext,
  failed: readonly { readonly name: string; readonly error: SourceError }[],
  interrupted: SourceError | undefined,
): ExitCode {
  for (const { name, error } of failed.slice(0, mostTold)) {
    context.message(printable(`${name}: ${describeError(error)}`));
  }
  if (failed.length > mostTold) {
    context.message(`${failed.length - mostTold} more failed.`);
  }
  if (interrupted !== undefined) {
    context.message(printable(`It ended early: ${describeError(interrupted)}`));
  }
  return failed.length > 0 || interrupted !== undefined ? 1 : 0;
}
