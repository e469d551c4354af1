import { UserError } from '../errors';
import type { KvEntry, KvSnapshot } from './model';
import type { KvCriteria } from './select';
import { selectKv } from './select';
import { chunkKey } from './entryKeys';
import type { KvTarget } from './target';
import { parseTag } from './tags';

/** What of a purge is kept on this machine, so that it can be taken back. */
export interface KeepLimits {
  readonly keys: number;
  readonly bytes: number;
}

export const defaultKeepLimits: KeepLimits = { keys: 100, bytes: 32 * 1024 * 1024 };

export interface KvPurgeItem {
  /** Of the entry; of the chunk itself for an orphan. */
  readonly key: string;
  /** Everything that goes with it: the key, and its chunks. */
  readonly keys: readonly string[];
  readonly sizeBytes: number | undefined;
  /** Why, in a few words. */
  readonly reason: string;
  /** Whether its value is kept before, so that undo brings it back. */
  readonly kept: boolean;
}

export interface KvPurgePlan {
  readonly title: string;
  readonly items: readonly KvPurgeItem[];
  readonly keyCount: number;
  /** As far as the metadata says. */
  readonly bytes: number;
  /** What is purged at the edge afterwards; empty without a zone. */
  readonly edgeTags: readonly string[];
  /** What a person should know before saying yes. */
  readonly warnings: readonly string[];
}

export interface PurgePlanOptions {
  readonly target: Pick<KvTarget, 'zone'>;
  readonly keep?: KeepLimits;
  /** False leaves the edge alone even where there is a zone. */
  readonly edge?: boolean;
}

/** What a purge takes with it: entries with their chunks, orphan chunks, and tags at the edge. Writes nothing. */
export function planKvPurge(
  snapshot: KvSnapshot,
  criteria: KvCriteria,
  what: string,
  options: PurgePlanOptions,
): KvPurgePlan {
  const selection = selectKv(snapshot, criteria);
  const keep = keeper(options.keep ?? defaultKeepLimits);
  const items: KvPurgeItem[] = [
    ...selection.entries.map((entry) => {
      const keys = [entry.key, ...chunkKeysOf(entry)];
      const keyed = { key: entry.key, keys, sizeBytes: entry.sizeBytes, reason: reasonOf(entry) };
      return { ...keyed, kept: keep(keyed) };
    }),
    ...selection.orphanChunks.map(({ key, sizeBytes }) => {
      const keyed = { key, keys: [key], sizeBytes, reason: 'a chunk without a manifest' };
      return { ...keyed, kept: keep(keyed) };
    }),
  ];
  const edge = options.target.zone !== undefined && options.edge !== false && criteria.orphanChunks !== true;
  const edgeTags = edge ? edgeTagsOf(criteria, selection.entries) : [];
  return {
    title: `Purge ${what}`,
    items,
    keyCount: items.reduce((sum, { keys }) => sum + keys.length, 0),
    bytes: items.reduce((sum, { sizeBytes }) => sum + (sizeBytes ?? 0), 0),
    edgeTags,
    warnings: [...keptWarnings(items), ...(edge ? edgeWarnings(edgeTags, selection.entries, snapshot) : [])],
  };
}

/** Entries that have expired, which Workers KV keeps: the edge has dropped them by itself. */
export function planKvPrune(snapshot: KvSnapshot, options: PurgePlanOptions): KvPurgePlan {
  const plan = planKvPurge(snapshot, { expired: true }, 'expired entries', { ...options, edge: false });
  return { ...plan, title: 'Prune expired entries' };
}

/** The chunks that are there, and those that its size says there are: a listing may lag behind. */
function chunkKeysOf({ key, chunks }: KvEntry): string[] {
  if (chunks === undefined) {
    return [];
  }
  const last = chunks.at(-1)?.index ?? -1;
  return Array.from({ length: last + 1 }, (_, index) => chunkKey(key, index));
}

function reasonOf({ states, entryVersion, version }: KvEntry): string {
  const reasons = [
    states.includes('corrupt') ? 'broken manifest' : '',
    states.includes('expired') ? 'expired' : '',
    states.includes('stale') ? `version ${entryVersion ?? '?'} of ${version?.version ?? '?'}` : '',
  ].filter((reason) => reason !== '');
  return reasons.length === 0 ? 'chosen' : reasons.join(', ');
}

/** Keeps whole items, in their order, until a limit is reached. */
function keeper(limits: KeepLimits): (item: Pick<KvPurgeItem, 'keys' | 'sizeBytes'>) => boolean {
  let { keys, bytes } = limits;
  return (item) => {
    if (item.sizeBytes === undefined || item.keys.length > keys || item.sizeBytes > bytes) {
      return false;
    }
    keys -= item.keys.length;
    bytes -= item.sizeBytes;
    return true;
  };
}

function keptWarnings(items: readonly KvPurgeItem[]): string[] {
  const lost = items.filter(({ kept }) => !kept).length;
  if (lost === 0) {
    return [];
  }
  return [
    lost === items.length
      ? 'This can’t be undone: the values are not kept.'
      : `${lost} of ${items.length} can’t be brought back: only the values of the others are kept.`,
  ];
}

/** The fewest tags that cover the entries: the one that was asked for, else those that are theirs most alone. */
function edgeTagsOf(criteria: KvCriteria, entries: readonly KvEntry[]): string[] {
  if (criteria.tag !== undefined) {
    return [criteria.tag];
  }
  const tags = new Set<string>();
  for (const entry of entries) {
    const parsed = entry.tags.map((tag) => ({ tag, parts: parseTag(tag) }));
    const ofKind = (kind: string, value?: string): string | undefined =>
      parsed.find(({ parts }) => parts?.kind === kind && (value === undefined || parts.value === value))?.tag;
    const ofPath = parsed.filter(({ parts }) => parts?.kind === 'path').map(({ tag }) => tag);
    const derived = ofPath.find((tag) => entry.derivative !== undefined && tag.endsWith(`-${entry.derivative}`));
    const wide = onlyCriterion(criteria, 'derivative')
      ? ofKind('derivative', criteria.derivative)
      : onlyCriterion(criteria, 'format')
        ? ofKind('format', criteria.format)
        : onlyCriterion(criteria, 'mode')
          ? ofKind('mode', criteria.mode)
          : onlyCriterion(criteria, 'path')
            ? ofPath[0]
            : undefined;
    const tag = wide ?? derived ?? ofPath[0];
    if (tag !== undefined) {
      tags.add(tag);
    }
  }
  return [...tags].sort();
}

function onlyCriterion(criteria: KvCriteria, name: keyof KvCriteria): boolean {
  return Object.entries(criteria).every(([key, value]) => (key === name) === (value !== undefined && value !== false));
}

function edgeWarnings(tags: readonly string[], entries: readonly KvEntry[], snapshot: KvSnapshot): string[] {
  const purged = new Set(entries.map(({ key }) => key));
  const wanted = new Set(tags);
  const isTagged = (entry: KvEntry): boolean => entry.tags.some((tag) => wanted.has(tag));
  const others = snapshot.entries.filter((entry) => !purged.has(entry.key) && isTagged(entry)).length;
  const untagged = entries.filter((entry) => !isTagged(entry)).length;
  return [
    ...(others === 0
      ? []
      : [`At the edge, the tags also take ${others} entr${others === 1 ? 'y' : 'ies'} that stay in Workers KV.`]),
    ...(untagged === 0 ? [] : [`${untagged} have no tag, and stay at the edge until they expire there.`]),
  ];
}

/** Names what criteria choose: "tag video-d-mobile", "2 entries". Throws a `UserError` when they choose nothing. */
export function describeCriteria(criteria: KvCriteria): string {
  const { keys, tag, derivative, path, format, mode, version } = criteria;
  const parts = [
    keys === undefined ? '' : keys.length === 1 ? JSON.stringify(keys[0]) : `${keys.length} entries`,
    tag === undefined ? '' : `tag ${tag}`,
    derivative === undefined ? '' : `derivative ${derivative}`,
    path === undefined ? '' : `path ${path}`,
    format === undefined ? '' : `format ${format}`,
    mode === undefined ? '' : `mode ${mode}`,
    version === undefined ? '' : `version ${version}`,
    criteria.expired === true ? 'expired entries' : '',
    criteria.stale === true ? 'stale entries' : '',
    criteria.broken === true ? 'broken entries' : '',
    criteria.orphanChunks === true ? 'orphan chunks' : '',
    criteria.createdBeforeMs === undefined ? '' : `older than ${new Date(criteria.createdBeforeMs).toISOString()}`,
  ].filter((part) => part !== '');
  if (parts.length === 0) {
    throw new UserError('Nothing says which entries are meant.', 'Give a key, a tag, a path, or another criterion.');
  }
  return parts.join(', ');
}
