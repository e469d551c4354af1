/**
 * Every id that package.json contributes, declared once and typed. `test/unit/contributions.test.ts` compares this
 * module with package.json, package.nls.json and the README, so an id that is missing on one side fails the tests.
 */

/** The view container in the activity bar. */
export const viewContainerId = 'contextCache';

export const viewIds = {
  instructions: 'contextCache.instructions',
  sandboxes: 'contextCache.sandboxes',
} as const;
export type ViewId = (typeof viewIds)[keyof typeof viewIds];

const instructionCommands = ['contextCache.refreshInstructions'] as const;

const tokenCommands = ['contextCache.countTokens'] as const;

const sandboxCommands = ['contextCache.refreshSandboxes'] as const;

export const commandIds = [...instructionCommands, ...tokenCommands, ...sandboxCommands] as const;
export type CommandId = (typeof commandIds)[number];

/** The type of each setting's value. Defaults live in package.json alone. */
export interface SettingTypes {
  'contextCache.instructions.libraryFolders': readonly string[];
}
export type SettingId = keyof SettingTypes;

/** Every setting id; the record's type makes a forgotten one an error of the compiler. */
const settingIdSet: Readonly<Record<SettingId, true>> = {
  'contextCache.instructions.libraryFolders': true,
};
export const settingIds = Object.keys(settingIdSet) as readonly SettingId[];

/** Context keys that `when` clauses of package.json use, with their values' types. */
export interface ContextKeyTypes {
  /** False until the first index of the instructions is there. */
  'contextCache.instructions.ready': boolean;
}
export type ContextKey = keyof ContextKeyTypes;
