import type { KvEntry } from './model';

/** What entries can be sorted together by. */
export const kvGroupings = ['path', 'derivative', 'mode', 'format', 'tag', 'version'] as const;
export type KvGrouping = (typeof kvGroupings)[number];

export interface KvGroup {
  /** Of the tag, path, …; undefined = the entries that have none. */
  readonly name: string | undefined;
  readonly entries: readonly KvEntry[];
  /** As far as the metadata says. */
  readonly bytes: number;
}

/** Entries by what they share; one with several tags stands in several groups. Groups without a name come last. */
export function groupKvEntries(entries: readonly KvEntry[], grouping: KvGrouping): readonly KvGroup[] {
  const groups = new Map<string | undefined, KvEntry[]>();
  for (const entry of entries) {
    for (const name of namesOf(entry, grouping)) {
      const group = groups.get(name);
      if (group === undefined) {
        groups.set(name, [entry]);
      } else {
        group.push(entry);
      }
    }
  }
  return [...groups]
    .map(([name, members]) => ({ name, entries: members, bytes: sumBytes(members) }))
    .sort((a, b) => compareNames(a.name, b.name, grouping));
}

export function sumBytes(entries: readonly KvEntry[]): number {
  return entries.reduce((sum, { sizeBytes }) => sum + (sizeBytes ?? 0), 0);
}

function namesOf(entry: KvEntry, grouping: KvGrouping): readonly (string | undefined)[] {
  switch (grouping) {
    case 'path':
      return [entry.path];
    case 'derivative':
      return [entry.derivative];
    case 'mode':
      return [entry.mode];
    case 'format':
      return [entry.format];
    case 'tag':
      return entry.tags.length === 0 ? [undefined] : [...new Set(entry.tags)];
    case 'version':
      return [entry.version?.version?.toString()];
  }
}

function compareNames(a: string | undefined, b: string | undefined, grouping: KvGrouping): number {
  if (a === undefined || b === undefined) {
    return a === b ? 0 : a === undefined ? 1 : -1;
  }
  if (grouping === 'version') {
    return Number(b) - Number(a);
  }
  return a < b ? -1 : a > b ? 1 : 0;
}
