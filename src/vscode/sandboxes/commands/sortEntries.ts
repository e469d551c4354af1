import { ThemeIcon } from 'vscode';
import { sortOrders } from '../ordering';
import type { SortOrder } from '../ordering';
import { pickOne } from '../pickers';
import type { SandboxCommand } from './sandboxCommand';

const labels: Readonly<Record<SortOrder, string>> = {
  name: 'Name',
  size: 'Size, largest first',
  tokens: 'Tokens, most first',
  age: 'Age, youngest first',
  expiry: 'Time left, least first',
};

export const sortEntries: SandboxCommand = {
  id: 'contextCache.sortEntries',
  run: async (tools) => {
    const { options } = tools;
    const order = await pickOne(
      tools,
      sortOrders,
      (one) => ({ label: labels[one], ...(one === options.sort ? { iconPath: new ThemeIcon('check') } : {}) }),
      { title: 'Sort Cache Entries', placeHolder: 'Sort by' },
    );
    if (order !== undefined) {
      await options.setSort(order);
    }
  },
};
