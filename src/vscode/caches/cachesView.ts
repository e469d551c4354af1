import { Disposable, EventEmitter, TreeItem, window } from 'vscode';
import type { Event, TreeDataProvider, TreeView } from 'vscode';
import { viewIds } from '../../contributions';
import type { CacheFamily } from '../../contributions';
import { setContext } from '../commands';
import { overallState, selectedFamily } from './cacheSection';
import type { CacheNode, CacheSection } from './cacheSection';

/** The Sandbox Caches view: the sections of all families of caches, one below the other. */
export interface CachesView {
  readonly visible: boolean;
  readonly onDidChangeVisibility: Event<boolean>;
  readonly onDidCollapse: Event<CacheNode>;
  readonly selection: readonly CacheNode[];
  /** Shows a section below those that were added before. */
  add<Node extends CacheNode>(section: CacheSection<Node>): Disposable;
  /** Looks again at every family. */
  refresh(): Promise<void>;
  /** Brings a row into view and selects it. */
  reveal(node: CacheNode): Promise<void>;
  dispose(): void;
}

export function createCachesView(): CachesView {
  const sections = new Map<CacheFamily, CacheSection<CacheNode>>();
  const changed = new EventEmitter<CacheNode | CacheNode[] | undefined>();
  const visibility = new EventEmitter<boolean>();
  const collapsed = new EventEmitter<CacheNode>();

  const provider: TreeDataProvider<CacheNode> = {
    onDidChangeTreeData: changed.event,
    getChildren: async (node) =>
      node === undefined
        ? [...sections.values()].flatMap((section) => [...section.roots()])
        : [...((await sections.get(node.family)?.children(node)) ?? [])],
    getParent: (node) => sections.get(node.family)?.parent(node),
    getTreeItem: (node) => sections.get(node.family)?.item(node) ?? new TreeItem(''),
    resolveTreeItem: (item, node) => {
      item.tooltip = sections.get(node.family)?.tooltip(node);
      return item;
    },
  };
  const view: TreeView<CacheNode> = window.createTreeView(viewIds.sandboxes, {
    treeDataProvider: provider,
    canSelectMany: true,
    showCollapseAll: true,
  });

  const showStatus = (): void => {
    const all = [...sections.values()].map(({ status }) => status);
    const state = overallState(all.map((status) => status.state));
    setContext('contextCache.sandboxes.state', state);
    // Beside a message the editor shows no welcome text.
    const messages = all.map(({ message }) => message).filter((message) => message !== '');
    view.message = state === 'ready' ? messages.join(' · ') : '';
  };
  const showSelection = (): void => {
    setContext('contextCache.sandboxes.selection', selectedFamily(view.selection));
  };
  showStatus();
  showSelection();

  const subscriptions: { dispose(): void }[] = [
    view,
    changed,
    visibility,
    collapsed,
    view.onDidChangeSelection(showSelection),
    view.onDidChangeVisibility((event) => {
      visibility.fire(event.visible);
    }),
    view.onDidCollapseElement(({ element }) => {
      collapsed.fire(element);
    }),
  ];

  return {
    get visible() {
      return view.visible;
    },
    get selection() {
      return view.selection;
    },
    onDidChangeVisibility: visibility.event,
    onDidCollapse: collapsed.event,
    add: (section) => {
      // Only nodes of its own family ever reach a section.
      sections.set(section.family, section);
      const listeners = [
        section.onDidChangeRows((nodes) => {
          changed.fire(nodes === undefined ? undefined : [...nodes]);
        }),
        section.onDidChangeStatus(showStatus),
      ];
      showStatus();
      changed.fire(undefined);
      return new Disposable(() => {
        for (const listener of listeners) {
          listener.dispose();
        }
        sections.delete(section.family);
      });
    },
    refresh: async () => {
      await Promise.all([...sections.values()].map(async (section) => section.refresh()));
    },
    reveal: async (node) => {
      await view.reveal(node, { select: true, focus: false });
    },
    dispose: () => {
      for (const subscription of subscriptions) {
        subscription.dispose();
      }
    },
  };
}
