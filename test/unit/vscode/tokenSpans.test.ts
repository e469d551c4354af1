import assert from 'node:assert/strict';
import { get_encoding } from 'tiktoken';
import fc from 'fast-check';
import { hexBytes, independentLines, tokenSpans } from '../../../src/vscode/tokens/tokenSpans';

describe('token spans', () => {
  const encoder = get_encoding('o200k_base');
  after(() => {
    encoder.free();
  });
  const encode = (text: string): { id: number; bytes: Uint8Array }[] =>
    [...encoder.encode_ordinary(text)].map((id) => ({
      id,
      bytes: Uint8Array.from(encoder.decode_single_token_bytes(id)),
    }));

  it('lays one token over its characters', () => {
    const text = 'Hello, wörld!\n';
    assert.deepEqual(
      tokenSpans(text, encode(text)).map(({ start, end, tokens }) => [text.slice(start, end), tokens.length]),
      [
        ['Hello', 1],
        [',', 1],
        [' w', 1],
        ['ör', 1],
        ['ld', 1],
        ['!\n', 1],
      ],
    );
  });

  it('joins tokens that split a character', () => {
    const text = 'a🫨b';
    const spans = tokenSpans(text, encode(text));
    assert.equal(spans.map(({ start, end }) => text.slice(start, end)).join('|'), 'a|🫨|b');
    assert.ok(spans[1]!.tokens.length > 1);
  });

  it('covers any text, lone surrogates included, with every token once', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.boolean(), (text, broken) => {
        const written = broken ? `${text}\ud800x` : text;
        const tokens = encode(written.replace(/\p{Surrogate}/gu, '\uFFFD'));
        const spans = tokenSpans(written, tokens);
        let at = 0;
        for (const span of spans) {
          assert.equal(span.start, at);
          assert.ok(span.end > span.start);
          at = span.end;
        }
        assert.equal(at, written.length);
        assert.equal(
          spans.reduce((sum, span) => sum + span.tokens.length, 0),
          tokens.length,
        );
      }),
    );
  });

  it('shows bytes', () => {
    assert.equal(hexBytes(new TextEncoder().encode('€')), 'e2 82 ac');
  });

  it('widens lines to where a text can be cut', () => {
    const lines = ['a', '  b', '', 'c', '/d', 'e', '\tf', 'g'];
    const widen = (first: number, last: number): number[] => {
      const part = independentLines((line) => lines[line]!, lines.length, first, last);
      return [part.first, part.last];
    };
    assert.deepEqual(widen(0, 0), [0, 2]);
    assert.deepEqual(widen(2, 2), [0, 2]);
    assert.deepEqual(widen(3, 3), [3, 4]);
    assert.deepEqual(widen(6, 7), [5, 7]);
  });

  it('encodes widened lines as the whole text does', () => {
    const line = fc.constantFrom('a', '  b', '', '\t', 'c d', '/x', '# h', '  ', '12', '"q"', "'s", '日本');
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 8 }), fc.nat(7), fc.nat(7), (lines, a, b) => {
        const first = Math.min(a, b, lines.length - 1);
        const last = Math.min(Math.max(a, b), lines.length - 1);
        const part = independentLines((index) => lines[index]!, lines.length, first, last);
        const before = lines.slice(0, part.first).map((text) => `${text}\n`);
        const inside = lines.slice(part.first, part.last + 1).join('\n');
        const after = lines.slice(part.last + 1);
        const ends = after.length > 0 ? '\n' : '';
        assert.deepEqual(
          [
            ...encoder.encode_ordinary(before.join('')),
            ...encoder.encode_ordinary(inside + ends),
            ...encoder.encode_ordinary(after.join('\n')),
          ],
          [...encoder.encode_ordinary(lines.join('\n'))],
        );
      }),
    );
  });
});
