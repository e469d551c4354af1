/** What the key of an entry says: `<mode>:<path>:derivative=<d>` or `<mode>:<path>:w=…:h=…`. */
export interface KeyParts {
  readonly mode: string;
  /** Of the original, such as `videos/category/clip.mp4`; may hold colons. */
  readonly path: string;
  /** In the order of the key. */
  readonly parameters: readonly (readonly [name: string, value: string])[];
}

const modePattern = /^[A-Za-z][A-Za-z0-9_-]*$/;
const parameterPattern = /^([A-Za-z][A-Za-z0-9_-]*)=(.*)$/s;

/** Reads a key; undefined when it has no mode or no path, as that of something else in the namespace. */
export function parseEntryKey(key: string): KeyParts | undefined {
  const [mode = '', ...rest] = key.split(':');
  const parameters: (readonly [string, string])[] = [];
  // From the end, since a path may hold colons, too.
  while (rest.length > 1) {
    const shape = parameterPattern.exec(rest.at(-1)!);
    if (shape === null) {
      break;
    }
    parameters.unshift([shape[1]!, shape[2]!]);
    rest.pop();
  }
  const path = rest.join(':');
  return modePattern.test(mode) && path !== '' ? { mode, path, parameters } : undefined;
}

export function formatEntryKey({ mode, path, parameters }: KeyParts): string {
  return [mode, path, ...parameters.map(([name, value]) => `${name}=${value}`)].join(':');
}

/** The key of the n-th chunk (from 0) of an entry that is too large for one value. */
export function chunkKey(entryKey: string, index: number): string {
  return `${entryKey}_chunk_${index}`;
}

/** The entry and the number of a key that has the form of a chunk's. Whether it is one, the metadata tells. */
export function parseChunkKey(key: string): { readonly entryKey: string; readonly index: number } | undefined {
  const shape = /^(.+)_chunk_(0|[1-9]\d{0,8})$/s.exec(key);
  return shape === null ? undefined : { entryKey: shape[1]!, index: Number(shape[2]) };
}

/** No key of Workers KV is longer; what was longer is cut. */
const versionKeyLength = 512;
const versionPrefix = 'version-';

/**
 * The key under which the version of an entry stands in the namespace of the versions. Several entries may share one
 * (all but letters, digits and `_ / . -` becomes `-`, and the end may be cut), so it can't be read backwards.
 */
export function versionKeyOf(entryKey: string): string {
  return (versionPrefix + entryKey.replace(/[^A-Za-z0-9_/.-]/g, '-')).slice(0, versionKeyLength);
}

/** Whether the end of the key got lost in its version key. */
export function versionKeyIsCut(entryKey: string): boolean {
  return versionPrefix.length + entryKey.length > versionKeyLength;
}
