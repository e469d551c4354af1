import { AgentCache } from '../agent/agentCache';
import type { Precedence } from '../agent/agentCache';
import { isSourceError } from '../core/errors';
import { createTokenCounter } from '../core/tokens/localCounter';
import { openLiveLibrary } from './cache/library';
import type { LibraryOptions } from './cache/options';
import { openHistory } from './cache/runPlan';
import type { CliContext } from './io';
import { dataFolderOf } from './dataFolder';
import { namesSource, openSource } from './source';
import type { OpenedSource, SourceChoice } from './source';

export interface AgentCacheChoice extends SourceChoice, LibraryOptions {
  readonly prefer: Precedence;
}

/**
 * The cache that agents get. A source that was named must be there, or be a workspace that can be given one; without
 * a name, the current folder's cache is used if there is one, and instructions come from the library alone if not.
 */
export async function openAgentCache(context: CliContext, choice: AgentCacheChoice): Promise<AgentCache> {
  const opened = await openNamedOrNear(context, choice);
  const workspace = opened?.workspace ?? context.cwd;
  const library = await openLiveLibrary(context, workspace, choice);
  return new AgentCache({
    tree: opened?.tree,
    sourceFiles: opened?.sourceFiles,
    library: library.read,
    precedence: choice.prefer,
    history: openHistory(context),
    counter: createTokenCounter({ dataFolder: dataFolderOf(context) }),
    clock: context.clock,
  });
}

async function openNamedOrNear(context: CliContext, choice: SourceChoice): Promise<OpenedSource | undefined> {
  if (namesSource(choice)) {
    return openSource(context, choice, { create: true });
  }
  try {
    return await openSource(context, {});
  } catch (error) {
    if (isSourceError(error, 'not-found')) {
      return undefined;
    }
    throw error;
  }
}
