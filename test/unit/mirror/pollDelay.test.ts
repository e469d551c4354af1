import assert from 'node:assert/strict';
import { nextPollDelay } from '../../../src/core/mirror/pollDelay';
import type { LookOutcome } from '../../../src/core/mirror/pollDelay';

/** The waits after each of these outcomes. */
function waits(baseMs: number, ...outcomes: readonly LookOutcome[]): number[] {
  let delay = 0;
  return outcomes.map((outcome) => (delay = nextPollDelay(baseMs, delay, outcome)));
}

describe('the wait until the next look', () => {
  it('grows while nothing changes, up to eight times the shortest, and is short again after a change', () => {
    assert.deepEqual(waits(1000, 'changed', 'same', 'same', 'changed'), [1000, 1500, 2250, 1000]);
    assert.equal(waits(1000, ...Array.from({ length: 20 }, (): LookOutcome => 'same')).at(-1), 8000);
  });

  it('grows to five minutes while the source is out of reach', () => {
    assert.deepEqual(waits(15_000, 'changed', 'failed', 'failed'), [15_000, 30_000, 60_000]);
    assert.equal(waits(15_000, ...Array.from({ length: 20 }, (): LookOutcome => 'failed')).at(-1), 300_000);
  });

  it('is never shorter than the shortest', () => {
    assert.deepEqual(waits(600_000, 'failed', 'same', 'changed'), [600_000, 900_000, 600_000]);
  });
});
