import type { KvGrouping } from '../../core/workersKv/groups';
import type { KvSnapshot } from '../../core/workersKv/model';
import { groupKvEntries } from '../../core/workersKv/groups';
import type { KvCriteria } from '../../core/workersKv/select';
import { targetRows } from '../caches/cacheSection';
import { plural } from '../format';
import type { KvCache } from './kvCaches';
import { isKvNode } from './nodes';
import type { KvNode } from './nodes';
import type { KvTools } from './kvTools';
import { pickKvCache } from './kvTools';
import { withProgress } from '../progress';

/** Which entries of which cache a command is about. */
export interface KvChoice {
  readonly cache: KvCache;
  readonly snapshot: KvSnapshot;
  readonly criteria: KvCriteria;
}

/** The rows of Workers KV that a command was called on; none from the palette. */
export function rowsOf(tools: KvTools, clicked: unknown, selected: unknown): readonly KvNode[] {
  return targetRows(isKvNode, tools.view.selection, clicked, selected);
}

/**
 * What was chosen by clicking rows, or is asked for; undefined when the person gives up. The namespace is listed anew,
 * so that a plan never rests on an old listing.
 */
export async function chooseEntries(
  tools: KvTools,
  clicked: unknown,
  selected: unknown,
  how: { readonly title: string; readonly orphanChunks: boolean },
): Promise<KvChoice | undefined> {
  const rows = rowsOf(tools, clicked, selected);
  const cache = await pickKvCache(tools, rows[0]?.cache, how.title);
  if (cache === undefined) {
    return undefined;
  }
  const snapshot = await listAnew(tools, cache);
  const criteria =
    criteriaOfRows(
      rows.filter((row) => row.cache.id === cache.id),
      snapshot,
      tools.options.grouping,
    ) ?? (await askCriteria(tools, snapshot, how));
  return criteria === undefined ? undefined : { cache, snapshot, criteria };
}

/** Lists a namespace now; throws what went wrong. */
export async function listAnew(tools: KvTools, cache: KvCache): Promise<KvSnapshot> {
  const state = await withProgress({ title: `Listing ${cache.target.name}` }, async (options) =>
    tools.caches.refresh(cache, options),
  );
  if (state.error !== undefined || state.snapshot === undefined) {
    throw state.error;
  }
  return state.snapshot;
}

function criteriaOfRows(rows: readonly KvNode[], snapshot: KvSnapshot, grouping: KvGrouping): KvCriteria | undefined {
  const [first] = rows;
  if (rows.length === 1 && first?.kind === 'orphans') {
    return { orphanChunks: true };
  }
  if (rows.length === 1 && first?.kind === 'group' && first.name !== undefined) {
    return criteriaOfGroup(grouping, first.name);
  }
  const groups = new Map(groupKvEntries(snapshot.entries, grouping).map((group) => [group.name, group.entries]));
  const known = new Set(snapshot.entries.map(({ key }) => key));
  const keys = rows.flatMap((row) =>
    row.kind === 'entry' ? [row.key] : row.kind === 'group' ? (groups.get(row.name) ?? []).map(({ key }) => key) : [],
  );
  // What has gone since the row was drawn needs no more.
  const there = [...new Set(keys)].filter((key) => known.has(key));
  return keys.length === 0 ? undefined : { keys: there };
}

function criteriaOfGroup(grouping: KvGrouping, name: string): KvCriteria {
  return grouping === 'version' ? { version: Number(name) } : { [grouping]: name };
}

const askedGroupings: readonly KvGrouping[] = ['tag', 'path', 'derivative', 'format', 'mode'];

interface CriteriaItem {
  readonly label: string;
  readonly description: string;
  readonly criteria?: KvCriteria;
  readonly grouping?: KvGrouping;
}

async function askCriteria(
  { services }: KvTools,
  snapshot: KvSnapshot,
  { title, orphanChunks }: { readonly title: string; readonly orphanChunks: boolean },
): Promise<KvCriteria | undefined> {
  const count = (state: 'expired' | 'stale' | 'corrupt'): number =>
    snapshot.entries.filter(({ states }) => states.includes(state)).length;
  const what = (label: string, criteria: KvCriteria, found: number, one = 'entry', many = 'entries'): CriteriaItem[] =>
    found === 0 ? [] : [{ label, description: plural(found, one, many), criteria }];
  const items: CriteriaItem[] = [
    ...askedGroupings.flatMap((grouping) => {
      const groups = groupKvEntries(snapshot.entries, grouping).filter(({ name }) => name !== undefined);
      return groups.length === 0
        ? []
        : [{ label: `By ${grouping}…`, description: plural(groups.length, grouping), grouping }];
    }),
    ...what('Stale entries', { stale: true }, count('stale')),
    ...what('Expired entries', { expired: true }, count('expired')),
    ...what('Broken entries', { broken: true }, count('corrupt')),
    ...(orphanChunks
      ? what('Orphan chunks', { orphanChunks: true }, snapshot.orphanChunks.length, 'chunk', 'chunks')
      : []),
  ];
  if (items.length === 0) {
    await services.prompts.tell('information', 'There are no entries.');
    return undefined;
  }
  const picked = await services.prompts.pick(items, { title, placeHolder: 'Which entries?' });
  if (picked?.grouping === undefined) {
    return picked?.criteria;
  }
  const { grouping } = picked;
  const groups = groupKvEntries(snapshot.entries, grouping).flatMap(({ name, entries }) =>
    name === undefined ? [] : [{ label: name, description: plural(entries.length, 'entry', 'entries'), name }],
  );
  const group = await services.prompts.pick(groups, { title, placeHolder: `Which ${grouping}?` });
  return group === undefined ? undefined : criteriaOfGroup(grouping, group.name);
}
