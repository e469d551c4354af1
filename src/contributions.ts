/**
 * Every id that package.json contributes, declared once and typed. `test/unit/contributions.test.ts` compares this
 * module with package.json, package.nls.json and media/docs/commands.md, so an id that is missing on one side fails the tests.
 */

/** The view container in the activity bar. */
export const viewContainerId = 'contextCache';

export const viewIds = {
  instructions: 'contextCache.instructions',
  sandboxes: 'contextCache.sandboxes',
  prompts: 'contextCache.prompts',
} as const;

/** The panel with the report of a prompt; an activation event brings it back after a reload. */
export const promptReportViewType = 'contextCache.promptReport';

const generalCommands = ['contextCache.openWalkthrough', 'contextCache.openSettings', 'contextCache.showLog'] as const;

const instructionCommands = [
  'contextCache.refreshInstructions',
  'contextCache.groupInstructions',
  'contextCache.sortInstructions',
  'contextCache.filterInstructions',
  'contextCache.clearInstructionsFilter',
  'contextCache.cancelIndexing',
  'contextCache.pickHarness',
  'contextCache.revealInstruction',
  'contextCache.showInstructionsForFile',
  'contextCache.toggleUserInstructions',
  'contextCache.openInstruction',
  'contextCache.copyInstructionPath',
] as const;

const tokenCommands = [
  'contextCache.countTokens',
  'contextCache.countTokensInFolder',
  'contextCache.countTokensInSelection',
  'contextCache.countTokensInClipboard',
  'contextCache.explainTokenCount',
  'contextCache.showTokenBoundaries',
  'contextCache.hideTokenBoundaries',
  'contextCache.toggleTokenHeatStrip',
  'contextCache.toggleTokenLenses',
  'contextCache.pickTokenModel',
  'contextCache.setTokenBudget',
  'contextCache.setProviderKey',
  'contextCache.removeProviderKey',
  'contextCache.configureTokens',
] as const;

const sandboxCommands = [
  'contextCache.refreshSandboxes',
  'contextCache.addSandbox',
  'contextCache.removeSandbox',
  'contextCache.filterEntries',
  'contextCache.clearEntriesFilter',
  'contextCache.sortEntries',
  'contextCache.openEntry',
  'contextCache.seedInstructions',
  'contextCache.verifySeededInstructions',
  'contextCache.diffWithSource',
  'contextCache.diffEntries',
  'contextCache.selectEntryForCompare',
  'contextCache.compareWithSelectedEntry',
  'contextCache.invalidateEntries',
  'contextCache.bumpVersion',
  'contextCache.showVersions',
  'contextCache.diffVersions',
  'contextCache.restoreVersion',
  'contextCache.labelVersion',
  'contextCache.pinVersion',
  'contextCache.saveVersion',
  'contextCache.pruneExpired',
  'contextCache.repairIndex',
  'contextCache.setTimeToLive',
  'contextCache.editTags',
  'contextCache.copyKey',
  'contextCache.copyReference',
  'contextCache.showCacheInfo',
  'contextCache.showHealth',
  'contextCache.undoLastChange',
  'contextCache.startSandbox',
  'contextCache.compareWithEarlier',
  'contextCache.compareWithSandbox',
  'contextCache.copyEntries',
  'contextCache.exportCache',
  'contextCache.importCache',
  'contextCache.vacuumVersions',
  'contextCache.setSandboxKey',
  'contextCache.removeSandboxKey',
] as const;

const workersKvCommands = [
  'contextCache.groupKvEntries',
  'contextCache.addKvNamespace',
  'contextCache.removeKvNamespace',
  'contextCache.openKvMetadata',
  'contextCache.openKvValue',
  'contextCache.copyKvKey',
  'contextCache.bumpKvVersion',
  'contextCache.showKvVersions',
  'contextCache.purgeKvEntries',
  'contextCache.resumeKvPurge',
  'contextCache.pruneKvEntries',
  'contextCache.showKvFindings',
  'contextCache.undoKvChange',
  'contextCache.setCloudflareToken',
  'contextCache.removeCloudflareToken',
] as const;

const localCacheCommands = [
  'contextCache.addLocalCache',
  'contextCache.removeLocalCache',
  'contextCache.refreshLocalCaches',
  'contextCache.inspectLayerEntry',
  'contextCache.showMoreLayerEntries',
  'contextCache.clearLayer',
  'contextCache.vacuumLayer',
  'contextCache.exportLayer',
  'contextCache.importLayer',
  'contextCache.syncLayer',
  'contextCache.compareLayers',
  'contextCache.undoLayerChange',
] as const;

const promptCommands = [
  'contextCache.refreshPrompts',
  'contextCache.compilePrompt',
  'contextCache.comparePromptVariants',
  'contextCache.showPromptCost',
  'contextCache.toggleStreamlined',
  'contextCache.explainCacheBreak',
  'contextCache.convertToManifest',
  'contextCache.newPromptManifest',
  'contextCache.showPromptReport',
  'contextCache.exportPromptReport',
  'contextCache.savePromptSnapshot',
  'contextCache.diffPromptVersions',
] as const;

const summaryCommands = [
  'contextCache.summarize',
  'contextCache.summarizeSelection',
  'contextCache.summarizeProject',
  'contextCache.refreshSummaries',
  'contextCache.diffSummary',
  'contextCache.invalidateSummaries',
  'contextCache.showSummarySavings',
  'contextCache.pickSummaryModel',
] as const;

const agentCommands = ['contextCache.connectAgents', 'contextCache.checkWorkspace'] as const;

export const commandIds = [
  ...generalCommands,
  ...instructionCommands,
  ...tokenCommands,
  ...sandboxCommands,
  ...workersKvCommands,
  ...localCacheCommands,
  ...promptCommands,
  ...summaryCommands,
  ...agentCommands,
] as const;
export type CommandId = (typeof commandIds)[number];

/** Offers the MCP server to the editor. */
export const mcpProviderId = 'contextCache.mcp';

/** The tools of the editor's own agents. Few, and the same everywhere: they stand in the prefix of every request. */
export const languageModelTools = [
  'context_cache_get_instruction',
  'context_cache_list_instructions',
  'context_cache_put_artifact',
  'context_cache_get_artifact',
  'context_cache_list_artifacts',
  'context_cache_get_project_summary',
  'context_cache_get_summary',
  'context_cache_get_cache_stats',
] as const;
export type LanguageModelToolName = (typeof languageModelTools)[number];

/** Token limits: a warning above `soft`, an error above `hard`. */
export interface TokenLimits {
  readonly soft?: number;
  readonly hard?: number;
}

/** One sandbox as a person wrote it: nothing in it is certain, and each kind of source reads its own fields. */
export type SandboxSetting = Readonly<Record<string, unknown>>;

/** One local cache as a person wrote it, in the same way. */
export type LocalCacheSetting = Readonly<Record<string, unknown>>;

/** The type of each setting's value. Defaults live in package.json alone. */
export interface SettingTypes {
  'contextCache.instructions.harness': string;
  'contextCache.instructions.libraryFolders': readonly string[];
  'contextCache.instructions.includeUserFiles': boolean;
  'contextCache.instructions.exclude': readonly string[];
  'contextCache.tokens.model': string;
  'contextCache.tokens.budget': number;
  'contextCache.tokens.budgetWarning': number;
  'contextCache.tokens.limits': Readonly<Record<string, TokenLimits>>;
  'contextCache.tokens.promptLimits': Readonly<Record<string, TokenLimits>>;
  'contextCache.tokens.harnessLimits': Readonly<Record<string, TokenLimits>>;
  'contextCache.tokens.statusBar': boolean;
  'contextCache.tokens.codeLens': boolean;
  'contextCache.tokens.explorerBadges': boolean;
  'contextCache.tokens.heatStrip': boolean;
  'contextCache.tokens.providerCounts': boolean;
  'contextCache.tokens.providerAddresses': Readonly<Record<string, unknown>>;
  'contextCache.sandboxes.sources': readonly SandboxSetting[];
  'contextCache.sandboxes.remotes': readonly SandboxSetting[];
  'contextCache.sandboxes.detect': boolean;
  'contextCache.prompts.providersFile': string;
  'contextCache.summaries.model': string;
  'contextCache.summaries.endpoint': string;
  'contextCache.summaries.endpointModel': string;
  'contextCache.summaries.endpointWindow': number;
  'contextCache.summaries.budget': number;
  'contextCache.summaries.projectFiles': readonly string[];
  'contextCache.sandboxes.pollInterval': number;
  'contextCache.sandboxes.fetchBudget': number;
  'contextCache.workersKv.namespaces': readonly Readonly<Record<string, unknown>>[];
  'contextCache.localCaches.detect': boolean;
  'contextCache.localCaches.places': readonly LocalCacheSetting[];
  'contextCache.localCaches.warnAbove': number;
}
export type SettingId = keyof SettingTypes;

/** Every setting id; the record's type makes a forgotten one an error of the compiler. */
const settingIdSet: Readonly<Record<SettingId, true>> = {
  'contextCache.instructions.harness': true,
  'contextCache.instructions.libraryFolders': true,
  'contextCache.instructions.includeUserFiles': true,
  'contextCache.instructions.exclude': true,
  'contextCache.tokens.model': true,
  'contextCache.tokens.budget': true,
  'contextCache.tokens.budgetWarning': true,
  'contextCache.tokens.limits': true,
  'contextCache.tokens.promptLimits': true,
  'contextCache.tokens.harnessLimits': true,
  'contextCache.tokens.statusBar': true,
  'contextCache.tokens.codeLens': true,
  'contextCache.tokens.explorerBadges': true,
  'contextCache.tokens.heatStrip': true,
  'contextCache.tokens.providerCounts': true,
  'contextCache.tokens.providerAddresses': true,
  'contextCache.sandboxes.sources': true,
  'contextCache.sandboxes.remotes': true,
  'contextCache.sandboxes.detect': true,
  'contextCache.prompts.providersFile': true,
  'contextCache.summaries.model': true,
  'contextCache.summaries.endpoint': true,
  'contextCache.summaries.endpointModel': true,
  'contextCache.summaries.endpointWindow': true,
  'contextCache.summaries.budget': true,
  'contextCache.summaries.projectFiles': true,
  'contextCache.sandboxes.pollInterval': true,
  'contextCache.sandboxes.fetchBudget': true,
  'contextCache.workersKv.namespaces': true,
  'contextCache.localCaches.detect': true,
  'contextCache.localCaches.places': true,
  'contextCache.localCaches.warnAbove': true,
};
export const settingIds = Object.keys(settingIdSet) as readonly SettingId[];

/** What the Instructions view shows when it has no rows. */
export type InstructionsState =
  'loading' | 'ready' | 'none' | 'noneForHarness' | 'noneForFilter' | 'cancelled' | 'failed';

/** The families of caches whose rows stand in the Sandbox Caches view. */
export type CacheFamily = 'sandboxes' | 'workersKv' | 'localCaches';

/** What the Sandbox caches view shows when it has no rows. */
export type SandboxesState = 'loading' | 'ready' | 'none' | 'failed';

/** What the Prompts view shows when it has no rows. */
export type PromptsState = 'loading' | 'ready' | 'none' | 'failed';

/** Context keys that `when` clauses of package.json use, with their values' types. */
export interface ContextKeyTypes {
  'contextCache.instructions.state': InstructionsState;
  'contextCache.instructions.indexing': boolean;
  'contextCache.instructions.filtered': boolean;
  'contextCache.tokens.boundaries': boolean;
  'contextCache.sandboxes.state': SandboxesState;
  'contextCache.sandboxes.filtered': boolean;
  'contextCache.sandboxes.selection': CacheFamily;
  'contextCache.sandboxes.compareSelected': boolean;
  'contextCache.prompts.state': PromptsState;
}
export type ContextKey = keyof ContextKeyTypes;

/** Every context key, in the same way. */
const contextKeySet: Readonly<Record<ContextKey, true>> = {
  'contextCache.instructions.state': true,
  'contextCache.instructions.indexing': true,
  'contextCache.instructions.filtered': true,
  'contextCache.tokens.boundaries': true,
  'contextCache.sandboxes.state': true,
  'contextCache.sandboxes.filtered': true,
  'contextCache.sandboxes.selection': true,
  'contextCache.sandboxes.compareSelected': true,
  'contextCache.prompts.state': true,
};
export const contextKeys = Object.keys(contextKeySet) as readonly ContextKey[];
