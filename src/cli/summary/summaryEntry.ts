import type { CacheEntry, CacheSnapshot } from '../../core/cache/model';
import { isSummary } from '../../core/cache/summarySource';
import { UserError } from '../../core/errors';
import { findEntry } from '../cache/show';
import { printable } from '../text';

/** The summary that a person names: `summary_<id>` or `<id>`, with or without its scope. */
export function summaryEntry(snapshot: CacheSnapshot, name: string): CacheEntry {
  const entry = findEntry(snapshot, ...placeOf(name));
  if (!isSummary(entry)) {
    throw new UserError(
      `${entry.scope}/${printable(entry.key)} is no summary.`,
      'Name one of task/summary_… or project/summary.',
    );
  }
  return entry;
}

function placeOf(name: string): ['task' | 'project', string] {
  if (name === 'project/summary' || name === 'summary') {
    return ['project', 'summary'];
  }
  const key = name.startsWith('task/') ? name.slice('task/'.length) : name;
  return ['task', key.startsWith('summary_') ? key : `summary_${key}`];
}
