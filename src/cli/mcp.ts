import type { Command } from 'commander';
import { Option } from 'commander';
import type { Precedence } from '../agent/agentCache';
import type { Logger } from '../core/ports';
import { openAgentCache } from './agentCache';
import type { CliContext, ExitCode } from './io';
import { packageVersion } from './packageFolder';
import type { ActionRunner } from './actions';
import { addSourceOptions } from './source';
import type { SourceChoice } from './source';

interface McpOptions extends SourceChoice {
  readonly library?: string;
  readonly prefer: Precedence;
  readonly allowWrites?: true;
}

/** `mcp`: serves the agents' tools over standard input and output until the input ends. */
export function mcpCommand(program: Command, run: ActionRunner): void {
  const command = program
    .command('mcp')
    .description('serve instructions, artifacts and summaries to agents over MCP (standard input and output)');
  addSourceOptions(command, 'a workspace, its kv-cache folder, or an address; the current folder unless given')
    .option('--library <dir>', 'the instructions of this folder; the own and the workspace library unless given')
    .addOption(
      new Option('--prefer <place>', 'where an instruction is looked up first')
        .choices(['sandbox', 'library'])
        .default('sandbox'),
    )
    .option('--allow-writes', 'let agents remove entries without asking a person')
    .action(run(serve));
}

async function serve(context: CliContext, options: McpOptions): Promise<ExitCode> {
  // Only this command needs the protocol: the others start faster without it.
  const { serveMcp } = await import('../agent/serveMcp');
  const cache = await openAgentCache(context, options);
  const settings = {
    version: await packageVersion(),
    allowWrites: options.allowWrites === true,
    log: messageLog(context),
  };
  try {
    await serveMcp(cache, settings, context.signal);
    return 0;
  } finally {
    cache.counter.dispose();
  }
}

/** Standard output belongs to the protocol: what is worth saying goes to standard error. */
function messageLog(context: CliContext): Logger {
  const say = (message: string): void => {
    context.message(`context-cache mcp: ${message}`);
  };
  return { debug: () => undefined, info: say, warn: say, error: say };
}
