import { layouts } from '../../core/layers/layouts';
import type { LayerEntry, LayerKind, LayerListing } from '../../core/layers/model';
import type { LocalPlaces } from './localPlaces';
import type { LocalNode, LocalNodePool } from './nodes';

/** So many rows are made at once; a list of 50,000 shows the next ones when asked. */
export const pageSize = 200;

const dayMs = 86_400_000;
const ages: readonly { readonly id: string; readonly label: string; readonly belowMs: number }[] = [
  { id: 'day', label: 'Used in the last day', belowMs: dayMs },
  { id: 'week', label: 'Used in the last 7 days', belowMs: 7 * dayMs },
  { id: 'month', label: 'Used in the last 30 days', belowMs: 30 * dayMs },
  { id: 'older', label: 'Not used for 30 days', belowMs: Infinity },
];

/** Entries that stand together. */
export interface LayerGroup {
  readonly id: string;
  readonly label: string;
  /** The most recently used first. */
  readonly entries: readonly LayerEntry[];
  readonly bytes: number;
}

/** Groups of a layer: by function or folder where names tell, else by age. One alone is no group. */
function groupEntries(listing: LayerListing, nowMs: number): readonly LayerGroup[] {
  const { groupOf, kind } = layouts[listing.layer.kind];
  const byId = new Map<string, LayerEntry[]>();
  for (const entry of listing.entries) {
    const id = groupOf(entry.name) ?? (kind === 'plain' ? '.' : ageOf(entry, nowMs));
    const group = byId.get(id);
    if (group === undefined) {
      byId.set(id, [entry]);
    } else {
      group.push(entry);
    }
  }
  const groups = [...byId].map(([id, entries]): LayerGroup => ({
    id,
    label: ages.find((age) => age.id === id)?.label ?? (id === '.' ? 'In the folder itself' : id),
    entries: entries.sort((a, b) => b.usedMs - a.usedMs || (a.name < b.name ? -1 : 1)),
    bytes: entries.reduce((sum, { bytes }) => sum + bytes, 0),
  }));
  const order = (id: string): number => ages.findIndex((age) => age.id === id);
  return groups.sort((a, b) => order(a.id) - order(b.id) || (a.id < b.id ? -1 : 1));
}

function ageOf({ usedMs }: LayerEntry, nowMs: number): string {
  return ages.find(({ belowMs }) => nowMs - usedMs < belowMs)?.id ?? 'older';
}

/** Which rows stand below which, from what is known already: nothing here reads a cache. */
export class LocalContents {
  readonly #places: LocalPlaces;
  readonly #pool: LocalNodePool;
  readonly #now: () => number;
  /** Listings do not change: grouping 50,000 entries once is enough. */
  readonly #groups = new WeakMap<LayerListing, readonly LayerGroup[]>();
  readonly #byName = new WeakMap<LayerListing, ReadonlyMap<string, LayerEntry>>();
  /** How many rows are shown of lists from which more than a page was asked for, by the list's id. */
  readonly #shown = new Map<string, number>();

  constructor(places: LocalPlaces, pool: LocalNodePool, now: () => number) {
    this.#places = places;
    this.#pool = pool;
    this.#now = now;
  }

  listing(node: LocalNode): LayerListing | undefined {
    return 'layer' in node ? this.listingOf(node.place, node.layer) : undefined;
  }

  listingOf(place: LocalNode['place'], kind: LayerKind): LayerListing | undefined {
    return this.#places.state(place).listings?.find(({ layer }) => layer.kind === kind);
  }

  groups(listing: LayerListing): readonly LayerGroup[] {
    const known = this.#groups.get(listing) ?? groupEntries(listing, this.#now());
    this.#groups.set(listing, known);
    return known;
  }

  group(node: LocalNode): LayerGroup | undefined {
    const listing = this.listing(node);
    return listing === undefined || !('group' in node)
      ? undefined
      : this.groups(listing).find(({ id }) => id === node.group);
  }

  entry(node: LocalNode): LayerEntry | undefined {
    const listing = this.listing(node);
    if (listing === undefined || node.kind !== 'entry') {
      return undefined;
    }
    const known = this.#byName.get(listing) ?? new Map(listing.entries.map((entry) => [entry.name, entry]));
    this.#byName.set(listing, known);
    return known.get(node.name);
  }

  children(node: LocalNode): readonly LocalNode[] {
    const { place } = node;
    switch (node.kind) {
      case 'place': {
        const { listings, error } = this.#places.state(place);
        const layers = (listings ?? []).map(({ layer }) => this.#pool.layer(place, layer.kind));
        return error === undefined && layers.length > 0 ? layers : [this.#pool.problem(place), ...layers];
      }
      case 'layer': {
        const listing = this.listing(node);
        const groups = listing === undefined ? [] : this.groups(listing);
        return groups.length > 1
          ? groups.map(({ id }) => this.#pool.group(place, node.layer, id))
          : this.#page(node, groups[0]?.entries ?? [], undefined);
      }
      case 'group':
        return this.#page(node, this.group(node)?.entries ?? [], node.group);
      case 'entry':
      case 'more':
      case 'problem':
        return [];
    }
  }

  parent(node: LocalNode): LocalNode | undefined {
    const { place } = node;
    switch (node.kind) {
      case 'place':
        return undefined;
      case 'layer':
      case 'problem':
        return this.#pool.place(place);
      case 'group':
        return this.#pool.layer(place, node.layer);
      case 'entry':
      case 'more':
        return node.group === undefined
          ? this.#pool.layer(place, node.layer)
          : this.#pool.group(place, node.layer, node.group);
    }
  }

  /** Shows another page of the list that a row ends; returns the row whose list it is. */
  showMore(node: LocalNode): LocalNode | undefined {
    const list = this.parent(node);
    if (list !== undefined) {
      this.#shown.set(list.id, (this.#shown.get(list.id) ?? pageSize) + pageSize);
    }
    return list;
  }

  /** How many entries of the list that a row ends are not shown yet. */
  hidden(node: LocalNode): number {
    const listing = this.listing(node);
    const list = this.parent(node);
    const all = list?.kind === 'group' ? this.group(list)?.entries.length : listing?.entries.length;
    return Math.max(0, (all ?? 0) - (this.#shown.get(list?.id ?? '') ?? pageSize));
  }

  #page(
    list: Extract<LocalNode, { kind: 'layer' | 'group' }>,
    entries: readonly LayerEntry[],
    group: string | undefined,
  ): readonly LocalNode[] {
    const shown = this.#shown.get(list.id) ?? pageSize;
    const rows: LocalNode[] = entries
      .slice(0, shown)
      .map(({ name }) => this.#pool.entry(list.place, list.layer, group, name));
    return entries.length > shown ? [...rows, this.#pool.more(list.place, list.layer, group)] : rows;
  }
}
