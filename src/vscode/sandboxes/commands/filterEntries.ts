import { entryStates } from '../../../core/cache/model';
import type { SandboxCommand } from './sandboxCommand';

/** Leaves only the rows whose entries match what a person types. */
export const filterEntries: SandboxCommand = {
  id: 'contextCache.filterEntries',
  run: async (tools) => {
    const { options } = tools;
    const filter = await tools.services.prompts.input({
      title: 'Filter Cache Entries',
      value: options.filter,
      prompt: `Words in the key, tags, type or state; state:… (${entryStates.join(', ')}) and tag:… match exactly.`,
      placeHolder: 'web_search state:expired',
    });
    if (filter !== undefined) {
      await options.setFilter(filter);
    }
  },
};

export const clearEntriesFilter: SandboxCommand = {
  id: 'contextCache.clearEntriesFilter',
  run: async ({ options }) => options.setFilter(''),
};
