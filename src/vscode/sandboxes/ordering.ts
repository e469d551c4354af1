import type { CacheEntry } from '../../core/cache/model';

/** How entries are ordered within their group. */
export const sortOrders = ['name', 'size', 'tokens', 'age', 'expiry'] as const;
export type SortOrder = (typeof sortOrders)[number];

type Compare = (a: CacheEntry, b: CacheEntry) => number;

/** Largest, youngest and soonest first; what is unknown comes last; equal ones by name. */
export function sortEntries(
  entries: readonly CacheEntry[],
  order: SortOrder,
  tokensOf: (entry: CacheEntry) => number | undefined,
): CacheEntry[] {
  const byName: Compare = (a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);
  const by: Readonly<Record<SortOrder, Compare>> = {
    name: byName,
    size: descending((entry) => entry.fileBytes ?? entry.sizeBytes),
    tokens: descending(tokensOf),
    age: descending((entry) => entry.createdMs),
    expiry: descending((entry) => (typeof entry.expiresMs === 'number' ? -entry.expiresMs : undefined)),
  };
  const compare = by[order];
  return [...entries].sort((a, b) => compare(a, b) || byName(a, b));
}

function descending(value: (entry: CacheEntry) => number | undefined): Compare {
  return (a, b) => {
    const left = value(a) ?? -Infinity;
    const right = value(b) ?? -Infinity;
    return left === right ? 0 : right - left;
  };
}

/**
 * A filter as a person types it: words that all must occur in the key, a tag, the state or the content type.
 * `state:expired` and `tag:team` ask for exactly that. Upper and lower case do not matter.
 */
export function parseFilter(text: string): (entry: CacheEntry) => boolean {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const tests = words.map((word): ((entry: CacheEntry) => boolean) => {
    if (word.startsWith('state:')) {
      const state = word.slice('state:'.length);
      return (entry) => entry.states.some((one) => one === state);
    }
    if (word.startsWith('tag:')) {
      const tag = word.slice('tag:'.length);
      return (entry) => entry.tags.some((one) => one.toLowerCase() === tag);
    }
    return (entry) =>
      [entry.key, entry.originalKey, entry.contentType, ...entry.states, ...entry.tags].some((part) =>
        part.toLowerCase().includes(word),
      );
  });
  return (entry) => tests.every((test) => test(entry));
}
