import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import { isSourceError, UserError } from '../../core/errors';
import type { FileTree } from '../../core/fileTree';
import type { PlacedListing } from '../../core/layers/compare';
import { LayerHistory } from '../../core/layers/layerHistory';
import { layouts } from '../../core/layers/layouts';
import { readLayers } from '../../core/layers/listLayer';
import { isLayerKind } from '../../core/layers/model';
import type { LayerKind, LayerListing } from '../../core/layers/model';
import { dataFolderOf } from '../dataFolder';
import type { CliContext } from '../io';
import { openPlace } from '../source';
import type { SourceChoice } from '../source';
import { addSourceOptions } from '../source';

/** What every command of the group takes. */
export interface PlaceOptions extends SourceChoice {
  readonly layer?: LayerKind;
  readonly layout?: LayerKind;
}

/** A place whose layers were listed. */
export interface OpenedPlace {
  readonly tree: FileTree;
  readonly place: string;
  /** Those that were asked for, at least one. */
  readonly listings: readonly LayerListing[];
}

const kinds = Object.keys(layouts) as readonly LayerKind[];

export function addPlaceOptions(command: Command): Command {
  return addLayerOptions(
    addSourceOptions(
      command,
      'a home folder, a cache folder, or an address with its path; your home folder unless given',
    ),
  );
}

function addLayerOptions(command: Command): Command {
  return command
    .addOption(new Option('--layer <kind>', 'only this layer').argParser(kindArgument))
    .addOption(
      new Option('--layout <kind>', 'take the folder itself as such a layer, whatever its files are called').argParser(
        kindArgument,
      ),
    );
}

function kindArgument(text: string): LayerKind {
  if (!isLayerKind(text)) {
    throw new InvalidArgumentError(`Use one of ${kinds.join(', ')}.`);
  }
  return text;
}

/** Lists the layers of the place that was chosen. Throws a `UserError` when there is none. */
export async function openLayers(context: CliContext, options: PlaceOptions): Promise<OpenedPlace> {
  const { tree, place } = openPlace(context, options, homeFolder(context));
  const all = await readLayers(tree, { signal: context.signal, layout: options.layout });
  const listings = all.filter(({ layer }) => options.layer === undefined || layer.kind === options.layer);
  if (listings.length === 0) {
    throw noLayer(place, options.layer);
  }
  return { tree, place, listings };
}

/**
 * The layers to write to: where a place has none of a kind, or is not there yet, an empty one in the same folder as
 * where the entries come from.
 */
export async function openTargets(
  context: CliContext,
  options: PlaceOptions,
  like: readonly LayerListing[],
): Promise<{ readonly place: string; readonly targets: readonly PlacedListing[] }> {
  const { tree, place } = openPlace(context, options, homeFolder(context));
  let found: readonly LayerListing[];
  try {
    found = await readLayers(tree, { signal: context.signal, layout: options.layout });
  } catch (error) {
    if (!isSourceError(error, 'not-found')) {
      throw error;
    }
    found = options.layout === undefined ? [] : [emptyListing({ kind: options.layout, folder: '' })];
  }
  const missing = like.filter(({ layer }) => !found.some((one) => one.layer.kind === layer.kind));
  const listings = [...found, ...(options.layout === undefined ? missing.map(({ layer }) => emptyListing(layer)) : [])];
  return {
    place,
    targets: listings
      .filter(({ layer }) => options.layer === undefined || layer.kind === options.layer)
      .map((listing) => ({ tree, listing })),
  };
}

function emptyListing(layer: LayerListing['layer']): LayerListing {
  return { layer, entries: [], others: 0 };
}

/** The one layer that a command is about. */
export function oneLayer({ listings, place }: OpenedPlace): LayerListing {
  const [only, ...others] = listings;
  if (only === undefined || others.length > 0) {
    const found = listings.map(({ layer }) => layer.kind).join(', ');
    throw new UserError(`'${place}' has several layers: ${found}.`, 'Choose one with --layer.');
  }
  return only;
}

/** What is kept so that changes can be taken back; shared by this user's command line and editors. */
export function openLayerHistory(context: CliContext): LayerHistory {
  return new LayerHistory(join(dataFolderOf(context), 'layers'), { clock: context.clock });
}

export function homeFolder({ env }: CliContext): string {
  const home = env['HOME'];
  return home === undefined || home === '' ? homedir() : home;
}

function noLayer(place: string, kind: LayerKind | undefined): UserError {
  return new UserError(
    `No ${kind === undefined ? 'cache' : `layer of ${kind}`} is recognised in '${place}'.`,
    "Name a cache's own folder with --source, or say what it is with --layout, such as --layout plain.",
  );
}
