import type { ContentHistory } from '../cache/history';
import { mergeLibraries } from '../cache/library';
import type { Library } from '../cache/library';
import type { PlanSource } from '../cache/plans/planBuilder';
import { seedStatuses } from '../cache/seedStatus';
import type { ContextCacheConfig } from '../config';
import { describeError, isSourceError } from '../errors';
import type { Finding } from '../findings';
import type { InstructionRoot } from '../instructions/instructionRoot';
import type { InstructionFiles } from '../instructions/files';
import type { MeasureTokens } from '../instructions/budgets';
import type { InstructionIndex } from '../instructions/instructionIndex';
import type { HarnessId } from '../instructions/model';
import type { TokenCounts } from '../instructions/tokenCounts';
import type { WorkOptions } from '../ports';
import type { LintMemory } from '../prompts/lint/lintMemory';
import { promptLibrary } from '../prompts/library';
import type { ProviderTable } from '../prompts/providers';
import type { TokenCounter } from '../tokens/counter';
import { checkInstructions } from './checkInstructions';
import { checkPrompts } from './checkPrompts';
import { seedFindings } from './checkSeeds';
import { harnessesInUse } from './harnessesInUse';
import type { CheckReport } from './model';

/** A folder as a door found it: everything that one check of it needs. */
export interface WorkspaceToCheck {
  /** The files of this folder, and of the roots that go with it. */
  readonly index: InstructionIndex;
  readonly roots: readonly InstructionRoot[];
  /** The root of the folder itself. */
  readonly files: InstructionFiles;
  readonly config: ContextCacheConfig;
  /** Unless given: the configuration's, else those that the folder has files for. */
  readonly harnesses?: readonly HarnessId[];
  readonly counts: TokenCounts;
  /** What was linted before, for a check that is made again and again. */
  readonly lints?: LintMemory | undefined;
  /** What tokens are where they are judged; those of the encoding unless given. */
  readonly measure?: MeasureTokens | undefined;
  readonly counter: TokenCounter;
  /** Prompt manifests and lock files, relative to `files`. */
  readonly manifestPaths: readonly string[];
  readonly lockPaths: readonly string[];
  /** Earlier ones win. */
  readonly libraries: readonly Library[];
  /** The path within the folder of an absolute path or URI; undefined for a file outside of it. */
  readonly pathOf: (location: string) => string | undefined;
  readonly providers: ProviderTable;
  /** The folder's own cache; left out where it is not to be looked at. */
  readonly cache?: CacheToCheck;
  /** Of the configuration and the libraries. */
  readonly findings: readonly Finding[];
}

export interface CacheToCheck {
  /** Rejects with `not-found` where there is no cache. */
  readonly open: () => Promise<PlanSource>;
  /** What should be seeded there. */
  readonly library: Library;
  readonly history: ContentHistory;
  /** Where it is, for a finding; undefined where somebody else says that it can't be read. */
  readonly place: string | undefined;
}

/** Instructions, prompts, and how the library stands in the folder's own cache: the same for every door. */
export async function checkWorkspace(workspace: WorkspaceToCheck, options: WorkOptions = {}): Promise<CheckReport> {
  const { index, roots, config, counts, cache } = workspace;
  const prompts = await checkPrompts(
    {
      files: workspace.files,
      manifestPaths: workspace.manifestPaths,
      lockPaths: workspace.lockPaths,
      library: promptLibrary(mergeLibraries(workspace.libraries).instructions, workspace.pathOf),
      providers: workspace.providers,
      config,
      counter: workspace.counter,
      encoding: counts.encoding,
      measure: workspace.measure,
    },
    options,
  );
  const seeds = cache === undefined ? [] : await cacheFindings(cache);
  const configured = config.harness === undefined ? harnessesInUse(index) : [config.harness];
  return checkInstructions(
    {
      index,
      config,
      harnesses: workspace.harnesses ?? configured,
      counts,
      measure: workspace.measure,
      lints: workspace.lints,
      filesOf: (rootId) => roots.find(({ id }) => id === rootId)?.files,
      more: [...workspace.findings, ...prompts, ...seeds],
    },
    options,
  );
}

async function cacheFindings({ open, library, history, place }: CacheToCheck): Promise<readonly Finding[]> {
  try {
    return seedFindings(await seedStatuses(await open(), library.instructions, history));
  } catch (error) {
    if (isSourceError(error, 'cancelled')) {
      throw error;
    }
    return place === undefined || isSourceError(error, 'not-found')
      ? []
      : [{ id: 'unreadable', severity: 'warning', message: describeError(error), path: place }];
  }
}
