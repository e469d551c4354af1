/** What became of one key, or of the edge. */
export interface KvResult {
  /** A key of the namespace, or a tag at the edge. */
  readonly id: string;
  readonly outcome: 'done' | 'skipped' | 'failed';
  /** Why it was skipped or failed. */
  readonly message?: string;
}

/** What applying a plan did. */
export interface KvReport {
  readonly results: readonly KvResult[];
  /** For `undo`; undefined when there is nothing to take back. */
  readonly operationId: string | undefined;
  /** Of an interrupted purge, for `resume`; undefined when all of it was done. */
  readonly purgeId: string | undefined;
  readonly cancelled: boolean;
}

export function countOutcomes(results: readonly KvResult[]): Readonly<Record<KvResult['outcome'], number>> {
  const counts = { done: 0, skipped: 0, failed: 0 };
  for (const { outcome } of results) {
    counts[outcome] += 1;
  }
  return counts;
}
