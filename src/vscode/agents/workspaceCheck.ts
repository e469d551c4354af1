import picomatch from 'picomatch';
import { EventEmitter, RelativePattern, workspace } from 'vscode';
import type { Event, Uri } from 'vscode';
import type { ContentHistory } from '../../core/cache/history';
import type { Library } from '../../core/cache/library';
import { readSnapshot } from '../../core/cache/snapshot';
import { checkWorkspace } from '../../core/check/checkWorkspace';
import type { CacheToCheck } from '../../core/check/checkWorkspace';
import { placeOf, settleFindings } from '../../core/check/order';
import { isSourceError } from '../../core/errors';
import type { Finding } from '../../core/findings';
import type { InstructionRoot } from '../../core/instructions/instructionRoot';
import type { InstructionIndex } from '../../core/instructions/instructionIndex';
import { compareText } from '../../core/instructions/model';
import { TokenCounts } from '../../core/instructions/tokenCounts';
import { loadProviders } from '../../core/prompts/providers';
import { FolderTree } from '../../core/sources/folderTree';
import { locateCache } from '../../core/sources/locateCache';
import type { WorkOptions } from '../../core/ports';
import { takeTurn } from '../../core/turns';
import type { TurnOptions } from '../../core/turns';
import { canSearch, listFiles } from '../findFiles';
import { locationOf } from '../instructions/editorFiles';
import type { InstructionsModel } from '../instructions/instructionsModel';
import { instructionRoots } from '../instructions/roots';
import { folderBudgets, readFolderConfigs } from '../instructions/workspaceConfig';
import type { FolderConfig } from '../instructions/workspaceConfig';
import { createSingleFlight } from '../singleFlight';
import type { Services } from '../services';
import { currentTarget, measureFor } from '../tokens/target';

export interface CheckParts {
  readonly instructions: InstructionsModel;
  readonly library: { read(): Promise<Library>; readonly onDidChange: Event<void> };
  readonly history: ContentHistory;
}

/** The last check of the workspace, and a new one whenever what it looks at has changed. */
export interface WorkspaceCheck {
  /** Everything, as `context-cache check` would report it. */
  readonly findings: readonly Finding[];
  readonly onDidChange: Event<void>;
  /** Looks soon, and not at what a look that is under way would still see. */
  request(): void;
  /** Looks now. Rejects when the check fails or is cancelled. */
  run(options: WorkOptions): Promise<readonly Finding[]>;
  dispose(): void;
}

/** The Instructions view looks first; this is the slower look behind it. */
const settleMs = 1_000;
const lockPattern = '**/*.prompt.lock.json';

export function createWorkspaceCheck(services: Services, parts: CheckParts): WorkspaceCheck {
  const changed = new EventEmitter<void>();
  let findings: readonly Finding[] = [];
  let underWay: AbortController | undefined;
  let counts: TokenCounts | undefined;

  const look = async (options: WorkOptions): Promise<readonly Finding[]> => {
    const { encoding } = currentTarget(services).tokenizer;
    counts = counts?.encoding === encoding ? counts : new TokenCounts(services.counter, encoding);
    findings = await checkAll(services, parts, counts, { ...options, turns: services.turns });
    changed.fire();
    return findings;
  };
  const flight = createSingleFlight(async (disposed) => {
    const abort = new AbortController();
    underWay = abort;
    try {
      await look({ signal: AbortSignal.any([disposed, abort.signal]) });
    } catch (error) {
      if (!isSourceError(error, 'cancelled')) {
        services.log.error('Checking the workspace', error);
      }
    } finally {
      underWay = undefined;
    }
  }, settleMs);
  const request = (): void => {
    underWay?.abort();
    flight.request();
  };
  return {
    get findings() {
      return findings;
    },
    onDidChange: changed.event,
    request,
    run: look,
    dispose: () => {
      underWay?.abort();
      flight.dispose();
      changed.dispose();
    },
  };
}

/**
 * Those that nobody else shows in the Problems view: the Instructions view shows `shown`, and the Prompts view the lint
 * of all files and what is wrong with manifests, except for their budgets.
 */
export async function notShownYet(
  findings: readonly Finding[],
  shown: readonly Finding[],
  options: TurnOptions,
): Promise<Finding[]> {
  const places = new Set<string>();
  for (const finding of shown) {
    await takeTurn(options);
    places.add(placeOf(finding));
  }
  const left: Finding[] = [];
  for (const finding of findings) {
    await takeTurn(options);
    if (!isOfPromptsView(finding) && !places.has(placeOf(finding))) {
      left.push(finding);
    }
  }
  return left;
}

function isOfPromptsView({ id, path }: Finding): boolean {
  return /^CB\d\d$/.test(id) || (id !== 'budget' && /\.prompt\.ya?ml$/i.test(path ?? ''));
}

async function checkAll(
  services: Services,
  parts: CheckParts,
  counts: TokenCounts,
  options: WorkOptions,
): Promise<Finding[]> {
  const index = parts.instructions.indexed;
  if (index === undefined) {
    return [];
  }
  const configs = await readFolderConfigs(options.signal);
  const roots = await instructionRoots(services, configs);
  const library = await parts.library.read();
  const findings: Finding[] = [];
  for (const config of configs) {
    findings.push(...(await checkFolder({ services, parts, index, roots, library, counts, config }, options)));
  }
  return settleFindings(findings, options);
}

interface FolderCheck {
  readonly services: Services;
  readonly parts: CheckParts;
  readonly index: InstructionIndex;
  readonly roots: readonly InstructionRoot[];
  readonly library: Library;
  readonly counts: TokenCounts;
  readonly config: FolderConfig;
}

async function checkFolder(check: FolderCheck, options: WorkOptions): Promise<readonly Finding[]> {
  const { services, parts, index, roots, library, counts, config } = check;
  const { uri } = config.folder;
  const id = uri.toString();
  // Files of the other folders of the workspace are checked with their own configuration.
  const files = index.files.filter(({ rootId, rootKind }) => rootKind !== 'workspace' || rootId === id);
  const [manifests, lockPaths] = await Promise.all([
    Promise.all(config.config.prompts.map(async (pattern) => find(services, uri, pattern))),
    find(services, uri, lockPattern),
  ]);
  const report = await checkWorkspace(
    {
      index: { ...index, files },
      roots,
      files: roots.find((root) => root.id === id)!.files,
      config: { ...config.config, budgets: folderBudgets(services, config) },
      counts,
      lints: parts.instructions.lints,
      measure: measureFor(currentTarget(services)),
      counter: services.counter,
      manifestPaths: [...new Set(manifests.flat())].filter((path) => /\.ya?ml$/i.test(path)),
      lockPaths,
      libraries: [library],
      pathOf: (path) => pathBelow(uri, path),
      providers: loadProviders(),
      ...(uri.scheme === 'file' ? { cache: cacheOf(check) } : {}),
      findings: config.findings,
    },
    options,
  );
  return report.findings;
}

/** Paths below a folder; a pattern without a folder matches a name anywhere. */
async function find(services: Services, folder: Uri, pattern: string): Promise<string[]> {
  const glob = pattern.includes('/') ? pattern : `**/${pattern}`;
  const exclude = services.settings.get('contextCache.instructions.exclude', folder);
  if (!canSearch(folder)) {
    const isWanted = (path: string): boolean =>
      picomatch.isMatch(path, glob, { dot: true }) && !picomatch.isMatch(path, [...exclude], { dot: true });
    return (await listFiles(folder, isWanted)).map(({ path }) => path).sort(compareText);
  }
  const found = await workspace.findFiles(
    new RelativePattern(folder, glob),
    exclude.length === 0 ? undefined : `{${exclude.join(',')}}`,
  );
  const base = `${folder.path.replace(/\/$/, '')}/`;
  return found.map(({ path }) => path.slice(base.length)).sort(compareText);
}

/** The folder's own cache, and the part of the library that lies in the folder. */
function cacheOf({ services, parts, library, config }: FolderCheck): CacheToCheck {
  const { uri } = config.folder;
  return {
    open: async () => {
      const tree = new FolderTree(await locateCache(uri.fsPath));
      return { tree, snapshot: await readSnapshot(tree, { clock: services.clock }) };
    },
    library: {
      ...library,
      instructions: library.instructions.filter(({ location }) => pathBelow(uri, location) !== undefined),
    },
    history: parts.history,
    // The Sandbox Caches view says what is wrong with a cache that can't be read.
    place: undefined,
  };
}

/** The path of a place relative to a folder, with `/`; undefined when it lies elsewhere. */
function pathBelow(folder: Uri, location: string): string | undefined {
  const base = `${locationOf(folder).replaceAll('\\', '/').replace(/\/$/, '')}/`;
  const path = location.replaceAll('\\', '/');
  return path.startsWith(base) ? path.slice(base.length) : undefined;
}
