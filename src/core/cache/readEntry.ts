import { describeError, isSourceError, SourceError } from '../errors';
import type { FileTree } from '../fileTree';
import type { Clock, WorkOptions } from '../ports';
import { indexedEntry } from './entryStates';
import { parseIndex } from './indexFile';
import type { IndexFile } from './indexFile';
import { indexName } from './keys';
import type { CacheEntry, ScopeName } from './model';

/** One entry of a cache, or why there is none to be had. */
export type EntryReading =
  | { readonly kind: 'indexed'; readonly entry: CacheEntry }
  | { readonly kind: 'absent' }
  /** The index can't be read. */
  | { readonly kind: 'unreadable'; readonly problem: string };

/**
 * Reads single entries by one look at their scope's index alone, where `readSnapshot` looks at everything. Keeps what
 * it made of an index while its bytes stay the same.
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
   * The entry of a sanitized key, without a look at its value: it never has the states `missing`, `orphan`, `corrupt`
   * or `stale`. Rejects with a SourceError when the source as a whole can't be read.
   */
  async read(scope: ScopeName, key: string, options: WorkOptions = {}): Promise<EntryReading> {
    const path = `${scope}/${indexName}`;
    const { files } = await this.#tree.scan({ files: [path], folders: [] }, { signal: options.signal });
    const bytes = files.get(path);
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
    if (found === undefined) {
      return { kind: 'absent' };
    }
    const file = { name: key, kind: 'file', sizeBytes: found.sizeBytes ?? 0, modifiedMs: 0 } as const;
    const facts = { nowMs: this.#clock.now(), library: new Map<string, string>(), contentSha256: undefined };
    return { kind: 'indexed', entry: indexedEntry(scope, found, file, facts) };
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
