import assert from 'node:assert/strict';
import { parseFilter, sortEntries } from '../../../src/vscode/sandboxes/ordering';
import type { SortOrder } from '../../../src/vscode/sandboxes/ordering';
import { entryOf } from './entries';

const entries = [
  entryOf({ key: 'b', fileBytes: 5, createdMs: 1, expiresMs: 300 }),
  entryOf({ key: 'a', fileBytes: 5, createdMs: 3, expiresMs: null }),
  entryOf({ key: 'c', fileBytes: undefined, sizeBytes: 9, createdMs: undefined, expiresMs: 100 }),
];
const tokens = new Map([
  ['b', 7],
  ['c', 8],
]);

describe('sortEntries', () => {
  const cases: readonly (readonly [SortOrder, string])[] = [
    ['name', 'abc'],
    ['size', 'cab'],
    ['tokens', 'cba'],
    ['age', 'abc'],
    ['expiry', 'cba'],
  ];
  for (const [order, expected] of cases) {
    it(`by ${order}`, () => {
      const sorted = sortEntries(entries, order, ({ key }) => tokens.get(key));
      assert.equal(sorted.map(({ key }) => key).join(''), expected);
    });
  }
});

describe('parseFilter', () => {
  const entry = entryOf({
    key: 'tool_output_web',
    originalKey: 'Tool output/web',
    state: 'expired',
    states: ['expired', 'stale'],
    tags: ['Team', 'v1'],
  });
  const cases = [
    ['', true],
    ['WEB', true],
    ['output/', true],
    ['web text/plain', true],
    ['web absent', false],
    ['stale', true],
    ['state:stale', true],
    ['state:fresh', false],
    ['state:exp', false],
    ['tag:team', true],
    ['tag:tea', false],
  ] as const;
  for (const [filter, matches] of cases) {
    it(`"${filter}" ${matches ? 'matches' : 'does not match'}`, () => {
      assert.equal(parseFilter(filter)(entry), matches);
    });
  }
});
