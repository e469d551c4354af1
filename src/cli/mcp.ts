import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import type { Logger } from '../core/ports';
import { openAgentCache } from './agentCache';
import type { AgentCacheChoice } from './agentCache';
import type { CliContext, ExitCode } from './io';
import { packageVersion } from './packageFolder';
import type { ActionRunner } from './actions';
import { addSourceOptions } from './source';

interface McpOptions extends AgentCacheChoice {
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
      new Option('--library-folders <json>', 'folders of the workspace, as a JSON array, before its context-cache.yaml')
        .argParser(parseFolders)
        .conflicts('library'),
    )
    .addOption(
      new Option('--prefer <place>', 'where an instruction is looked up first')
        .choices(['sandbox', 'library'])
        .default('sandbox'),
    )
    .option('--allow-writes', 'let agents remove entries without asking a person')
    .action(run(serve));
}

function parseFolders(text: string): readonly string[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (!Array.isArray(value) || !value.every((folder) => typeof folder === 'string' && folder !== '')) {
    throw new InvalidArgumentError('Give a JSON array of folders such as ["instructions"].');
  }
  return value as string[];
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
