import { UserError } from '../../core/errors';
import type { LayerHistory } from '../../core/layers/layerHistory';
import { layouts } from '../../core/layers/layouts';
import type { LayerEntry, LayerKind, LayerListing } from '../../core/layers/model';
import { targetRows } from '../caches/cacheSection';
import type { CachesView } from '../caches/cachesView';
import type { CommandId } from '../../contributions';
import type { Services } from '../services';
import type { LocalContents } from './contents';
import type { LocalPlace, LocalPlaces } from './localPlaces';
import type { LocalSection } from './localSection';
import { isLocalNode } from './nodes';
import type { LocalNode } from './nodes';
import { layerText } from './rows';

/** What the commands about local caches share. */
export interface LocalTools {
  readonly services: Services;
  readonly places: LocalPlaces;
  readonly contents: LocalContents;
  readonly section: LocalSection;
  readonly caches: CachesView;
  readonly history: LayerHistory;
}

/** A command about local caches; the arguments are what the editor passes. */
export interface LocalCommand {
  readonly id: CommandId;
  readonly run: (tools: LocalTools, clicked: unknown, selected: unknown) => Promise<unknown>;
}

/** A layer where it lies, as it was last seen. */
export interface LayerTarget {
  readonly place: LocalPlace;
  readonly listing: LayerListing;
}

export function targetNodes(tools: LocalTools, clicked: unknown, selected: unknown): readonly LocalNode[] {
  return targetRows(isLocalNode, tools.caches.selection, clicked, selected);
}

/** Every layer that is known, of one kind or of all; places that were never looked at are read first. */
export async function allLayers(tools: LocalTools, kind?: LayerKind): Promise<readonly LayerTarget[]> {
  if (!tools.places.scanned) {
    await tools.places.rescan();
  }
  await Promise.all(tools.places.places.map(async (place) => tools.places.look(place)));
  return tools.places.places.flatMap((place) =>
    (tools.places.state(place).listings ?? [])
      .filter(({ layer }) => kind === undefined || layer.kind === kind)
      .map((listing) => ({ place, listing })),
  );
}

/** The layer that a command is about: that of the clicked row, else one that is picked. Undefined when given up. */
export async function targetLayer(
  tools: LocalTools,
  clicked: unknown,
  selected: unknown,
  title: string,
  fits: (kind: LayerKind) => boolean = () => true,
): Promise<LayerTarget | undefined> {
  const [node] = targetNodes(tools, clicked, selected);
  const listing = node === undefined ? undefined : tools.contents.listing(node);
  if (node !== undefined && listing !== undefined) {
    return { place: node.place, listing };
  }
  const layers = (await allLayers(tools)).filter(
    (target) => fits(target.listing.layer.kind) && (node === undefined || target.place === node.place),
  );
  return pickLayer(tools, layers, title, 'Which layer?');
}

export async function pickLayer(
  tools: LocalTools,
  layers: readonly LayerTarget[],
  title: string,
  placeHolder: string,
): Promise<LayerTarget | undefined> {
  if (layers.length === 0) {
    throw new UserError(
      'There is no local cache for this.',
      'Add one with "Add Local Cache", or switch contextCache.localCaches.detect on.',
    );
  }
  const items = layers.map((target) => ({
    label: nameOfLayer(target),
    detail: layerText(target.listing, tools.services.clock.now()),
    target,
  }));
  return (await tools.services.prompts.pick(items, { title, placeHolder }))?.target;
}

/** The layer read anew: plans are made of what is there now. */
export async function freshLayer(tools: LocalTools, { place, listing }: LayerTarget): Promise<LayerTarget> {
  await tools.places.refresh(place);
  const { error, listings } = tools.places.state(place);
  if (error !== undefined) {
    throw error;
  }
  const fresh = listings?.find(({ layer }) => layer.kind === listing.layer.kind);
  // A layer of which the last file is gone is not recognised any more; it is an empty one.
  return { place, listing: fresh ?? { ...listing, entries: [], others: 0 } };
}

/** The entries below rows of one layer, as they were last seen. */
export function entriesBelow(tools: LocalTools, nodes: readonly LocalNode[]): readonly LayerEntry[] {
  const entries = new Map<string, LayerEntry>();
  for (const node of nodes) {
    const entry = tools.contents.entry(node);
    const below =
      node.kind === 'group'
        ? (tools.contents.group(node)?.entries ?? [])
        : node.kind === 'layer'
          ? (tools.contents.listing(node)?.entries ?? [])
          : entry === undefined
            ? []
            : [entry];
    for (const one of below) {
      entries.set(one.name, one);
    }
  }
  return [...entries.values()];
}

/** A layer in words, such as `Traces of .phasic_cache`. */
export function nameOfLayer({ place, listing }: LayerTarget): string {
  return `${layouts[listing.layer.kind].label} of ${place.label}`;
}
