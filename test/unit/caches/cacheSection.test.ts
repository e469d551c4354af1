import assert from 'node:assert/strict';
import type { CacheFamily } from '../../../src/contributions';
import { isRowOf, overallState, selectedFamily, targetRows } from '../../../src/vscode/caches/cacheSection';
import type { CacheNode } from '../../../src/vscode/caches/cacheSection';

const row = (family: CacheFamily): CacheNode => ({ family });
const isSandbox = (value: unknown): value is CacheNode => isRowOf('sandboxes', value);

describe('rows of several families in one view', () => {
  const [one, two, other] = [row('sandboxes'), row('sandboxes'), row('localCaches')];

  it('gives a command the selected rows of its own family when the clicked one is among them', () => {
    assert.deepEqual(targetRows(isSandbox, [], one, [one, other, two]), [one, two]);
  });

  it('gives a command the clicked row alone when it is not selected', () => {
    const rows = targetRows(isSandbox, [], one, [two, other]);
    assert.equal(rows.length, 1);
    assert.equal(rows[0], one);
  });

  it('gives a command nothing for a row of another family, a document, or nothing', () => {
    for (const clicked of [other, undefined, null, 'row', { kind: 'entry', sandbox: {} }]) {
      assert.deepEqual(targetRows(isSandbox, [one], clicked, [one]), []);
    }
  });

  it('takes the selection of the view when a key was pressed', () => {
    assert.deepEqual(targetRows(isSandbox, [one, other, two], 'selection', undefined), [one, two]);
  });

  it('lets the keys of a family count when all selected rows are its own', () => {
    assert.equal(selectedFamily([other, other]), 'localCaches');
    assert.equal(selectedFamily([other, one]), 'sandboxes');
    assert.equal(selectedFamily([]), 'sandboxes');
  });

  for (const [states, expected] of [
    [[], 'loading'],
    [['none', 'none'], 'none'],
    [['loading', 'none'], 'loading'],
    [['failed', 'loading'], 'failed'],
    [['none', 'failed', 'ready'], 'ready'],
    [['loading', 'ready'], 'ready'],
  ] as const) {
    it(`is ${expected} when its sections are ${states.length === 0 ? 'not there yet' : states.join(' and ')}`, () => {
      assert.equal(overallState(states), expected);
    });
  }
});
