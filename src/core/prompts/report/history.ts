import type { PromptLock } from '../lock';
import type { HistoryPoint } from './model';

/** A lock file as it once was, or as a snapshot kept it. */
export interface LockRevision {
  readonly origin: Exclude<HistoryPoint['origin'], 'now'>;
  /** A commit's subject, a snapshot's label. */
  readonly label: string;
  /** ISO time; null for the lock file as it lies in the folder. */
  readonly at: string | null;
  readonly lock: PromptLock;
}

/** The sizes of all revisions by time, those of the same time as they came, what has none last, and then those of now. */
export function historyOf(revisions: readonly LockRevision[], now: PromptLock): HistoryPoint[] {
  const timeOf = ({ at }: LockRevision): number => (at === null ? Infinity : Date.parse(at));
  const points = [...revisions]
    .sort((left, right) => {
      const [a, b] = [timeOf(left), timeOf(right)];
      return a === b ? 0 : a < b ? -1 : 1;
    })
    .map(({ origin, label, at, lock }) => pointOf({ origin, label, at }, lock));
  return [...points, pointOf({ origin: 'now', label: 'now', at: null }, now)];
}

function pointOf(
  base: Pick<HistoryPoint, 'origin' | 'label' | 'at'>,
  { encoding, variants }: PromptLock,
): HistoryPoint {
  const tokens = Object.fromEntries(Object.entries(variants).map(([name, variant]) => [name, variant.tokens]));
  return { ...base, encoding, tokens };
}
