import { isSourceError, SourceError, throwIfCancelled } from '../errors';
import { temporaryPrefix } from '../cache/keys';
import type { FileTree, TreeEntry } from '../fileTree';
import type { WorkOptions } from '../ports';
import { layouts } from './layouts';
import { pathIn } from './model';
import type { Layer, LayerEntry, LayerFile, LayerKind, LayerListing } from './model';

/** A cache with more is cleared away by other means; the bound keeps a wrong folder from filling the memory. */
const mostFiles = 1_000_000;
/** Folders in one look: over a link each look is a round trip. */
const foldersAtOnce = 256;

/** Where a place may have a cache that can be recognised; the first of a kind counts. */
const usualPlaces: readonly Layer[] = [
  { kind: 'traces', folder: '.phasic_cache/traces' },
  { kind: 'gradients', folder: '.phasic_cache' },
  { kind: 'jax', folder: '.jax_cache' },
  { kind: 'traces', folder: 'traces' },
  { kind: 'traces', folder: '' },
  { kind: 'jax', folder: '' },
  { kind: 'gradients', folder: '' },
];

type Listings = ReadonlyMap<string, readonly TreeEntry[] | SourceError>;

/**
 * The caches that a place has by the names of its files, with what is in them: a home folder, one of its cache folders,
 * or one layer. Empty when none is recognised. With a `layout` the place itself is one such layer. Rejects when the
 * place can't be read.
 */
export async function readLayers(
  tree: FileTree,
  options: WorkOptions & { readonly layout?: LayerKind | undefined } = {},
): Promise<readonly LayerListing[]> {
  if (options.layout !== undefined) {
    return [await listLayer(tree, { kind: options.layout, folder: '' }, options)];
  }
  const folders = [...new Set(usualPlaces.map(({ folder }) => folder))];
  const scan = await tree.scan({ folders }, { signal: options.signal });
  const root = scan.folders.get('');
  if (!isListing(root)) {
    throw root ?? new SourceError('protocol', `${tree.label} did not list its root.`, { nextStep: 'Try again.' });
  }
  const found: Layer[] = [];
  for (const layer of usualPlaces) {
    const listing = scan.folders.get(layer.folder);
    const { isEntry } = layouts[layer.kind];
    const isThere = isListing(listing) && listing.some(({ kind, name }) => kind === 'file' && isEntry(name));
    if (isThere && !found.some(({ kind }) => kind === layer.kind)) {
      found.push(layer);
    }
  }
  return Promise.all(found.map(async (layer) => listLayer(tree, layer, options, scan.folders)));
}

/**
 * Lists a layer, its folders included where its layout has any. Links are never followed, and our own temporary files
 * are none of it. Rejects when the layer's folder can't be read; a folder below it that vanished meanwhile is skipped.
 * @param known listings of the tree that were read just now and need not be read again
 */
export async function listLayer(
  tree: FileTree,
  layer: Layer,
  options: WorkOptions = {},
  known?: Listings,
): Promise<LayerListing> {
  const layout = layouts[layer.kind];
  const entries = new Map<string, LayerFile>();
  const companions = new Map<string, LayerFile[]>();
  let others = 0;
  let seen = 0;

  const take = (folder: string, { name, kind, sizeBytes, modifiedMs }: TreeEntry): string | undefined => {
    const path = folder === '' ? name : `${folder}/${name}`;
    seen += 1;
    if (kind === 'folder' && layout.recursive) {
      return path;
    }
    const file: LayerFile = { name: path, sizeBytes, modifiedMs };
    const owner = layout.entryOfCompanion(name);
    if (kind !== 'file' || name.startsWith(temporaryPrefix) || !isPlainName(name)) {
      others += 1;
    } else if (layout.isEntry(name)) {
      entries.set(path, file);
    } else if (owner !== undefined) {
      companions.set(owner, [...(companions.get(owner) ?? []), file]);
    } else {
      others += 1;
    }
    return undefined;
  };

  let waiting: string[] = [''];
  while (waiting.length > 0) {
    throwIfCancelled(options.signal);
    const folders = waiting.slice(0, foldersAtOnce);
    waiting = waiting.slice(foldersAtOnce);
    const listings =
      known ?? (await tree.scan({ folders: folders.map((folder) => folderIn(layer, folder)) }, options)).folders;
    for (const folder of folders) {
      const listing = listings.get(folderIn(layer, folder));
      if (!isListing(listing)) {
        if (folder === '' || !isSourceError(listing, 'not-found', 'forbidden')) {
          throw listing ?? silent(tree);
        }
        others += 1;
        continue;
      }
      waiting.push(...listing.map((entry) => take(folder, entry)).filter((below) => below !== undefined));
    }
    if (seen > mostFiles) {
      throw new SourceError('too-large', `${layout.label} in ${tree.label} has more than ${mostFiles} files.`, {
        nextStep: 'Name a smaller folder, or clear it with the tools of its system.',
      });
    }
  }
  for (const owner of companions.keys()) {
    if (!entries.has(owner)) {
      others += companions.get(owner)!.length;
    }
  }
  return {
    layer,
    entries: [...entries.values()].map((file) => entryOf(file, companions.get(file.name) ?? [])).sort(byName),
    others,
  };
}

function entryOf(file: LayerFile, companions: readonly LayerFile[]): LayerEntry {
  return {
    ...file,
    companions,
    bytes: companions.reduce((sum, { sizeBytes }) => sum + sizeBytes, file.sizeBytes),
    usedMs: companions.reduce((latest, { modifiedMs }) => Math.max(latest, modifiedMs), file.modifiedMs),
  };
}

function folderIn(layer: Layer, folder: string): string {
  return folder === '' ? layer.folder : pathIn(layer, folder);
}

/** A name that a file tree takes back: a backslash is a separator elsewhere, and no tree accepts it. */
function isPlainName(name: string): boolean {
  return !/[\\\0]/.test(name) && !name.includes('\ufffd');
}

function isListing(listing: readonly TreeEntry[] | SourceError | undefined): listing is readonly TreeEntry[] {
  return Array.isArray(listing);
}

function silent(tree: FileTree): SourceError {
  return new SourceError('protocol', `${tree.label} did not list what it was asked for.`, { nextStep: 'Try again.' });
}

function byName(a: LayerFile, b: LayerFile): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}
