import type { ContentHistory } from '../cache/history';
import { UserError } from '../errors';
import type { WorkOptions } from '../ports';
import { applyChanges } from './changes';
import type { KvChange, KvContext } from './changes';
import { decodeRecord } from './keptRecord';
import type { KeptRecord } from './keptRecord';
import { kvLimits } from './limits';
import type { KvReport } from './report';
import { kvSourceId } from './target';

export interface KvUndoPlan {
  readonly title: string;
  readonly changes: readonly KvChange[];
  /** What can't be taken back, as sentences. */
  readonly warnings: readonly string[];
}

/**
 * Takes back the bumps of an operation, and its purges as far as values were kept. Applying it is an operation that
 * can be undone, too. Throws a `UserError` when there is no such operation of this cache.
 */
export async function planKvUndo(operationId: string, context: KvContext): Promise<KvUndoPlan> {
  const { api, history, clock } = context;
  const operation = await history.operation(operationId);
  if (operation?.sourceId !== kvSourceId(api.target)) {
    throw new UserError(
      `There is no operation '${operationId}' of ${api.target.name} to undo.`,
      'List the operations of this cache and choose one.',
    );
  }
  const changes: KvChange[] = [];
  let lost = 0;
  let expired = 0;
  for (const step of operation.steps) {
    const scope = step.scope === 'versions' ? 'versions' : 'entries';
    for (const { path, before, after } of step.files) {
      const wanted = await recordOf(before, history);
      const left = await recordOf(after, history);
      if ((before !== undefined && wanted === undefined) || (after !== undefined && left === undefined)) {
        lost += 1;
      } else if (isTooLate(wanted, clock.now())) {
        expired += 1;
      } else {
        changes.push({ scope, key: path, expected: left, wanted });
      }
    }
  }
  return {
    title: `Undo: ${operation.title}`,
    changes,
    warnings: [
      ...(lost === 0 ? [] : [`${lost} of its keys can’t be taken back: their values are not kept any more.`]),
      ...(expired === 0 ? [] : [`${expired} of its keys would have expired by now and stay deleted.`]),
    ],
  };
}

export async function applyKvUndo(plan: KvUndoPlan, context: KvContext, options: WorkOptions = {}): Promise<KvReport> {
  return applyChanges(plan.title, plan.changes, context, options);
}

/** Whether Workers KV would not take a lifetime that is so short, or over. */
function isTooLate(record: KeptRecord | undefined, nowMs: number): boolean {
  return record?.expiration !== undefined && record.expiration * 1000 < nowMs + (kvLimits.leastTtlSeconds + 5) * 1000;
}

async function recordOf(sha256: string | undefined, history: ContentHistory): Promise<KeptRecord | undefined> {
  const bytes = sha256 === undefined ? undefined : await history.content(sha256);
  return bytes === undefined ? undefined : decodeRecord(bytes);
}
