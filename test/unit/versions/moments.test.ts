import assert from 'node:assert/strict';
import type { ContentVersion } from '../../../src/core/cache/history';
import { momentsOf, versionsAt } from '../../../src/core/versions/moments';
import type { Histories } from '../../../src/core/versions/moments';

function version(key: string, number: number, seenMs: number, gone = false): ContentVersion {
  return {
    sourceId: 's',
    scope: 'task',
    key,
    id: `${key}${number}`,
    number,
    seenMs,
    author: 'sandbox',
    content: gone ? undefined : { fingerprint: `${number}`.padStart(16, '0'), sizeBytes: 1 },
    operationId: undefined,
    label: undefined,
    pinned: false,
  };
}

const histories: Histories = new Map([
  ['task/a', [version('a', 1, 1000), version('a', 2, 60_000)]],
  ['task/b', [version('b', 1, 1500), version('b', 2, 61_000, true)]],
  ['task/c', [version('c', 1, 120_000)]],
]);

describe('the times at which a source changed', () => {
  it('take what was seen together as one, newest first', () => {
    assert.deepEqual(momentsOf(histories), [
      { atMs: 120_000, changes: 1 },
      { atMs: 61_000, changes: 2 },
      { atMs: 1500, changes: 2 },
    ]);
    assert.deepEqual(momentsOf(new Map()), []);
  });

  it('give what each key held then, tombstones included', () => {
    const at = (ms: number): string[] => [...versionsAt(histories, ms).values()].map(({ id }) => id);
    assert.deepEqual(at(999), []);
    assert.deepEqual(at(1500), ['a1', 'b1']);
    assert.deepEqual(at(61_000), ['a2', 'b2']);
    assert.equal(versionsAt(histories, 61_000).get('task/b')?.content, undefined);
  });
});
