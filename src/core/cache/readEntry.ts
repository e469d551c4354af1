import { describeError, isSourceError, SourceError } from '../errors';
import type { FileTree } from '../fileTree';
import type { Clock, WorkOptions } from '../ports';
import { indexedEntry } from './entryStates';
import { fingerprintOf, unknownFingerprint } from './fingerprint';
import { parseIndex } from './indexFile';
import type { IndexFile } from './indexFile';
import { indexName } from './keys';
import type { CacheEntry, ScopeName } from './model';

/** One entry of a cache with its value or why that can't be read, or why there is none to be had. */
export type EntryReading =
  | { readonly kind: 'indexed'; readonly entry: CacheEntry; readonly value: Uint8Array | SourceError }
  | { readonly kind: 'absent' }
  /** The index can't be read. */
  | { readonly kind: 'unreadable'; readonly problem: string };

/**
 * Reads single entries with their values by one look at their scope's index, where `readSnapshot` looks at everything.
 * Keeps what it made of an index while its bytes stay the same.
 */
export class EntryReader {
  readonly #tree: FileTree;
  readonly #clock: Clock;
  readonly #indexes = new Map<ScopeName, { readonly bytes: Uint8Array; readonly index: IndexFile }>();

  constructor(tree: FileTree, clock: Clock) {
    this.#tree = tree;
    this.#clock = clock;
  }

  /**
   * The entry of a sanitized key. It never has the states `missing`, `orphan`, `corrupt` or `stale`. Rejects with a
   * SourceError when the source as a whole can't be read.
   */
  async read(scope: ScopeName, key: string, options: WorkOptions = {}): Promise<EntryReading> {
    const [indexPath, valuePath] = [`${scope}/${indexName}`, `${scope}/${key}`];
    const { files } = await this.#tree.scan({ files: [indexPath, valuePath] }, { signal: options.signal });
    const bytes = files.get(indexPath);
    if (bytes === undefined || bytes instanceof SourceError) {
      return bytes === undefined || isSourceError(bytes, 'not-found')
        ? { kind: 'absent' }
        : { kind: 'unreadable', problem: `The index of '${scope}' can't be read: ${describeError(bytes)}` };
    }
    const index = this.#parse(scope, bytes);
    if (index.kind !== 'valid') {
      const reason = index.kind === 'absent' ? 'it is absent' : index.reason;
      return { kind: 'unreadable', problem: `The index of '${scope}' can't be read: ${reason}.`.replace(/\.\.$/, '.') };
    }
    const found = index.entries.find((entry) => entry.key === key);
    const value = files.get(valuePath);
    if (found === undefined || value === undefined) {
      return { kind: 'absent' };
    }
    const file = { name: key, kind: 'file', sizeBytes: found.sizeBytes ?? 0, modifiedMs: 0 } as const;
    const facts = { nowMs: this.#clock.now(), library: new Map<string, string>(), contentSha256: undefined };
    const entry = indexedEntry(scope, found, file, facts);
    return { kind: 'indexed', entry, value: await this.#settled(entry, value, options) };
  }

  /** A value that does not belong to its entry may have been replaced between the two reads: read again, it is newer. */
  async #settled(
    { scope, key, fingerprint, states }: CacheEntry,
    value: Uint8Array | SourceError,
    options: WorkOptions,
  ): Promise<Uint8Array | SourceError> {
    const isOlder =
      !(value instanceof SourceError) &&
      !states.includes('expired') &&
      fingerprint !== undefined &&
      fingerprint !== unknownFingerprint &&
      fingerprintOf(value) !== fingerprint;
    if (!isOlder) {
      return value;
    }
    try {
      return await this.#tree.read(`${scope}/${key}`, { signal: options.signal });
    } catch (error) {
      if (isSourceError(error)) {
        return error;
      }
      throw error;
    }
  }

  #parse(scope: ScopeName, bytes: Uint8Array): IndexFile {
    const known = this.#indexes.get(scope);
    if (known !== undefined && Buffer.compare(known.bytes, bytes) === 0) {
      return known.index;
    }
    const index = parseIndex(bytes);
    this.#indexes.set(scope, { bytes, index });
    return index;
  }
}
