import { IndexDocument } from './indexDocument';
import type { PythonValue } from './pythonJson';

/**
 * The same index with some entries moved: each comes after the key that it names (null = first). An entry whose
 * neighbour is not in the index stays where it is.
 */
export function placeEntries(document: IndexDocument, places: ReadonlyMap<string, string | null>): IndexDocument {
  const followers = new Map<string | null, string[]>();
  const moved = new Set<string>();
  for (const [key, after] of places) {
    if (document.has(key) && after !== key && (after === null || document.has(after))) {
      followers.set(after, [...(followers.get(after) ?? []), key]);
      moved.add(key);
    }
  }
  if (moved.size === 0) {
    return document;
  }
  const ordered = new Map<string, PythonValue>();
  // A stack instead of recursion: thousands of entries may follow one another.
  const append = (start: readonly string[]): void => {
    const waiting = [...start].reverse();
    for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
      if (!ordered.has(key)) {
        ordered.set(key, document.get(key)!);
        waiting.push(...[...(followers.get(key) ?? [])].reverse());
      }
    }
  };
  append(followers.get(null) ?? []);
  for (const key of document.keys) {
    if (!moved.has(key)) {
      append([key]);
    }
  }
  // Entries that name one another in a circle have no place of their own.
  append(document.keys);
  return new IndexDocument(ordered);
}
