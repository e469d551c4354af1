import { EventEmitter, ThemeColor, ThemeIcon, TreeItem, TreeItemCollapsibleState } from 'vscode';
import type { CommandId } from '../../contributions';
import type { CacheSection, SectionStatus } from '../caches/cacheSection';
import type { LocalContents } from './contents';
import type { LocalPlace, LocalPlaces } from './localPlaces';
import type { LocalNode, LocalNodePool } from './nodes';
import { rowOf, tooltipOf } from './rows';

/** The local caches in the Sandbox Caches view. */
export interface LocalSection extends CacheSection<LocalNode> {
  /** Draws a row and what stands below it again. */
  redraw(node: LocalNode): void;
  dispose(): void;
}

export function createLocalSection(parts: {
  readonly places: LocalPlaces;
  readonly contents: LocalContents;
  readonly pool: LocalNodePool;
  readonly now: () => number;
}): LocalSection {
  const { places, contents, pool, now } = parts;
  const rowsChanged = new EventEmitter<readonly LocalNode[] | undefined>();
  const statusChanged = new EventEmitter<void>();

  const subscriptions = [
    places.onDidChange(() => {
      pool.retain(({ place }) => places.places.includes(place));
      statusChanged.fire();
      rowsChanged.fire(undefined);
    }),
    places.onDidRead((place) => {
      if (!places.state(place).reading) {
        forgetGone(place);
        rowsChanged.fire([pool.place(place)]);
      }
    }),
    rowsChanged,
    statusChanged,
  ];

  function forgetGone(place: LocalPlace): void {
    pool.retain((node) => node.place !== place || node.kind !== 'entry' || contents.entry(node) !== undefined);
  }

  return {
    family: 'localCaches',
    get status(): SectionStatus {
      const state = places.places.length > 0 ? 'ready' : places.problems.length > 0 ? 'failed' : 'none';
      return { state: places.scanned ? state : 'loading', message: places.problems.join(' · ') };
    },
    onDidChangeStatus: statusChanged.event,
    onDidChangeRows: rowsChanged.event,
    roots: () => places.places.map((place) => pool.place(place)),
    children: async (node) => {
      if (node.kind === 'place') {
        await places.look(node.place);
      }
      return contents.children(node);
    },
    parent: (node) => contents.parent(node),
    item: (node) => itemOf(node),
    tooltip: (node) => tooltipOf(node, places, contents),
    refresh: async () => {
      await places.rescan();
      await Promise.all(places.places.map(async (place) => places.refresh(place)));
    },
    redraw: (node) => {
      rowsChanged.fire([node]);
    },
    dispose: () => {
      for (const subscription of subscriptions) {
        subscription.dispose();
      }
    },
  };

  function itemOf(node: LocalNode): TreeItem {
    const row = rowOf(node, places, contents, now());
    const isList = node.kind === 'place' || node.kind === 'layer' || node.kind === 'group';
    const item = new TreeItem(row.label, isList ? TreeItemCollapsibleState.Collapsed : TreeItemCollapsibleState.None);
    item.id = node.id;
    item.description = row.description;
    item.contextValue = row.contextValue;
    item.iconPath = new ThemeIcon(row.icon, row.color === undefined ? undefined : new ThemeColor(row.color));
    item.accessibilityInformation = { label: `${row.label}, ${row.description}` };
    const command = clickOf(node);
    if (command !== undefined) {
      item.command = { command, title: row.label, arguments: [node] };
    }
    return item;
  }
}

function clickOf(node: LocalNode): CommandId | undefined {
  switch (node.kind) {
    case 'entry':
      return 'contextCache.inspectLayerEntry';
    case 'more':
      return 'contextCache.showMoreLayerEntries';
    case 'problem':
      return 'contextCache.refreshLocalCaches';
    case 'place':
    case 'layer':
    case 'group':
      return undefined;
  }
}
