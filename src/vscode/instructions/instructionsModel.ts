import { EventEmitter } from 'vscode';
import type { Event } from 'vscode';
import type { InstructionsState } from '../../contributions';
import { describeError, isSourceError } from '../../core/errors';
import { accountFor } from '../../core/instructions/accountFor';
import type { InstructionAccount } from '../../core/instructions/accountFor';
import { indexInstructions } from '../../core/instructions/instructionIndex';
import type { IndexOptions, InstructionIndex } from '../../core/instructions/instructionIndex';
import { fileId, harnessIds } from '../../core/instructions/model';
import { TokenCounts } from '../../core/instructions/tokenCounts';
import type { WorkOptions } from '../../core/ports';
import { takeTurn } from '../../core/turns';
import { LintMemory } from '../../core/prompts/lint/lintMemory';
import { setContext } from '../commands';
import { withProgress } from '../progress';
import { createSingleFlight } from '../singleFlight';
import type { Services } from '../services';
import { currentTarget } from '../tokens/target';
import { takeSnapshot, emptySnapshot } from './accounting';
import { instructionRoots } from './roots';
import type { InstructionRow } from './rows';
import type { InstructionsSnapshot } from './snapshot';
import { alwaysBudget, budgetOf, chosenHarness, folderBudgets, readFolderConfigs } from './workspaceConfig';

/** A file that came, changed or went. */
export type ChangedFile = NonNullable<IndexOptions['changed']>[number];

/** How long a burst of changes must be quiet before it is indexed. */
const settleMs = 250;

/** The instruction files of the workspace as they stand, for the view, the status bar, lenses, badges and commands. */
export class InstructionsModel {
  /** Fires after the snapshot was replaced. */
  readonly onDidChange: Event<void>;
  /** What every look at the files' texts shares. */
  readonly lints = new LintMemory();
  private readonly changed = new EventEmitter<void>();
  private readonly services: Services;
  private readonly runner = createSingleFlight(async (signal) => this.update(signal), settleMs);
  private running: AbortController | undefined;
  /** What the next run looks at: these files, or everything. */
  private pending: ChangedFile[] | 'everything' = 'everything';
  private counts: TokenCounts | undefined;
  private index: InstructionIndex | undefined;
  private current: InstructionsSnapshot;
  private rowsByLocation: ReadonlyMap<string, InstructionRow> = new Map();
  private locations: ReadonlySet<string> = new Set();

  constructor(services: Services) {
    this.services = services;
    this.onDidChange = this.changed.event;
    this.current = emptySnapshot(
      chosenHarness(services, []),
      currentTarget(services),
      alwaysBudget(services, chosenHarness(services, []), []),
    );
    services.own(
      services.settings.onDidChange((change) => {
        if (change.affects(['contextCache.instructions.harness', 'contextCache.tokens.model'])) {
          this.requestChanged([]);
        }
        if (
          change.affects([
            'contextCache.instructions.libraryFolders',
            'contextCache.instructions.includeUserFiles',
            'contextCache.instructions.exclude',
          ])
        ) {
          this.requestRefresh();
        }
        if (
          change.affects([
            'contextCache.tokens.budget',
            'contextCache.tokens.budgetWarning',
            'contextCache.tokens.limits',
            'contextCache.tokens.harnessLimits',
          ])
        ) {
          this.requestChanged([]);
        }
      }),
    );
  }

  get snapshot(): InstructionsSnapshot {
    return this.current;
  }

  /** The last good index; undefined before the first. */
  get indexed(): InstructionIndex | undefined {
    return this.index;
  }

  /** Tokens that all always-on instructions together may cost; with a soft limit alone, that one. */
  budget(): number {
    return budgetOf(this.current.budget);
  }

  /** What each harness makes of the last index; empty before it. What was counted once is remembered. */
  async accounts(options: WorkOptions = {}): Promise<readonly InstructionAccount[]> {
    const { index, counts } = this;
    if (index === undefined || counts === undefined) {
      return [];
    }
    const work = { ...options, turns: this.services.turns };
    const accounts: InstructionAccount[] = [];
    for (const harness of harnessIds) {
      accounts.push(await accountFor(harness, index, counts, work));
    }
    return accounts;
  }

  /** The row of a file that the chosen harness loads. */
  rowAt(location: string): InstructionRow | undefined {
    return this.rowsByLocation.get(location);
  }

  /** Whether any harness loads the file. */
  isInstruction(location: string): boolean {
    return this.locations.has(location);
  }

  /** The instructions at a place, and those roots where it is a text that instructions import. */
  filesAt(location: string): ChangedFile[] {
    const { index } = this;
    if (index === undefined) {
      return [];
    }
    return index.roots.flatMap(({ id: rootId, location: root }) => {
      const path = pathBelow(root, location);
      return path !== undefined && index.read.has(fileId(rootId, path)) ? [{ rootId, path }] : [];
    });
  }

  /** The workspace folder and the path in it of a place. */
  placeOf(location: string): ChangedFile | undefined {
    const places = (this.index?.roots ?? [])
      .filter(({ kind }) => kind === 'workspace')
      .flatMap(({ id: rootId, location: root }) => {
        const path = pathBelow(root, location);
        return path === undefined ? [] : [{ rootId, path }];
      });
    // A folder inside another one of the workspace goes before it.
    return places.sort((a, b) => a.path.length - b.path.length)[0];
  }

  /** Whether a folder holds files of the index. */
  hasFilesBelow(location: string): boolean {
    return [...this.locations].some((file) => pathBelow(location, file) !== undefined);
  }

  /** Looks at every file again, soon. */
  requestRefresh(): void {
    this.pending = 'everything';
    this.runner.request();
  }

  /** Looks at these files again, soon. */
  requestChanged(files: readonly ChangedFile[]): void {
    if (this.pending !== 'everything') {
      this.pending.push(...files);
    }
    this.runner.request();
  }

  /** Looks at every file again; resolves to the result of a look that began after the call. */
  async refresh(): Promise<InstructionsSnapshot> {
    this.pending = 'everything';
    await this.runner.run();
    return this.current;
  }

  /** Stops indexing; what was there before stays. */
  cancel(): void {
    this.running?.abort();
  }

  dispose(): void {
    this.running?.abort();
    this.runner.dispose();
    this.changed.dispose();
  }

  private async update(disposed: AbortSignal): Promise<void> {
    const changes = this.pending;
    this.pending = [];
    this.running = new AbortController();
    setContext('contextCache.instructions.indexing', true);
    try {
      const signal = AbortSignal.any([disposed, this.running.signal]);
      await withProgress(
        { viewId: 'contextCache.instructions' },
        async (options) => this.lookAgain(changes, { ...options, turns: this.services.turns }),
        signal,
      );
    } catch (error) {
      // What was not looked at is looked at next time.
      this.pending = 'everything';
      if (!disposed.aborted) {
        this.fail(error);
      }
    } finally {
      this.running = undefined;
      setContext('contextCache.instructions.indexing', false);
    }
  }

  private async lookAgain(changes: ChangedFile[] | 'everything', options: WorkOptions): Promise<void> {
    const target = currentTarget(this.services);
    const { encoding } = target.tokenizer;
    if (this.counts?.encoding !== encoding) {
      this.counts = new TokenCounts(this.services.counter, encoding);
    }
    const configs = await readFolderConfigs(options.signal);
    const harness = chosenHarness(this.services, configs);
    const roots = await instructionRoots(this.services, configs);
    await takeTurn(options);
    const index = await indexInstructions({
      roots,
      counts: this.counts,
      previous: this.index,
      changed: changes === 'everything' ? undefined : changes,
      ...options,
    });
    const snapshot = await takeSnapshot(
      {
        index,
        harness,
        target,
        counts: this.counts,
        budget: alwaysBudget(this.services, harness, configs),
        budgets: new Map(configs.map((config) => [config.folder.uri.toString(), folderBudgets(this.services, config)])),
        configFindings: configs.flatMap(({ findings }) => findings),
      },
      options,
    );
    await takeTurn(options);
    this.index = index;
    this.replace(snapshot);
  }

  private fail(error: unknown): void {
    if (isSourceError(error, 'cancelled')) {
      this.services.log.info('Indexing the instructions was stopped.');
      this.replace({ ...this.current, phase: this.index === undefined ? 'cancelled' : 'ready' });
      return;
    }
    this.services.log.error('Indexing the instructions', error);
    this.replace({ ...this.current, phase: 'failed', failure: describeError(error) });
  }

  private replace(snapshot: InstructionsSnapshot): void {
    this.current = snapshot;
    this.rowsByLocation = new Map(snapshot.rows.map((row) => [row.location, row]));
    this.locations = new Set(this.index?.files.map(({ location }) => location));
    this.changed.fire();
  }
}

/** The path of a place relative to a root, with `/`; undefined when it lies elsewhere. */
function pathBelow(root: string, location: string): string | undefined {
  const base = root.replaceAll('\\', '/').replace(/\/$/, '');
  const path = location.replaceAll('\\', '/');
  return path.startsWith(`${base}/`) ? path.slice(base.length + 1) : undefined;
}

/** What the view says in place of rows. */
export function viewStateOf(snapshot: InstructionsSnapshot, shownFiles: number): InstructionsState {
  const { phase, fileCount, rows } = snapshot;
  if (shownFiles > 0) {
    return 'ready';
  }
  if (phase !== 'ready') {
    return phase;
  }
  return fileCount === 0 ? 'none' : rows.length === 0 ? 'noneForHarness' : 'noneForFilter';
}
