import type { FileTree } from '../fileTree';
import type { CacheSnapshot } from './model';
import { scopeNames } from './model';
import { rulesOf } from './scopes';

/** What a cache holds that does not exist yet. `nowMs` in milliseconds since the epoch. */
export function emptySnapshot(tree: Pick<FileTree, 'id' | 'label'>, nowMs: number): CacheSnapshot {
  return {
    sourceId: tree.id,
    label: tree.label,
    takenMs: nowMs,
    scopes: scopeNames.map((scope) => ({
      scope,
      quotaBytes: rulesOf(scope).quotaBytes,
      usedBytes: 0,
      index: 'absent',
      indexSha256: undefined,
      entries: [],
      files: [],
    })),
    seedFlag: undefined,
    findings: [],
  };
}
