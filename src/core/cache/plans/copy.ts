import type { CachePlan } from '../changes';
import { markOfEntry } from '../changes';
import type { EntryEdit } from '../changes';
import { putEntry } from '../entryEdits';
import { UserError } from '../../errors';
import { isPythonObject } from '../pythonJson';
import type { PythonObject } from '../pythonJson';
import type { CacheEntry, ScopeName } from '../model';
import { defaultContentType, derivedPath, rulesOf } from '../scopes';
import { countOf, findEntry, PlanBuilder, readerOf } from './planBuilder';
import type { PlanSource } from './planBuilder';

export interface CopyOptions {
  /** The scope to copy into; the entry's own unless given. */
  readonly toScope?: ScopeName;
  /** Selects entries that differ in the target, too. */
  readonly overwrite?: boolean;
}

/**
 * Copies entries into another cache, or another scope of the same one, with their times, lifetime and metadata. What
 * differs in the target is a conflict, which only `overwrite` or a person selects.
 */
export function planCopy(
  from: PlanSource,
  entries: readonly CacheEntry[],
  to: PlanSource,
  options: CopyOptions = {},
): CachePlan {
  const builder = new PlanBuilder(to);
  for (const entry of entries) {
    const scope = options.toScope ?? entry.scope;
    const { key } = entry;
    if (entry.fileBytes === undefined) {
      builder.warn(`${entry.scope}/${key} has no file and is left out.`);
      continue;
    }
    const present = findEntry(to.snapshot, scope, key);
    if (from.tree.id === to.tree.id && scope === entry.scope) {
      throw new UserError(`${scope}/${key} would be copied onto itself.`, 'Choose another sandbox or scope.');
    }
    const same = present?.fingerprint !== undefined && present.fingerprint === entry.fingerprint;
    const action = present === undefined ? 'create' : same ? 'unchanged' : 'conflict';
    const read = async (): Promise<Uint8Array> => from.tree.read(`${entry.scope}/${key}`);
    builder.add(
      {
        scope,
        key,
        action,
        reason: { create: 'not there yet', unchanged: 'the same there', conflict: 'differs there' }[action],
        selected: action === 'create' || (action === 'conflict' && options.overwrite === true),
        ...(present === undefined
          ? {}
          : { before: readerOf(to.tree, scope, key), bytesBefore: present.fileBytes ?? 0 }),
        after: read,
        bytesAfter: entry.fileBytes,
      },
      action === 'unchanged'
        ? undefined
        : {
            author: 'copied',
            expected: markOfEntry(present),
            value: read,
            checkQuota: true,
            entry: copyEntry(entry, scope),
          },
    );
  }
  const count = countOf(builder.effects.length, 'entry', 'entries');
  return builder.build(`Copy ${count} from ${from.tree.label} to ${to.tree.label}`);
}

/** The entry as it is, at its new place; one without an index entry gets the scope's defaults. */
function copyEntry(entry: CacheEntry, scope: ScopeName): EntryEdit {
  const { key, record } = entry;
  if (!isPythonObject(record) || (entry.problems?.length ?? 0) > 0) {
    return putEntry({
      scope,
      key,
      originalKey: entry.originalKey,
      contentType: defaultContentType(scope, key),
      ttlHours: rulesOf(scope).defaultTtlHours,
      metadata: new Map(),
    });
  }
  return (_current, context): PythonObject => {
    if (context.value !== undefined && context.value.fingerprint !== entry.fingerprint) {
      throw new UserError(
        `${entry.scope}/${key} changed while it was copied, or is corrupt.`,
        'Refresh, and repair the source if it is corrupt.',
      );
    }
    return new Map(record).set('path', derivedPath(scope, key));
  };
}
