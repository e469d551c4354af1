import { EventEmitter } from 'vscode';
import type { CacheEntry } from '../../core/cache/model';
import type { CacheSection, SectionStatus } from '../caches/cacheSection';
import type { CachesView } from '../caches/cachesView';
import { setContext } from '../commands';
import { isSandboxNode } from './nodes';
import type { NodePool, SandboxTreeNode } from './nodes';
import type { Sandbox } from './sandbox';
import type { SandboxRegistry } from './sandboxRegistry';
import type { SandboxRows } from './sandboxRows';
import type { SandboxStore } from './sandboxStore';
import type { EntryTokens } from './entryTokens';
import type { TreeContents } from './treeContents';
import type { ViewOptions } from './viewOptions';

/** Times left are shown in minutes at the finest, so that this is often enough. */
const redrawMs = 30_000;

/** The sandboxes in the Sandbox Caches view. */
export interface SandboxView extends Pick<TreeContents, 'groupOf' | 'shownEntries'> {
  readonly selection: readonly SandboxTreeNode[];
  /** The row of a sandbox, as a menu would pass it to a command. */
  nodeOf(sandbox: Sandbox): SandboxTreeNode;
  /** Brings an entry's row into view and selects it. */
  reveal(sandbox: Sandbox, entry: CacheEntry): Promise<void>;
  /** Looks for sandboxes and reads them, and looks again at every other family of caches. */
  refreshAll(): Promise<void>;
  dispose(): void;
}

export function createSandboxView(parts: {
  readonly caches: CachesView;
  readonly rows: SandboxRows;
  readonly registry: SandboxRegistry;
  readonly store: SandboxStore;
  readonly options: ViewOptions;
  readonly tokens: EntryTokens;
  readonly pool: NodePool;
}): SandboxView {
  const { caches, rows, registry, store, options, tokens } = parts;
  const statusChanged = new EventEmitter<void>();
  let status: SectionStatus = { state: 'loading', message: '' };

  let timer: NodeJS.Timeout | undefined;
  const tick = (): void => {
    clearInterval(timer);
    timer = caches.visible
      ? setInterval(() => {
          rows.redraw();
        }, redrawMs)
      : undefined;
    if (caches.visible) {
      rows.redraw();
    }
  };
  const showFiltered = (): void => {
    setContext('contextCache.sandboxes.filtered', options.filter !== '');
  };
  const showState = (): void => {
    const found = registry.sandboxes.length > 0;
    const filter = options.filter === '' || !found ? '' : `Filter: ${options.filter}`;
    status = {
      state: found ? 'ready' : registry.problems.length > 0 ? 'failed' : 'none',
      message: [filter, registry.notice, ...registry.problems].filter(Boolean).join(' · '),
    };
    showFiltered();
    statusChanged.fire();
  };
  showFiltered();

  const section: CacheSection<SandboxTreeNode> = {
    family: 'sandboxes',
    get status() {
      return status;
    },
    onDidChangeStatus: statusChanged.event,
    onDidChangeRows: rows.onDidChangeRows,
    roots: () => rows.roots(),
    children: async (node) => rows.children(node),
    parent: (node) => rows.contents.parentOf(node),
    item: (node) => rows.item(node),
    tooltip: (node) => rows.tooltip(node),
    refresh: async () => {
      await registry.rescan();
      await Promise.all(registry.sandboxes.map(async (sandbox) => store.refresh(sandbox)));
    },
  };

  const subscriptions = [
    caches.add(section),
    caches.onDidChangeVisibility(tick),
    caches.onDidCollapse((node) => {
      if (isSandboxNode(node) && node.kind === 'scope') {
        tokens.forget(node.sandbox, node.scope);
      }
    }),
    registry.onDidChange(showState),
    options.onDidChange(showState),
    statusChanged,
  ];
  tick();
  return {
    groupOf: rows.contents.groupOf,
    shownEntries: rows.contents.shownEntries,
    get selection() {
      return caches.selection.filter(isSandboxNode);
    },
    nodeOf: (sandbox) => parts.pool.sandbox(sandbox),
    reveal: async (sandbox, entry) => caches.reveal(rows.contents.nodeOf(sandbox, entry)),
    refreshAll: async () => caches.refresh(),
    dispose: () => {
      clearInterval(timer);
      for (const subscription of subscriptions) {
        subscription.dispose();
      }
    },
  };
}
