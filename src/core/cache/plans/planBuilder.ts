import { isSourceError } from '../../errors';
import type { FileTree } from '../../fileTree';
import { effectId, markOfEntry } from '../changes';
import type { CacheChange, CachePlan, IndexReplacement, RootFileChange } from '../changes';
import { removeEntry } from '../entryEdits';
import type { VersionAuthor } from '../history';
import type { CacheEntry, CacheSnapshot, ScopeName } from '../model';
import type { Effect } from '../plan';
import { valuePath } from '../scopeState';

/** A cache as it was read, and where. */
export interface PlanSource {
  readonly tree: FileTree;
  readonly snapshot: CacheSnapshot;
}

/** Collects the effects of a plan with their changes. */
export class PlanBuilder {
  readonly #source: PlanSource;
  readonly #effects: Effect[] = [];
  readonly #changes = new Map<string, CacheChange>();
  readonly #replacements = new Map<ScopeName, IndexReplacement>();
  readonly #warnings: string[] = [];

  constructor(source: PlanSource) {
    this.#source = source;
  }

  get effects(): readonly Effect[] {
    return this.#effects;
  }

  add(effect: Omit<Effect, 'id'>, change?: Omit<CacheChange, 'scope' | 'key'>): void {
    const id = effectId(effect.scope, effect.key);
    this.#effects.push({ id, ...effect });
    if (change !== undefined) {
      this.#changes.set(id, { scope: effect.scope, key: effect.key, ...change });
    }
  }

  /** Deletes an entry with its value, or a file without an entry. */
  addDeletion(entry: CacheEntry, reason: string, author: VersionAuthor, selected = true): void {
    const indexed = !entry.states.includes('orphan');
    this.add(
      {
        scope: entry.scope,
        key: entry.key,
        action: 'delete',
        reason,
        selected,
        before: readerOf(this.#source.tree, entry.scope, entry.key),
        bytesBefore: entry.fileBytes ?? entry.sizeBytes,
      },
      {
        author,
        expected: markOfEntry(entry),
        value: 'remove',
        ...(indexed ? { entry: removeEntry } : {}),
      },
    );
  }

  replace(replacement: IndexReplacement): void {
    this.#replacements.set(replacement.scope, replacement);
  }

  warn(text: string): void {
    this.#warnings.push(text);
  }

  build(title: string, rootFile?: RootFileChange): CachePlan {
    return {
      title,
      sourceId: this.#source.tree.id,
      effects: this.#effects,
      warnings: this.#warnings,
      changes: this.#changes,
      replacements: this.#replacements,
      ...(rootFile === undefined ? {} : { rootFile }),
    };
  }
}

/** Reads a value when it is asked for; undefined when there is none. */
export function readerOf(tree: FileTree, scope: ScopeName, key: string): () => Promise<Uint8Array | undefined> {
  return async () => {
    try {
      return await tree.read(valuePath(scope, key));
    } catch (error) {
      if (isSourceError(error, 'not-found')) {
        return undefined;
      }
      throw error;
    }
  };
}

export function entriesOf(snapshot: CacheSnapshot): CacheEntry[] {
  return snapshot.scopes.flatMap((scope) => scope.entries);
}

export function findEntry(snapshot: CacheSnapshot, scope: ScopeName, key: string): CacheEntry | undefined {
  return snapshot.scopes.find((candidate) => candidate.scope === scope)?.entries.find((entry) => entry.key === key);
}

/** "1 entry", "2 entries". */
export function countOf(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** How long ago, or in how long, in the largest unit that fits: "3 h", "2 d". */
export function spanText(ms: number): string {
  const minutes = Math.round(Math.abs(ms) / 60_000);
  if (minutes < 60) {
    return `${minutes} min`;
  }
  const hours = Math.round(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.round(hours / 24)} d`;
}
