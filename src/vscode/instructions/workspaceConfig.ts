import { Uri, workspace } from 'vscode';
import type { WorkspaceFolder } from 'vscode';
import { configFileName, defaultConfig, maxConfigBytes, parseConfig } from '../../core/config';
import type { BudgetConfig, ContextCacheConfig, ParsedConfig, PatternThreshold, Threshold } from '../../core/config';
import type { TokenLimits } from '../../contributions';
import { describeError, isSourceError } from '../../core/errors';
import { harnessIds } from '../../core/instructions/model';
import type { HarnessId } from '../../core/instructions/model';
import { asSource } from '../fileSystemErrors';
import type { Services } from '../services';
import { locationOf } from './editorFiles';
import { toHarness } from './harnesses';

/** The shared configuration of a workspace folder, with the person's own settings on top. */
export interface FolderConfig {
  readonly folder: WorkspaceFolder;
  readonly config: ContextCacheConfig;
  readonly findings: ParsedConfig['findings'];
  /** Whether the folder has a `context-cache.yaml` that could be read. */
  readonly isShared: boolean;
}

/** Reads `context-cache.yaml` of every workspace folder; a folder without one has the defaults. */
export async function readFolderConfigs(signal: AbortSignal | undefined): Promise<FolderConfig[]> {
  return Promise.all((workspace.workspaceFolders ?? []).map(async (folder) => readFolderConfig(folder, signal)));
}

async function readFolderConfig(folder: WorkspaceFolder, signal: AbortSignal | undefined): Promise<FolderConfig> {
  const uri = Uri.joinPath(folder.uri, configFileName);
  const path = locationOf(uri);
  try {
    const bytes = await asSource(uri, signal, () => workspace.fs.readFile(uri));
    if (bytes.byteLength > maxConfigBytes) {
      const message = `\`${configFileName}\` has more than ${maxConfigBytes / 1024} KiB and is not read.`;
      const finding = { id: 'config', severity: 'error', message, fix: 'Shorten it.', path } as const;
      return { folder, config: defaultConfig, findings: [finding], isShared: false };
    }
    return { folder, ...parseConfig(new TextDecoder().decode(bytes), path), isShared: true };
  } catch (error) {
    if (isSourceError(error, 'cancelled')) {
      throw error;
    }
    const findings = isSourceError(error, 'not-found')
      ? []
      : [{ id: 'config', severity: 'error', message: describeError(error), path } as const];
    return { folder, config: defaultConfig, findings, isShared: false };
  }
}

/** The budgets of a folder: the person's own limits go before the shared ones. */
export function folderBudgets({ settings }: Services, { folder, config }: FolderConfig): BudgetConfig {
  const { files, prompts, harnesses } = config.budgets;
  return {
    ...config.budgets,
    files: [...ownLimits(settings.get('contextCache.tokens.limits', folder.uri)), ...files],
    prompts: [...ownLimits(settings.get('contextCache.tokens.promptLimits', folder.uri)), ...prompts],
    harnesses: { ...harnesses, ...ownHarnessLimits(settings) },
  };
}

function ownLimits(limits: Readonly<Record<string, TokenLimits>>): PatternThreshold[] {
  return Object.entries(limits).flatMap(([pattern, limit]) => {
    const threshold = thresholdOf(limit);
    return threshold === undefined ? [] : [{ pattern, ...threshold }];
  });
}

function ownHarnessLimits(settings: Services['settings']): Partial<Record<HarnessId, Threshold>> {
  const limits = settings.get('contextCache.tokens.harnessLimits');
  return Object.fromEntries(
    harnessIds.flatMap((harness) => {
      const threshold = thresholdOf(limits[harness]);
      return threshold === undefined ? [] : [[harness, threshold]];
    }),
  );
}

/** Only one of both: the other never comes. What is no number is left out, as the settings editor says already. */
function thresholdOf(limits: TokenLimits | undefined): Threshold | undefined {
  const [soft, hard] = [limits?.soft, limits?.hard].map((tokens) => (Number.isFinite(tokens) ? tokens : undefined));
  return soft === undefined && hard === undefined
    ? undefined
    : { warn: Math.min(soft ?? hard!, hard ?? soft!), error: hard ?? Number.MAX_SAFE_INTEGER };
}

/** The one number of a budget: what must not be passed, or else should not be. */
export function budgetOf({ warn, error }: Threshold): number {
  return error === Number.MAX_SAFE_INTEGER ? warn : error;
}

/** Whose rules apply: the person's choice, else the shared one, else all. */
export function chosenHarness(services: Services, configs: readonly FolderConfig[]): HarnessId {
  const id = 'contextCache.instructions.harness';
  const shared = configs.map(({ config }) => config.harness).find((harness) => harness !== undefined);
  return services.settings.isSet(id) || shared === undefined ? toHarness(services.settings.get(id)) : shared;
}

/** The library folders of a workspace folder: the person's setting, else the shared configuration. */
export function libraryFoldersOf(services: Services, { folder, config }: FolderConfig): readonly string[] {
  const id = 'contextCache.instructions.libraryFolders';
  return services.settings.isSet(id, folder.uri) ? services.settings.get(id, folder.uri) : config.library;
}

/**
 * What the always-on instructions may cost: the person's own budget, for the harness before the general one; else the
 * shared one of the first folder that has one, in the same order; else the setting's default.
 */
export function alwaysBudget(services: Services, harness: HarnessId, configs: readonly FolderConfig[]): Threshold {
  const { settings } = services;
  const own = ownHarnessLimits(settings)[harness];
  if (own !== undefined) {
    return own;
  }
  if (!settings.isSet('contextCache.tokens.budget')) {
    for (const { config } of configs.filter(({ isShared }) => isShared)) {
      const shared = config.budgets.harnesses[harness] ?? config.budgets.always;
      if (shared !== defaultConfig.budgets.always) {
        return shared;
      }
    }
  }
  const budget = settings.get('contextCache.tokens.budget');
  return { warn: Math.floor(budget * settings.get('contextCache.tokens.budgetWarning')), error: budget };
}
