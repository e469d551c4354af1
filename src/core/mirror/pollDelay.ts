/** What a look at a source came to. */
export type LookOutcome = 'changed' | 'same' | 'failed';

const slowest = 8;
const longestMs = 5 * 60 * 1000;

/**
 * Milliseconds until the next look: soon after a change, ever later while nothing changes, and later still while the
 * source is out of reach.
 * @param baseMs the shortest wait
 * @param previousMs the wait before the look that came to `outcome`
 */
export function nextPollDelay(baseMs: number, previousMs: number, outcome: LookOutcome): number {
  const factors: Readonly<Record<LookOutcome, number>> = { changed: 0, same: 1.5, failed: 2 };
  const most = outcome === 'failed' ? Math.max(longestMs, baseMs) : baseMs * slowest;
  return Math.min(Math.max(baseMs, previousMs * factors[outcome]), most);
}
