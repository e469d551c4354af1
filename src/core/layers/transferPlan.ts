import { createHash } from 'node:crypto';
import { readInBatches } from '../cache/readValues';
import { SourceError, UserError } from '../errors';
import type { FileTree } from '../fileTree';
import type { WorkOptions } from '../ports';
import { readArchive } from './archiveFile';
import { placeInLayers } from './archivePath';
import { compareLayers, requireSameKind } from './compare';
import type { PlacedListing } from './compare';
import { layouts } from './layouts';
import { filesOf, pathIn } from './model';
import type { LayerEntry, LayerFile, LayerListing } from './model';

/** A file that will be written. */
export interface FileWrite extends LayerFile {
  /** SHA-256 (hex) of the content that it takes the place of; undefined where there is none. */
  readonly replaces: string | undefined;
}

/** What a sync or an import does to one layer: this and nothing else. */
export interface TransferPlan {
  readonly listing: LayerListing;
  readonly writes: readonly FileWrite[];
  readonly removes: readonly LayerEntry[];
  /** Names that are there with the same content. */
  readonly same: readonly string[];
  /** Names that are there with another content, and stay as they are. */
  readonly left: readonly string[];
  /** Names of which nothing is known, with the reason; they stay as they are. */
  readonly unread: readonly { readonly name: string; readonly reason: SourceError }[];
}

export interface TransferChoices {
  /** Also replaces what is there with another content. */
  readonly overwrite?: boolean | undefined;
}

/**
 * Makes one layer hold what another does: copies what is missing, and as chosen replaces what differs and removes what
 * the other does not have. `quick` takes files of the same name and size for the same.
 */
export async function planSync(
  from: PlacedListing,
  to: PlacedListing,
  options: WorkOptions & TransferChoices & { readonly removeOthers?: boolean; readonly quick?: boolean } = {},
): Promise<TransferPlan> {
  requireSameKind(from.listing, to.listing);
  requireTransferable(from.listing);
  const comparison = await compareLayers(from, to, options);
  const replaced = options.overwrite === true ? comparison.different : [];
  const hashes = await hashFiles(
    to.tree,
    to.listing,
    replaced.flatMap(({ there }) => filesOf(there)),
    options,
  );
  const writes = [
    ...comparison.hereOnly.flatMap((entry) => filesOf(entry)),
    ...replaced.flatMap(({ here }) => filesOf(here)),
  ].map((file): FileWrite => ({ ...plainFile(file), replaces: hashes.get(file.name) }));
  return {
    listing: to.listing,
    writes,
    removes: options.removeOthers === true ? comparison.thereOnly : [],
    same: comparison.same.map(({ name }) => name),
    left: options.overwrite === true ? [] : comparison.different.map(({ name }) => name),
    unread: comparison.unread.map(({ name, reason }) => ({ name, reason })),
  };
}

/** What an import does to each layer, and which files of the archive belong to none of them. */
export interface ImportPlan {
  readonly path: string;
  readonly plans: readonly (PlacedListing & { readonly plan: TransferPlan })[];
  readonly strangers: readonly string[];
}

/**
 * Reads a whole archive once, so that everything in it is checked before the first file is written.
 * Throws a `UserError` for an archive that is not taken at all; see `readArchive`.
 */
export async function planImport(
  path: string,
  targets: readonly PlacedListing[],
  options: WorkOptions & TransferChoices = {},
): Promise<ImportPlan> {
  const layers = targets.map((target) => ({ ...target, layer: target.listing.layer }));
  const found = new Map<PlacedListing, Map<string, LayerFile & { readonly sha256: string }>>(
    layers.map((target) => [target, new Map()]),
  );
  const strangers: string[] = [];
  for await (const file of readArchive(path, options)) {
    const place = placeInLayers(layers, file.path);
    if (place === undefined) {
      strangers.push(file.path);
      continue;
    }
    const files = found.get(place.target)!;
    if (files.has(place.name)) {
      throw new UserError(
        `The archive has two files for ${JSON.stringify(place.name)}.`,
        'Nothing was imported. Import the archive of one layer at a time.',
      );
    }
    const sha256 = createHash('sha256').update(file.bytes).digest('hex');
    files.set(place.name, { name: place.name, sizeBytes: file.bytes.byteLength, modifiedMs: file.modifiedMs, sha256 });
  }
  const plans: (PlacedListing & { plan: TransferPlan })[] = [];
  for (const target of layers) {
    plans.push({ ...target, plan: await planFiles(target, [...found.get(target)!.values()], options) });
  }
  return { path, plans, strangers };
}

async function planFiles(
  { tree, listing }: PlacedListing,
  files: readonly (LayerFile & { readonly sha256: string })[],
  options: WorkOptions & TransferChoices,
): Promise<TransferPlan> {
  const present = new Map(listing.entries.flatMap((entry) => filesOf(entry)).map((file) => [file.name, file]));
  const there = files.map(({ name }) => present.get(name)).filter((file) => file !== undefined);
  const unread: { name: string; reason: SourceError }[] = [];
  const hashes = await hashFiles(tree, listing, there, options, unread);
  const unreadNames = new Set(unread.map(({ name }) => name));
  const writes: FileWrite[] = [];
  const same: string[] = [];
  const left: string[] = [];
  for (const { sha256, ...file } of files.filter(({ name }) => !unreadNames.has(name))) {
    const current = hashes.get(file.name);
    if (current === sha256) {
      same.push(file.name);
    } else if (current === undefined || options.overwrite === true) {
      writes.push({ ...file, replaces: current });
    } else {
      left.push(file.name);
    }
  }
  return { listing, writes, removes: [], same, left, unread };
}

/** The entries whose present content a plan takes away: they are removed or replaced. */
export function lostEntries({ listing, writes, removes }: TransferPlan): readonly LayerEntry[] {
  const replaced = new Set(writes.filter(({ replaces }) => replaces !== undefined).map(({ name }) => name));
  return [...removes, ...listing.entries.filter((entry) => filesOf(entry).some(({ name }) => replaced.has(name)))];
}

/** Throws a `UserError` for a layer whose entries mean nothing anywhere else. */
export function requireTransferable({ layer }: LayerListing): void {
  const { label, transferable } = layouts[layer.kind];
  if (!transferable) {
    throw new UserError(
      `${label} can't be copied: each is valid in the process that wrote it and in no other.`,
      'Clear them instead; they are made anew when they are needed.',
    );
  }
}

/** SHA-256 (hex) by name; a file that vanished has none, one that can't be read is told. */
async function hashFiles(
  tree: FileTree,
  { layer }: LayerListing,
  files: readonly LayerFile[],
  options: WorkOptions,
  unread: { name: string; reason: SourceError }[] = [],
): Promise<ReadonlyMap<string, string>> {
  const hashes = new Map<string, string>();
  const names = new Map(files.map(({ name }) => [pathIn(layer, name), name]));
  await readInBatches(
    tree,
    files.map(({ name, sizeBytes }) => ({ path: pathIn(layer, name), sizeBytes })),
    (path, content) => {
      const name = names.get(path)!;
      if (content instanceof SourceError) {
        unread.push({ name, reason: content });
      } else if (content !== undefined) {
        hashes.set(name, createHash('sha256').update(content).digest('hex'));
      }
    },
    { signal: options.signal },
  );
  return hashes;
}

function plainFile({ name, sizeBytes, modifiedMs }: LayerFile): LayerFile {
  return { name, sizeBytes, modifiedMs };
}
