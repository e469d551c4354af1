/** What the files of a layer are: a layout gives the bytes their meaning. */
export type LayerKind = 'traces' | 'jax' | 'gradients' | 'plain';

/** One cache below a place, such as the trace cache of a home folder. */
export interface Layer {
  readonly kind: LayerKind;
  /** The folder in the place's tree; `''` where the place itself is the layer. */
  readonly folder: string;
}

/** A file of a layer as it was listed. */
export interface LayerFile {
  /** Relative to the layer's folder, separated by `/`. */
  readonly name: string;
  readonly sizeBytes: number;
  /** Milliseconds since the epoch. */
  readonly modifiedMs: number;
}

/** One cached thing: a file, with the files that belong to it and go where it goes. */
export interface LayerEntry extends LayerFile {
  /** Such as the file in which JAX keeps the time of the last use. */
  readonly companions: readonly LayerFile[];
  /** With its companions. */
  readonly bytes: number;
  /** The last time that it is known to have been written or used, in milliseconds since the epoch. */
  readonly usedMs: number;
}

/** Everything in a layer at one moment. */
export interface LayerListing {
  readonly layer: Layer;
  /** Sorted by name. */
  readonly entries: readonly LayerEntry[];
  /** Files, links and folders that are none of this layer's: nothing here ever touches them. */
  readonly others: number;
}

/** A layer in numbers. */
export interface LayerStats {
  readonly entries: number;
  readonly files: number;
  readonly bytes: number;
  /** By last use, in milliseconds since the epoch; undefined for an empty layer. */
  readonly oldestMs: number | undefined;
  readonly newestMs: number | undefined;
  readonly others: number;
}

export function layerStats({ entries, others }: LayerListing): LayerStats {
  let files = 0;
  let bytes = 0;
  let oldestMs: number | undefined;
  let newestMs: number | undefined;
  for (const entry of entries) {
    files += 1 + entry.companions.length;
    bytes += entry.bytes;
    oldestMs = Math.min(oldestMs ?? entry.usedMs, entry.usedMs);
    newestMs = Math.max(newestMs ?? entry.usedMs, entry.usedMs);
  }
  return { entries: entries.length, files, bytes, oldestMs, newestMs, others };
}

/** The files of an entry in the order in which they are written: JAX fails on an entry without its companion. */
export function filesOf(entry: LayerEntry): readonly LayerFile[] {
  return [...entry.companions, entry];
}

/** Where a file of a layer lies in the place's tree. */
export function pathIn({ folder }: Layer, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}

/** What a person calls a layer: its kind, which is unique in a place. */
export function isLayerKind(text: string): text is LayerKind {
  return text === 'traces' || text === 'jax' || text === 'gradients' || text === 'plain';
}
