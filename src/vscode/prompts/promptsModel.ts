import { EventEmitter } from 'vscode';
import type { Event, Uri } from 'vscode';
import { describeError, isSourceError, throwIfCancelled } from '../../core/errors';
import { matchesGlob, toGlob } from '../../core/instructions/globs';
import { loadProviders } from '../../core/prompts/providers';
import { locationOf } from '../instructions/editorFiles';
import { folderBudgets, readFolderConfigs } from '../instructions/workspaceConfig';
import type { FolderConfig } from '../instructions/workspaceConfig';
import { createSingleFlight } from '../singleFlight';
import type { SeedLibrary } from '../sandboxes/seedLibrary';
import type { Services } from '../services';
import { currentTarget } from '../tokens/target';
import { findFiles } from '../findFiles';
import type { FoundFile } from '../findFiles';
import { providersSetting, readProviders } from './ownProviders';
import type { PromptsSnapshot, PromptState } from './promptState';
import { readPrompt } from './readPrompt';

export const manifestPattern = '**/*.prompt.{yaml,yml}';
const manifestEndings = ['.prompt.yaml', '.prompt.yml'];
const lockEndings = ['.prompt.lock.json'];

/** How long a burst of changes must be quiet before the prompts are compiled again. */
const settleMs = 300;

/** The prompt manifests of the workspace, compiled and measured, for the view, the status bar, lenses and commands. */
export class PromptsModel {
  /** Fires after the snapshot was replaced. */
  readonly onDidChange: Event<void>;
  private readonly changed = new EventEmitter<void>();
  private readonly services: Services;
  private readonly library: SeedLibrary;
  private readonly runner = createSingleFlight(async (signal) => this.update(signal), settleMs);
  private current: PromptsSnapshot;
  /** The URI of the person's own prices and limits, as text. */
  private ownProviders: string | undefined;

  constructor(services: Services, library: SeedLibrary) {
    this.services = services;
    this.library = library;
    this.onDidChange = this.changed.event;
    this.current = {
      phase: 'loading',
      failure: undefined,
      target: currentTarget(services),
      prompts: [],
      providers: loadProviders(),
      providerFindings: [],
    };
    services.own(library.onDidChange(this.requestRefresh));
    services.own(
      services.settings.onDidChange((change) => {
        if (
          change.affects([
            'contextCache.tokens.model',
            'contextCache.tokens.promptLimits',
            'contextCache.instructions.libraryFolders',
            providersSetting,
          ])
        ) {
          this.requestRefresh();
        }
      }),
    );
  }

  get snapshot(): PromptsSnapshot {
    return this.current;
  }

  /** The prompt whose manifest this is. */
  promptAt(uri: Uri): PromptState | undefined {
    const id = uri.toString();
    return this.current.prompts.find((prompt) => prompt.id === id);
  }

  /** Whether the file holds the person's own prices and limits. */
  readsProvidersFrom(uri: Uri): boolean {
    return this.ownProviders === uri.toString();
  }

  /** The prompt whose manifest this is, else the prompts that use the file. */
  promptsUsing(uri: Uri): readonly PromptState[] {
    const own = this.promptAt(uri);
    const location = locationOf(uri);
    return own === undefined ? this.current.prompts.filter(({ uses }) => uses.has(location)) : [own];
  }

  /** Compiles all prompts again, soon. */
  readonly requestRefresh = (): void => {
    this.runner.request();
  };

  /** Compiles all prompts again; resolves to the result of a look that began after the call. */
  async refresh(): Promise<PromptsSnapshot> {
    this.library.forget();
    await this.runner.run();
    return this.current;
  }

  dispose(): void {
    this.runner.dispose();
    this.changed.dispose();
  }

  private async update(signal: AbortSignal): Promise<void> {
    try {
      const target = currentTarget(this.services);
      const seedable = await this.library.read();
      const providers = await readProviders(this.services, signal);
      this.ownProviders = providers.uri?.toString();
      const configs = await readFolderConfigs(signal);
      const before = new Map(this.current.prompts.map((prompt) => [prompt.id, prompt]));
      // The variants of another encoding are no stand-in.
      const sameTarget = this.current.target.name === target.name;
      const prompts: PromptState[] = [];
      for (const config of configs) {
        const [manifests, lockPaths] = await Promise.all([
          findManifests(config),
          findFiles(config.folder.uri, lockEndings),
        ]);
        for (const { uri, path } of manifests) {
          const input = {
            folder: config.folder,
            path,
            lockPaths: lockPaths.map((lock) => lock.path),
            config: { ...config.config, budgets: folderBudgets(this.services, config) },
            seedable,
            providers: providers.table,
            counter: this.services.counter,
            target,
            previous: sameTarget ? before.get(uri.toString()) : undefined,
          };
          prompts.push(await readPrompt(input, { signal }));
        }
      }
      throwIfCancelled(signal);
      this.replace({
        phase: 'ready',
        failure: undefined,
        target,
        prompts,
        providers: providers.table,
        providerFindings: providers.findings,
      });
    } catch (error) {
      if (!signal.aborted && !isSourceError(error, 'cancelled')) {
        this.services.log.error('Compiling the prompts', error);
        this.replace({ ...this.current, phase: 'failed', failure: describeError(error) });
      }
    }
  }

  private replace(snapshot: PromptsSnapshot): void {
    this.current = snapshot;
    this.changed.fire();
  }
}

async function findManifests(config: FolderConfig): Promise<FoundFile[]> {
  const globs = config.config.prompts.map((pattern) => toGlob(pattern, 'name-anywhere'));
  const found = await findFiles(config.folder.uri, manifestEndings);
  return config.isShared ? found.filter(({ path }) => globs.some((glob) => matchesGlob(path, glob))) : found;
}
