import assert from 'node:assert/strict';
import { turnsOf } from '../../bench/hostTurns';
import type { CpuProfile } from '../../bench/hostTurns';

const nodes: CpuProfile['nodes'] = [
  frame(1, '(root)', '', [2, 3, 5, 6]),
  frame(2, '(idle)', ''),
  frame(3, 'update', 'file:///extension/dist/extension.js', [4]),
  frame(4, 'getText', 'node:editor'),
  frame(5, 'others', 'file:///other.js'),
  frame(6, '(garbage collector)', ''),
];

function frame(
  id: number,
  functionName: string,
  url: string,
  children: readonly number[] = [],
): CpuProfile['nodes'][0] {
  return { id, callFrame: { functionName, url, lineNumber: 9 }, children };
}

/** A sample each quarter of a millisecond from 0 on. */
function turns(
  samples: readonly number[],
  turnsMs: readonly number[],
  { longMs = 0.25, ranMs = [] }: { readonly longMs?: number; readonly ranMs?: readonly number[] } = {},
): ReturnType<typeof turnsOf> {
  const timeDeltas = samples.map(() => longMs * 1000);
  const profile = { nodes, samples, timeDeltas, startTime: 0 };
  const turnsUs = turnsMs.map((ms) => ms * 1000 + 100);
  return turnsOf({ profile, turnsUs, ranUs: ranMs.map((ms) => ms * 1000) }, (url) => url.includes('/extension/'));
}

describe('turns of a recording', () => {
  it('hold the work between two moments at which the event loop came round', () => {
    assert.deepEqual(turns([3, 3, 5, 3, 2, 5], [0.5, 1.25]), [
      { busyMs: 0.5, ownMs: 0.5, ownFunction: 'update:10' },
      { busyMs: 0.5, ownMs: 0.25, ownFunction: 'update:10' },
      { busyMs: 0.25, ownMs: 0, ownFunction: '' },
    ]);
  });

  it('count what the editor does for the extension as the extension’s', () => {
    assert.deepEqual(turns([4, 4], []), [{ busyMs: 0.5, ownMs: 0.5, ownFunction: 'update:10' }]);
  });

  it('count the collection of garbage as nobody’s', () => {
    assert.deepEqual(turns([3, 6], []), [{ busyMs: 0.5, ownMs: 0.25, ownFunction: 'update:10' }]);
  });

  it('are as long as the thread ran, however many samples were taken', () => {
    const samples = [2, 3, 3, 3, 5, 2];
    const [waited] = turns(samples, [0, 1.25], { ranMs: [7, 7.5] });
    assert.deepEqual(waited, { busyMs: 0.5, ownMs: 0.375, ownFunction: 'update:10' });
    const [sampledSeldom] = turns(samples, [0, 1.25], { ranMs: [7, 27] });
    assert.deepEqual(sampledSeldom, { busyMs: 20, ownMs: 15, ownFunction: 'update:10' });
  });

  it('do not count the time in which the machine ran something else', () => {
    assert.deepEqual(turns([3, 3], [], { longMs: 50 }), [{ busyMs: 0.8, ownMs: 0.8, ownFunction: 'update:10' }]);
  });
});
