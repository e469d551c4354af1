import assert from 'node:assert/strict';
import { TokenHistory, addSample, sparkline } from '../../../src/vscode/tokens/history';

const minute = 60_000;

/** A memento in memory. */
function memento(): ConstructorParameters<typeof TokenHistory>[0] {
  const values = new Map<string, unknown>();
  return {
    keys: () => [...values.keys()],
    get: <T>(key: string, fallback?: T) => (values.has(key) ? values.get(key) : fallback) as T,
    update: async (key: string, value: unknown) => {
      values.set(key, value);
      return Promise.resolve();
    },
  };
}

describe('token history', () => {
  it('records only changes', () => {
    const one = addSample([], { atMs: 0, tokens: 5 });
    assert.equal(addSample(one, { atMs: 60 * minute, tokens: 5 }), one);
    assert.deepEqual(
      addSample(one, { atMs: 60 * minute, tokens: 6 }).map(({ tokens }) => tokens),
      [5, 6],
    );
  });

  it('joins changes in quick succession, but keeps the first', () => {
    let samples = addSample([], { atMs: 0, tokens: 1 });
    samples = addSample(samples, { atMs: minute, tokens: 2 });
    samples = addSample(samples, { atMs: 2 * minute, tokens: 3 });
    assert.deepEqual(
      samples.map(({ tokens }) => tokens),
      [1, 3],
    );
  });

  it('stays bounded', () => {
    let samples = addSample([], { atMs: 0, tokens: 0 });
    for (let step = 1; step < 500; step++) {
      samples = addSample(samples, { atMs: step * 60 * minute, tokens: step });
    }
    assert.equal(samples.length, 64);
    assert.equal(samples.at(-1)!.tokens, 499);
  });

  it('keeps each series apart', async () => {
    let now = 0;
    const history = new TokenHistory(memento(), { now: () => now });
    await history.record('codex', 10);
    now = 60 * minute;
    await history.record('codex', 20);
    await history.record('cursor', 7);
    assert.deepEqual(history.samples('codex'), [
      { atMs: 0, tokens: 10 },
      { atMs: 60 * minute, tokens: 20 },
    ]);
    assert.deepEqual(history.samples('cursor'), [{ atMs: 60 * minute, tokens: 7 }]);
    assert.deepEqual(history.samples('kiro'), []);
  });

  it('draws least and most', () => {
    assert.equal(sparkline([]), '');
    assert.equal(sparkline([3]), '');
    assert.equal(sparkline([1, 1]), '▁▁');
    assert.equal(sparkline([0, 50, 100]), '▁▅█');
  });
});
