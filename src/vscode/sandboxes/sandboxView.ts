import { window } from 'vscode';
import type { TreeView } from 'vscode';
import { viewIds } from '../../contributions';
import type { CacheEntry } from '../../core/cache/model';
import { setContext } from '../commands';
import type { NodePool, SandboxTreeNode } from './nodes';
import type { Sandbox } from './sandbox';
import type { SandboxRegistry } from './sandboxRegistry';
import type { EntryTokens } from './entryTokens';
import type { TreeContents } from './treeContents';
import type { SandboxTreeProvider } from './treeProvider';
import type { ViewOptions } from './viewOptions';

/** Times left are shown in minutes at the finest, so that this is often enough. */
const redrawMs = 30_000;

/** The Sandbox caches view. */
export interface SandboxView extends Pick<TreeContents, 'groupOf' | 'shownEntries'> {
  readonly selection: readonly SandboxTreeNode[];
  /** The row of a sandbox, as a menu would pass it to a command. */
  nodeOf(sandbox: Sandbox): SandboxTreeNode;
  /** Brings an entry's row into view and selects it. */
  reveal(sandbox: Sandbox, entry: CacheEntry): Promise<void>;
  dispose(): void;
}

export function createSandboxView(parts: {
  readonly provider: SandboxTreeProvider;
  readonly registry: SandboxRegistry;
  readonly options: ViewOptions;
  readonly tokens: EntryTokens;
  readonly pool: NodePool;
}): SandboxView {
  const { provider, registry, options, tokens } = parts;
  const view: TreeView<SandboxTreeNode> = window.createTreeView(viewIds.sandboxes, {
    treeDataProvider: provider,
    canSelectMany: true,
    showCollapseAll: true,
  });

  let timer: NodeJS.Timeout | undefined;
  const tick = (): void => {
    clearInterval(timer);
    timer = view.visible
      ? setInterval(() => {
          provider.redraw();
        }, redrawMs)
      : undefined;
    if (view.visible) {
      provider.redraw();
    }
  };
  const showState = (): void => {
    const found = registry.sandboxes.length > 0;
    setContext('contextCache.sandboxes.state', found ? 'ready' : registry.problems.length > 0 ? 'failed' : 'none');
    setContext('contextCache.sandboxes.filtered', options.filter !== '');
    // Beside a message the editor shows no welcome text.
    const filter = options.filter === '' ? '' : `Filter: ${options.filter}`;
    view.message = found ? [filter, ...registry.problems].filter(Boolean).join(' · ') : '';
  };
  setContext('contextCache.sandboxes.state', 'loading');
  setContext('contextCache.sandboxes.filtered', options.filter !== '');

  const subscriptions = [
    view,
    view.onDidChangeVisibility(tick),
    view.onDidCollapseElement(({ element }) => {
      if (element.kind === 'scope') {
        tokens.forget(element.sandbox, element.scope);
      }
    }),
    registry.onDidChange(showState),
    options.onDidChange(showState),
  ];
  tick();
  return {
    groupOf: provider.contents.groupOf,
    shownEntries: provider.contents.shownEntries,
    get selection() {
      return view.selection;
    },
    nodeOf: (sandbox) => parts.pool.sandbox(sandbox),
    reveal: async (sandbox, entry) => {
      await view.reveal(provider.contents.nodeOf(sandbox, entry), { select: true, focus: false });
    },
    dispose: () => {
      clearInterval(timer);
      for (const subscription of subscriptions) {
        subscription.dispose();
      }
    },
  };
}
