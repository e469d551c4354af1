import assert from 'node:assert/strict';
import { parseTokens } from '../../../src/vscode/tokens/parseTokens';

describe('parsing a number of tokens', () => {
  const table: readonly (readonly [string, number | undefined])[] = [
    ['10000', 10_000],
    [' 10,000 ', 10_000],
    ['10k', 10_000],
    ['1.5K', 1500],
    ['2m', 2_000_000],
    ['0.4', undefined],
    ['0', undefined],
    ['-5', undefined],
    ['1e3', undefined],
    ['ten', undefined],
    ['', undefined],
    ['99999999999999999999', undefined],
  ];
  for (const [text, tokens] of table) {
    it(`reads ${JSON.stringify(text)} as ${String(tokens)}`, () => {
      assert.equal(parseTokens(text), tokens);
    });
  }
});
