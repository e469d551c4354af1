import { UserError } from '../../errors';
import { markOfEntry } from '../changes';
import type { CacheChange, CachePlan } from '../changes';
import { assertTtlHours, bumpEntry, tagsEntry, ttlEntry } from '../entryEdits';
import type { CacheEntry } from '../model';
import { countOf, PlanBuilder } from './planBuilder';
import type { PlanSource } from './planBuilder';

/** Lets entries live for so many hours from now on. */
export function planTtl(source: PlanSource, entries: readonly CacheEntry[], ttlHours: number): CachePlan {
  assertTtlHours(ttlHours, source.snapshot.takenMs);
  return editPlan(source, entries, `Let # live for ${ttlHours} h`, (entry) => ({
    reason: `${entry.ttlHours ?? 'unknown'} h → ${ttlHours} h from now`,
    change: { author: 'put', entry: ttlEntry(ttlHours) },
  }));
}

export interface TagEdit {
  readonly add?: readonly string[];
  readonly remove?: readonly string[];
  /** Replaces all tags, before `add` and `remove`. */
  readonly set?: readonly string[];
}

/** Edits the tags of entries; those that would not change are left alone. */
export function planTags(source: PlanSource, entries: readonly CacheEntry[], edit: TagEdit): CachePlan {
  for (const tag of [...(edit.add ?? []), ...(edit.set ?? [])]) {
    if (tag.trim() === '') {
      throw new UserError('A tag is empty.', 'Give each tag at least one visible character.');
    }
  }
  return editPlan(source, entries, 'Edit the tags of #', (entry) => {
    const removed = new Set(edit.remove);
    const after = [...new Set([...(edit.set ?? entry.tags), ...(edit.add ?? [])])].filter((tag) => !removed.has(tag));
    if (after.length === entry.tags.length && after.every((tag, index) => tag === entry.tags[index])) {
      return { reason: 'has these tags already', change: undefined };
    }
    const text = (tags: readonly string[]): string => (tags.length === 0 ? 'none' : tags.join(', '));
    return {
      reason: `${text(entry.tags)} → ${text(after)}`,
      change: { author: 'put', entry: tagsEntry(after) },
    };
  });
}

/**
 * Marks the content of entries as superseded: their version goes up (or to `to`), they expire now, and their bytes
 * stay restorable.
 */
export function planBump(
  source: PlanSource,
  entries: readonly CacheEntry[],
  options: { readonly to?: number } = {},
): CachePlan {
  const { to } = options;
  if (to !== undefined && (!Number.isSafeInteger(to) || to < 1)) {
    throw new UserError(`${to} is no version.`, 'Give a whole number from 1 on.');
  }
  return editPlan(source, entries, 'Bump the version of #', (entry) => {
    const before = entry.version ?? 1;
    const after = to ?? before + 1;
    if (after <= before) {
      return { reason: `is version ${before} already`, change: undefined };
    }
    return {
      reason: `version ${before} → ${after}, expires now`,
      change: { author: 'invalidated', entry: bumpEntry(after), keepsValue: true },
    };
  });
}

interface EntryEditStep {
  readonly reason: string;
  readonly change: Omit<CacheChange, 'scope' | 'key' | 'expected'> | undefined;
}

function editPlan(
  source: PlanSource,
  entries: readonly CacheEntry[],
  title: string,
  stepOf: (entry: CacheEntry) => EntryEditStep,
): CachePlan {
  const builder = new PlanBuilder(source);
  for (const entry of entries) {
    const { scope, key } = entry;
    if (entry.states.includes('orphan')) {
      builder.warn(`${scope}/${key} has no index entry to edit; repair the index first.`);
      continue;
    }
    const { reason, change } = stepOf(entry);
    builder.add(
      {
        scope,
        key,
        action: change === undefined ? 'unchanged' : 'change-entry',
        reason,
        selected: change !== undefined,
      },
      change === undefined ? undefined : { ...change, expected: markOfEntry(entry) },
    );
  }
  return builder.build(title.replace('#', countOf(builder.effects.length, 'entry', 'entries')));
}
