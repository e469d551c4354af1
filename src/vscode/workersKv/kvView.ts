import { EventEmitter } from 'vscode';
import type { Event, Memento } from 'vscode';
import { kvGroupings } from '../../core/workersKv/groups';
import type { KvGrouping } from '../../core/workersKv/groups';

/** How entries of Workers KV are grouped in the view; remembered for the workspace. */
export interface KvViewOptions {
  readonly grouping: KvGrouping;
  setGrouping(grouping: KvGrouping): Promise<void>;
  readonly onDidChange: Event<void>;
  dispose(): void;
}

const key = 'contextCache.workersKv.grouping';

export function createKvViewOptions(memento: Memento): KvViewOptions {
  const changed = new EventEmitter<void>();
  const remembered = memento.get<unknown>(key);
  let grouping = kvGroupings.find((one) => one === remembered) ?? 'path';
  return {
    get grouping() {
      return grouping;
    },
    setGrouping: async (next) => {
      grouping = next;
      changed.fire();
      await memento.update(key, next);
    },
    onDidChange: changed.event,
    dispose: () => {
      changed.dispose();
    },
  };
}
