import { join, sep } from 'node:path';
import { mergeLibraries, readLibrary } from '../../core/cache/library';
import type { Library } from '../../core/cache/library';
import { checkWorkspace } from '../../core/check/checkWorkspace';
import type { CacheToCheck } from '../../core/check/checkWorkspace';
import type { CheckReport } from '../../core/check/model';
import type { ContextCacheConfig } from '../../core/config';
import { isSourceError } from '../../core/errors';
import type { Finding } from '../../core/findings';
import type { InstructionRoot } from '../../core/instructions/instructionRoot';
import type { InstructionFiles } from '../../core/instructions/files';
import { filesBelow } from '../../core/instructions/filesBelow';
import { matchesGlob, toGlob } from '../../core/instructions/globs';
import { indexInstructions } from '../../core/instructions/instructionIndex';
import type { InstructionIndex } from '../../core/instructions/instructionIndex';
import type { HarnessId } from '../../core/instructions/model';
import { nodeInstructionFiles } from '../../core/instructions/nodeFiles';
import type { TokenCounts } from '../../core/instructions/tokenCounts';
import { loadProviders } from '../../core/prompts/providers';
import type { TokenCounter } from '../../core/tokens/counter';
import { openCache, openHistory } from '../cache/runPlan';
import { pathInside } from '../findings';
import type { CliContext } from '../io';
import { packageFolder } from '../packageFolder';

/** A folder to be checked, as it is on disk or in a commit. */
export interface CheckedTree {
  readonly folder: string;
  /** One of them is of the kind `workspace`. */
  readonly roots: readonly InstructionRoot[];
  readonly config: ContextCacheConfig;
  readonly configFindings: readonly Finding[];
}

export interface IndexedTree extends CheckedTree {
  readonly index: InstructionIndex;
}

export interface CheckTools {
  readonly harnesses: readonly HarnessId[];
  readonly counts: TokenCounts;
  readonly counter: TokenCounter;
}

const lockFile = /\.prompt\.lock\.json$/i;

/** Finds instructions, prompt manifests and lock files in one search. */
export async function indexTree(context: CliContext, tree: CheckedTree, counts: TokenCounts): Promise<IndexedTree> {
  const patterns = tree.config.prompts.map((pattern) => toGlob(pattern, 'name-anywhere'));
  const alsoFind = (path: string): boolean =>
    lockFile.test(path) || (/\.ya?ml$/i.test(path) && patterns.some((pattern) => matchesGlob(path, pattern)));
  const roots = tree.roots.map((root) => (root.kind === 'workspace' ? { ...root, alsoFind } : root));
  return { ...tree, roots, index: await indexInstructions({ roots, counts, signal: context.signal }) };
}

/** The prompt manifests of the folder, relative to it. */
export function manifestsOf({ index, roots }: IndexedTree): readonly string[] {
  const workspace = roots.find(({ kind }) => kind === 'workspace')!;
  return index.discoveries.get(workspace.id)!.otherPaths.filter((path) => !lockFile.test(path));
}

/** Instructions and prompts, and with `withCache` how the library stands in the folder's own cache. */
export async function checkTree(
  context: CliContext,
  tree: IndexedTree,
  { harnesses, counts, counter }: CheckTools,
  { withCache }: { readonly withCache: boolean },
): Promise<CheckReport> {
  const { index, config, roots, folder } = tree;
  const workspace = roots.find(({ kind }) => kind === 'workspace')!;
  const library = await workspaceLibrary(context, workspace.files, config);
  const { otherPaths } = index.discoveries.get(workspace.id)!;
  const own = await readLibrary(nodeInstructionFiles(join(await packageFolder(), 'instructions')));
  const cache: CacheToCheck = {
    open: async () => openCache(context, { source: folder }),
    library,
    history: openHistory(context),
    place: [folder, '.iris', 'kv-cache'].join(sep),
  };
  return checkWorkspace(
    {
      index,
      roots,
      files: workspace.files,
      config,
      harnesses,
      counts,
      counter,
      manifestPaths: manifestsOf(tree),
      lockPaths: otherPaths.filter((path) => lockFile.test(path)),
      libraries: [library, own],
      pathOf: (path) => pathInside(folder, path),
      providers: loadProviders(),
      ...(withCache ? { cache } : {}),
      findings: [...tree.configFindings, ...library.findings],
    },
    { signal: context.signal },
  );
}

/** What the folder's own library folders hold. */
export async function workspaceLibrary(
  context: CliContext,
  files: InstructionFiles,
  config: ContextCacheConfig,
): Promise<Library> {
  const libraries: Library[] = [];
  for (const folder of config.library) {
    try {
      libraries.push(await readLibrary(filesBelow(files, folder), { signal: context.signal }));
    } catch (error) {
      if (!isSourceError(error, 'not-found')) {
        throw error;
      }
    }
  }
  return mergeLibraries(libraries);
}
