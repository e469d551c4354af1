import { EventEmitter } from 'vscode';
import type { Event, Memento } from 'vscode';
import { setContext } from '../commands';
import type { Grouping, Ordering, RowOptions } from './rows';

const storageKey = 'instructions.view';
const groupings: readonly Grouping[] = ['mode', 'format', 'folder'];
const orderings: readonly Ordering[] = ['size', 'name'];

/** How the Instructions view is arranged. Grouping and order are remembered per workspace; the filter is not. */
export class ViewState {
  readonly onDidChange: Event<void>;
  private readonly changed = new EventEmitter<void>();
  private readonly memory: Memento;
  private options: RowOptions;

  constructor(memory: Memento) {
    this.memory = memory;
    this.onDidChange = this.changed.event;
    const stored = memory.get<Partial<Record<keyof RowOptions, unknown>>>(storageKey, {});
    this.options = {
      grouping: groupings.find((grouping) => grouping === stored.grouping) ?? 'mode',
      ordering: orderings.find((ordering) => ordering === stored.ordering) ?? 'size',
      filter: '',
    };
  }

  get rowOptions(): RowOptions {
    return this.options;
  }

  async change(change: Partial<RowOptions>): Promise<void> {
    this.options = { ...this.options, ...change };
    setContext('contextCache.instructions.filtered', this.options.filter !== '');
    this.changed.fire();
    const { grouping, ordering } = this.options;
    await this.memory.update(storageKey, { grouping, ordering });
  }

  dispose(): void {
    this.changed.dispose();
  }
}
