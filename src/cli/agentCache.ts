import { join } from 'node:path';
import { AgentCache } from '../agent/agentCache';
import type { Precedence } from '../agent/agentCache';
import { isSourceError } from '../core/errors';
import type { FileTree } from '../core/fileTree';
import { createTokenCounter } from '../core/tokens/localCounter';
import { openLibrary } from './cache/library';
import { openHistory } from './cache/runPlan';
import type { CliContext } from './io';
import { dataFolderOf } from './dataFolder';
import { openSource } from './source';

export interface AgentCacheChoice {
  readonly source?: string;
  readonly library?: string;
  readonly prefer: Precedence;
}

/**
 * The cache that agents get. A source that was named must be there, or be a workspace that can be given one; without
 * a name, the current folder's cache is used if there is one, and instructions come from the library alone if not.
 */
export async function openAgentCache(context: CliContext, choice: AgentCacheChoice): Promise<AgentCache> {
  const opened = await openNamedOrNear(context, choice.source);
  const place = opened?.place ?? join(context.cwd, '.iris', 'kv-cache');
  const library = choice.library === undefined ? {} : { library: choice.library };
  // What is wrong with the library's files is said once, not at every call of an agent.
  await openLibrary(context, place, library);
  const quiet: CliContext = { ...context, message: () => undefined };
  return new AgentCache({
    tree: opened?.tree,
    library: async () => openLibrary(quiet, place, library),
    precedence: choice.prefer,
    history: openHistory(context),
    counter: createTokenCounter({ dataFolder: dataFolderOf(context) }),
    clock: context.clock,
  });
}

async function openNamedOrNear(
  context: CliContext,
  source: string | undefined,
): Promise<{ readonly tree: FileTree; readonly place: string } | undefined> {
  if (source !== undefined) {
    return openSource(context.cwd, source, { create: true });
  }
  try {
    return await openSource(context.cwd, '.');
  } catch (error) {
    if (isSourceError(error, 'not-found')) {
      return undefined;
    }
    throw error;
  }
}
