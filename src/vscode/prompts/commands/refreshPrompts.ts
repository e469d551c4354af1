import type { PromptCommand } from './promptCommand';

/** Refresh Prompts: reads and compiles all manifests again. Returns the snapshot. */
export const refreshPrompts: PromptCommand = {
  id: 'contextCache.refreshPrompts',
  run: async ({ model }) => model.refresh(),
};
