import { EventEmitter, ThemeColor, ThemeIcon, TreeItem, TreeItemCollapsibleState } from 'vscode';
import type { Clock } from '../../core/ports';
import { groupKvEntries } from '../../core/workersKv/groups';
import type { KvGroup } from '../../core/workersKv/groups';
import type { CacheSection } from '../caches/cacheSection';
import type { CommandId } from '../../contributions';
import type { KvCache, KvCaches } from './kvCaches';
import type { KvViewOptions } from './kvView';
import { createKvNodePool } from './nodes';
import type { KvEntryNode, KvGroupNode, KvNamespaceNode, KvNode } from './nodes';
import { entryRow, groupRow, namespaceRow, orphansRow, problemRow, purgeRow } from './rows';
import type { KvRow } from './rows';
import { kvTooltip } from './tooltips';

export interface KvSection extends CacheSection<KvNode> {
  dispose(): void;
}

/** The namespaces of Workers KV as roots of the view. One that nobody expands is never asked for anything. */
export function createKvSection(caches: KvCaches, options: KvViewOptions, clock: Clock): KvSection {
  const rowsChanged = new EventEmitter<readonly KvNode[] | undefined>();
  const statusChanged = new EventEmitter<void>();
  const pool = createKvNodePool();
  /** Groups of a snapshot, which every row of a large namespace asks for. */
  const grouped = new WeakMap<
    object,
    { readonly grouping: string; readonly groups: ReadonlyMap<string | undefined, KvGroup> }
  >();

  const groupsOf = (cache: KvCache): ReadonlyMap<string | undefined, KvGroup> => {
    const { snapshot } = caches.state(cache);
    if (snapshot === undefined) {
      return new Map();
    }
    const { grouping } = options;
    const known = grouped.get(snapshot);
    if (known?.grouping === grouping) {
      return known.groups;
    }
    const groups = new Map(groupKvEntries(snapshot.entries, grouping).map((group) => [group.name, group]));
    grouped.set(snapshot, { grouping, groups });
    return groups;
  };

  const rootOf = (cache: KvCache): KvNamespaceNode => {
    const id = `workersKv:${cache.id}`;
    return pool.get(id, () => ({ family: 'workersKv', kind: 'namespace', id, cache }));
  };

  const childrenOfRoot = (node: KvNamespaceNode): KvNode[] => {
    const { cache } = node;
    const { error, purges, snapshot } = caches.state(cache);
    const groups = [...groupsOf(cache).values()].map(({ name }): KvGroupNode => {
      const id = `${node.id}/group/${options.grouping}${name === undefined ? '' : `=${name}`}`;
      return pool.get(id, () => ({ family: 'workersKv', kind: 'group', id, cache, name }));
    });
    const below = (kind: 'problem' | 'orphans'): KvNode =>
      pool.get<KvNode>(`${node.id}/${kind}`, () => ({ family: 'workersKv', kind, id: `${node.id}/${kind}`, cache }));
    return [
      ...(error === undefined ? [] : [below('problem')]),
      ...purges.map((purge): KvNode => ({
        family: 'workersKv',
        kind: 'purge',
        id: `${node.id}/purge/${purge.id}`,
        cache,
        purge,
      })),
      ...((snapshot?.orphanChunks.length ?? 0) > 0 ? [below('orphans')] : []),
      ...groups,
    ];
  };

  const entriesOf = (node: KvGroupNode): KvEntryNode[] =>
    (groupsOf(node.cache).get(node.name)?.entries ?? []).map(({ key }) => {
      const id = `${node.id}/entry/${key}`;
      return pool.get(id, () => ({ family: 'workersKv', kind: 'entry', id, cache: node.cache, key, parent: node }));
    });

  const rowOf = (node: KvNode): KvRow => {
    const state = caches.state(node.cache);
    switch (node.kind) {
      case 'namespace':
        return namespaceRow(node.cache, state, clock.now());
      case 'group': {
        const group = groupsOf(node.cache).get(node.name);
        return groupRow(group ?? { name: node.name, entries: [], bytes: 0 }, options.grouping);
      }
      case 'entry': {
        const group = groupsOf(node.cache).get(node.parent.name);
        const entry = group?.entries.find(({ key }) => key === node.key);
        return entry === undefined
          ? { label: node.key, description: 'gone', icon: 'circle-slash', contextValue: 'kvGone' }
          : entryRow(entry, options.grouping, clock.now());
      }
      case 'orphans':
        return orphansRow(state);
      case 'purge':
        return purgeRow(node);
      case 'problem':
        return problemRow(state);
    }
  };

  const subscriptions = [
    caches.onDidChange(() => {
      pool.clear();
      rowsChanged.fire(undefined);
      statusChanged.fire();
    }),
    caches.onDidChangeState((cache) => {
      if (!caches.state(cache).reading) {
        rowsChanged.fire([rootOf(cache)]);
      }
    }),
    options.onDidChange(() => {
      rowsChanged.fire(caches.caches.map(rootOf));
    }),
    rowsChanged,
    statusChanged,
  ];

  return {
    family: 'workersKv',
    get status() {
      return {
        state: caches.caches.length > 0 ? ('ready' as const) : ('none' as const),
        message: caches.problems.join(' '),
      };
    },
    onDidChangeStatus: statusChanged.event,
    onDidChangeRows: rowsChanged.event,
    roots: () => caches.caches.map(rootOf),
    children: async (node) => {
      switch (node.kind) {
        case 'namespace':
          await caches.look(node.cache);
          return childrenOfRoot(node);
        case 'group':
          return entriesOf(node);
        default:
          return [];
      }
    },
    parent: (node) =>
      node.kind === 'namespace' ? undefined : node.kind === 'entry' ? node.parent : rootOf(node.cache),
    item: (node) => itemOf(node, rowOf(node)),
    tooltip: (node) => kvTooltip(node, caches, clock.now()),
    refresh: async () => {
      // Those that nobody has looked at yet are left alone.
      const seen = caches.caches.filter((cache) => {
        const { snapshot, error } = caches.state(cache);
        return snapshot !== undefined || error !== undefined;
      });
      await Promise.all(seen.map(async (cache) => caches.refresh(cache)));
    },
    dispose: () => {
      for (const one of subscriptions) {
        one.dispose();
      }
    },
  };
}

function itemOf(node: KvNode, row: KvRow): TreeItem {
  const expandable = node.kind === 'namespace' || node.kind === 'group';
  const item = new TreeItem(row.label, expandable ? TreeItemCollapsibleState.Collapsed : TreeItemCollapsibleState.None);
  item.id = node.id;
  item.description = row.description;
  item.contextValue = row.contextValue;
  item.iconPath = new ThemeIcon(row.icon, row.color === undefined ? undefined : new ThemeColor(row.color));
  item.accessibilityInformation = { label: `${row.label}, ${row.description}` };
  const command = commandOf(node);
  if (command !== undefined) {
    item.command = { command, title: row.label, arguments: [node] };
  }
  return item;
}

function commandOf(node: KvNode): CommandId | undefined {
  switch (node.kind) {
    case 'entry':
      return 'contextCache.openKvMetadata';
    case 'problem':
      return 'contextCache.refreshSandboxes';
    case 'purge':
      return 'contextCache.resumeKvPurge';
    default:
      return undefined;
  }
}
