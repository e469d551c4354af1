import { EventEmitter } from 'vscode';
import type { Event, Memento } from 'vscode';
import type { CacheEntry } from '../../core/cache/model';
import { parseFilter, sortOrders } from './ordering';
import type { SortOrder } from './ordering';

/** How the view is filtered and sorted; remembered for the workspace. */
export interface ViewOptions {
  readonly sort: SortOrder;
  /** As it was typed; empty for none. */
  readonly filter: string;
  matches(entry: CacheEntry): boolean;
  setSort(sort: SortOrder): Promise<void>;
  setFilter(filter: string): Promise<void>;
  readonly onDidChange: Event<void>;
  dispose(): void;
}

const sortKey = 'contextCache.sandboxes.sort';
const filterKey = 'contextCache.sandboxes.filter';

export function createViewOptions(memento: Memento): ViewOptions {
  const changed = new EventEmitter<void>();
  const remembered = memento.get<unknown>(sortKey);
  let sort: SortOrder = sortOrders.find((one) => one === remembered) ?? 'name';
  const rememberedFilter = memento.get<unknown>(filterKey);
  let filter = typeof rememberedFilter === 'string' ? rememberedFilter : '';
  let matches = parseFilter(filter);
  return {
    get sort() {
      return sort;
    },
    get filter() {
      return filter;
    },
    matches: (entry) => matches(entry),
    setSort: async (next) => {
      sort = next;
      changed.fire();
      await memento.update(sortKey, next);
    },
    setFilter: async (next) => {
      filter = next.trim();
      matches = parseFilter(filter);
      changed.fire();
      await memento.update(filterKey, filter);
    },
    onDidChange: changed.event,
    dispose: () => {
      changed.dispose();
    },
  };
}
