import assert from 'node:assert/strict';
import { get_encoding } from 'tiktoken';
import { countTokenKinds, tokenKind, tokenKindNames } from '../../../src/vscode/tokens/tokenKinds';
import type { TokenKind } from '../../../src/vscode/tokens/tokenKinds';
import type { RawToken } from '../../../src/vscode/tokens/tokenSpans';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('kinds of tokens', () => {
  const encoder = get_encoding('o200k_base');
  after(() => {
    encoder.free();
  });
  const encode = (text: string): RawToken[] =>
    [...encoder.encode_ordinary(text)].map((id) => ({
      id,
      bytes: Uint8Array.from(encoder.decode_single_token_bytes(id)),
    }));

  const cases: readonly (readonly [text: string, kind: TokenKind])[] = [
    [' word', 'words in Latin letters'],
    ['"name', 'words in Latin letters'],
    ['é', 'words in Latin letters'],
    [' слово', 'words in other scripts'],
    ['日本', 'words in other scripts'],
    ['123', 'numbers'],
    ['},\n', 'punctuation and symbols'],
    [' \n\n\t', 'white space and line ends'],
    ['\uFEFF', 'white space and line ends'],
    ['🚀', 'other characters'],
    ['\u0301', 'other characters'],
  ];
  for (const [text, kind] of cases) {
    it(`${JSON.stringify(text)}: ${kind}`, () => {
      assert.equal(tokenKind(bytesOf(text)), kind);
    });
  }

  it('tells pieces of characters apart', () => {
    assert.equal(tokenKind(bytesOf('🫨').subarray(0, 2)), 'pieces of characters');
  });

  it('count every token of a text once, however it is cut into slices', async () => {
    const line = '- Some words, 12345 and 日本語 🫨 in "quotes"\n\n/path\n';
    for (const text of ['', 'x', line.repeat(700), line.repeat(700).replaceAll('\n', ' '), 'é'.repeat(40_000)]) {
      const slices: string[] = [];
      let pauses = 0;
      const counts = await countTokenKinds(
        text,
        async (slice) => {
          slices.push(slice);
          return Promise.resolve(encode(slice));
        },
        async () => {
          pauses += 1;
          return Promise.resolve();
        },
      );
      assert.equal(slices.join(''), text);
      assert.ok(slices.every((slice) => slice.length <= 32 * 1024));
      assert.equal(pauses, slices.length);
      const sum = tokenKindNames.reduce((total, kind) => total + counts[kind], 0);
      assert.equal(
        sum,
        slices.reduce((total, slice) => total + encode(slice).length, 0),
      );
      if (text.includes('\n')) {
        assert.ok(slices.length > 2);
        assert.equal(sum, encode(text).length, 'a cut at a line changes no token');
      }
    }
  });
});
