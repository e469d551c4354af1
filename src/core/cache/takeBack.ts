import { isSourceError, UserError } from '../errors';
import { fingerprintOfSha256, sha256Hex } from './fingerprint';
import type { ScopeName } from './model';
import { readInBatches } from './readValues';
import { readScopeState, valuePath } from './scopeState';
import type { WriteTarget } from './scopeAttempt';
import type { WorkItem } from './workItem';

/**
 * Puts back the values of items that did not succeed: a value of ours without an index entry would be an orphan, and
 * one under the other entry would look corrupt. Best effort: where the place is gone, nothing can be done.
 */
export async function takeBack(target: WriteTarget, scope: ScopeName, items: readonly WorkItem[]): Promise<void> {
  const failed = new Map(
    items
      .filter((item) => item.valueAttempted && item.result?.outcome !== 'done')
      .map((item) => [valuePath(scope, item.change.key), item]),
  );
  if (failed.size === 0) {
    return;
  }
  try {
    const { entries } = await readScopeState(target.tree, scope, {});
    const files = [...failed].map(([path, item]) => ({ path, sizeBytes: item.value?.bytes.byteLength ?? 0 }));
    await readInBatches(
      target.tree,
      files,
      async (path, content) => {
        const item = failed.get(path)!;
        const ours = content instanceof Uint8Array && sha256Hex(content) === item.value!.sha256;
        const named = entries.get(item.change.key)?.fingerprint === fingerprintOfSha256(item.value!.sha256);
        if (ours && !named) {
          await putBack(target, path, item);
        }
      },
      {},
    );
  } catch (error) {
    if (!isSourceError(error) && !(error instanceof UserError)) {
      throw error;
    }
  }
}

/** Gives values back that were removed from under the put of another writer. Best effort. */
export async function giveBack(target: WriteTarget, scope: ScopeName, items: readonly WorkItem[]): Promise<void> {
  for (const item of items.filter(({ owesValue }) => owesValue)) {
    const path = valuePath(scope, item.change.key);
    const bytes = await target.history.content(item.before!.sha256!);
    try {
      if (bytes !== undefined) {
        await target.tree.commit({ expect: [{ path, sha256: undefined }], writes: [{ path, bytes }] });
      }
    } catch (error) {
      if (!isSourceError(error)) {
        throw error;
      }
    }
  }
}

async function putBack(target: WriteTarget, path: string, item: WorkItem): Promise<void> {
  const expect = [{ path, sha256: item.value!.sha256 }];
  if (item.before?.sha256 === undefined) {
    await target.tree.commit({ expect, removes: [path] });
    return;
  }
  const bytes = await target.history.content(item.before.sha256);
  if (bytes !== undefined) {
    await target.tree.commit({ expect, writes: [{ path, bytes }] });
  }
}
