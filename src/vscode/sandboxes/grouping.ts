import type { CacheEntry } from '../../core/cache/model';
import { toolNameOf } from './toolNames';

/** Entries of one scope that belong together. `id` is stable and contains no `/`. */
export interface EntryGroup {
  readonly id: string;
  readonly label: string;
  readonly kind: GroupKind;
  readonly entries: readonly CacheEntry[];
}

/** In the order in which groups are shown. */
const groupKinds = ['instructions', 'summaries', 'project', 'tool', 'messages', 'other'] as const;
export type GroupKind = (typeof groupKinds)[number];

const labels: Readonly<Record<Exclude<GroupKind, 'tool'>, string>> = {
  instructions: 'Instructions',
  summaries: 'Conversation summaries',
  project: 'Project',
  messages: 'Assistant messages',
  other: 'Other',
};

/** Groups entries; within a group they keep their order. */
export function groupEntries(entries: readonly CacheEntry[]): EntryGroup[] {
  const groups = new Map<string, { id: string; label: string; kind: GroupKind; entries: CacheEntry[] }>();
  for (const entry of entries) {
    const place = placeOf(entry);
    const group = groups.get(place.id);
    if (group === undefined) {
      groups.set(place.id, { ...place, entries: [entry] });
    } else {
      group.entries.push(entry);
    }
  }
  return [...groups.values()].sort(
    (a, b) => groupKinds.indexOf(a.kind) - groupKinds.indexOf(b.kind) || (a.id < b.id ? -1 : 1),
  );
}

function placeOf(entry: CacheEntry): { id: string; label: string; kind: GroupKind } {
  const tool = toolNameOf(entry);
  if (tool !== undefined) {
    return { id: `tool:${tool.replaceAll('/', '_')}`, label: tool, kind: 'tool' };
  }
  const kind = kindOf(entry);
  return { id: kind, label: labels[kind], kind };
}

function kindOf(entry: CacheEntry): Exclude<GroupKind, 'tool'> {
  switch (entry.scope) {
    case 'instructions':
      return entry.key.startsWith('instruction_') ? 'instructions' : 'other';
    case 'project':
      return 'project';
    case 'task':
      return entry.key.startsWith('summary_') ? 'summaries' : 'other';
    case 'artifacts':
      return entry.key.startsWith('assistant_message_') ? 'messages' : 'other';
    case 'system':
      return 'other';
  }
}
