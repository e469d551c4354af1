import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { describeError } from '../core/errors';
import { systemClock } from '../core/ports';
import type { ActionRunner, CommandGroup } from './actions';
import { cacheGroup } from './cache/group';
import { checkCommand } from './check/group';
import { instructionsCommand } from './instructions';
import { kvGroup } from './kv/group';
import type { CliContext, ExitCode } from './io';
import { layersGroup } from './layers/group';
import { mcpCommand } from './mcp';
import { serveCommand } from './serve';
import { summaryGroup } from './summary/group';
import { promptGroup } from './prompt/group';
import { tokensCommand } from './tokens';
import { printableText } from './text';

const groups: readonly CommandGroup[] = [
  instructionsCommand,
  tokensCommand,
  checkCommand,
  cacheGroup,
  layersGroup,
  kvGroup,
  promptGroup,
  summaryGroup,
  mcpCommand,
  serveCommand,
];

type HostContext = Omit<CliContext, 'clock' | 'json' | 'own'>;

function parseInstant(text: string): number {
  // Naive times are UTC, as in the cache's own format.
  const aware = /(?:[zZ]|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`;
  const instant = Date.parse(aware);
  if (Number.isNaN(instant)) {
    throw new InvalidArgumentError('Give an ISO 8601 time such as 2025-11-12T09:30:00.');
  }
  return instant;
}

/** Runs the command line and returns its exit code; never throws and never ends the process. */
export async function runCli(args: readonly string[], host: HostContext): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  const owned: { dispose?(): void }[] = [];
  const program = new Command('context-cache')
    .description('Index instruction files, measure prompts in tokens, and look after sandbox caches.')
    .showHelpAfterError('(run with --help for the usage)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => {
        host.out(text);
      },
      writeErr: (text) => {
        host.message(text.trimEnd());
      },
    });

  const run: ActionRunner =
    (action) =>
    async (...actionArguments) => {
      // Commander passes the command itself last.
      const command = actionArguments.at(-1) as Command;
      const options = command.optsWithGlobals<{ json?: true; now?: number }>();
      const { now } = options;
      const context: CliContext = {
        ...host,
        json: options.json === true,
        own: (one) => {
          owned.push(one);
        },
        clock: now === undefined ? systemClock : { now: () => now },
      };
      exitCode = await action(context, ...actionArguments);
    };

  for (const group of groups) {
    group(program, run);
  }
  addCommonOptions(program);

  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) {
      return error.exitCode === 0 ? 0 : 2;
    }
    host.message(`context-cache: ${printableText(describeError(error))}`);
    return 1;
  } finally {
    for (const one of owned) {
      one.dispose?.();
    }
  }
}

/** Every command that does something takes `--json` and `--now`. */
function addCommonOptions(command: Command): void {
  for (const child of command.commands) {
    addCommonOptions(child);
  }
  if (command.commands.length === 0) {
    command
      .option('--json', 'print one JSON document on standard output; messages go to standard error')
      .addOption(new Option('--now <time>', 'use this ISO 8601 time as the current time').argParser(parseInstant));
  }
}
