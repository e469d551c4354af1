import assert from 'node:assert/strict';
import { encodingNames } from '../../../src/core/tokens/counter';
import { pieceScanners } from '../../../src/core/tokens/pieceScanner';
import { classAlphabet, scannerAlphabet } from '../../support/classAlphabet';
import { forEachString } from '../../support/everyString';
import { nightly } from '../../support/nightly';
import { allOfUnicode, matchedByTiktoken, sameInJavaScript, tiktokenPattern } from '../../support/tiktokenPatterns';
import { useEncoderPairs } from '../../support/tiktokenReference';

/**
 * The patterns with each part that looks at a character replaced by a letter. The parts are all that follow: whatever
 * else a pattern said would be left over. Contractions ask for an apostrophe and then for one of four roles; the letters
 * of a role can be exchanged, since 's, 't, 'm and 'd differ in nothing else, and neither do 're and 've.
 */
const questions: readonly (readonly [asWritten: string, tells: readonly string[]])[] = [
  ["(?i:'s|'t|'re|'ve|'m|'ll|'d)", ["'", '(?i:[stmd])', '(?i:[rv])', '(?i:e)', '(?i:l)']],
  ['\\p{Lu}\\p{Lt}', ['[\\p{Lu}\\p{Lt}]']],
  ['\\p{Lm}\\p{Lo}', ['[\\p{Lm}\\p{Lo}]']],
  ['\\p{Ll}', ['\\p{Ll}']],
  ['\\p{M}', ['\\p{M}']],
  ['\\p{L}', ['\\p{L}']],
  ['\\p{N}', ['\\p{N}']],
  ['\\s', ['\\s']],
  ['\\S', []],
  ['\\r\\n', ['[\\r\\n]']],
  ['/', ['/']],
  [' ', [' ']],
];

describe('every string', function () {
  this.timeout(nightly ? 3_600_000 : 120_000);
  const pairs = useEncoderPairs();

  it('is made of characters that the patterns tell apart, and the class alphabet has one of each kind', () => {
    for (const encoding of encodingNames) {
      const left = questions.reduce((rest, [part]) => rest.replaceAll(part, ''), tiktokenPattern(encoding));
      assert.match(left, /^(?:[[\]^?*+|]|\{1,3\}|\(\?!\))+$/, `${encoding} asks for something else`);
    }
    const everything = allOfUnicode();
    const answers = new Uint32Array(0x110000);
    for (const [index, question] of questions.flatMap(([, tells]) => tells).entries()) {
      for (const character of matchedByTiktoken(question, everything)) {
        answers[character.codePointAt(0)!]! |= 1 << index;
      }
    }
    const kindOf = (character: string): number => answers[character.codePointAt(0)!]!;
    const kinds = new Set(answers);
    assert.equal(kinds.size, classAlphabet.length);
    assert.deepEqual(new Set(classAlphabet.map(kindOf)), kinds);
  });

  // The patterns never look behind, so texts are compared from their beginning, and every string is a text here.
  for (const encoding of encodingNames) {
    for (const [alphabet, name, longest] of [
      [classAlphabet, 'class', nightly ? 6 : 4],
      [scannerAlphabet, 'scanner’s', nightly ? 4 : 3],
    ] as const) {
      const total = numberOfStrings(alphabet.length, longest);
      it(`up to length ${longest} over the ${name} alphabet has tiktoken’s pieces and count, ${encoding}, ${total} strings`, () => {
        const { ours, reference } = pairs.find((pair) => pair.encoding === encoding)!;
        const scan = pieceScanners[encoding];
        const pattern = sameInJavaScript(tiktokenPattern(encoding));
        const bytes = Buffer.alloc(64);
        let strings = 0;
        forEachString(alphabet, longest, (text) => {
          strings++;
          const byteLength = bytes.write(text);
          let start = 0;
          let byteStart = 0;
          while (start < text.length) {
            pattern.lastIndex = start;
            const matched = pattern.test(text);
            const byteEnd = byteStart + utf8Length(text, start, pattern.lastIndex);
            if (!matched || scan(ours.classes, bytes, byteStart, byteLength) !== byteEnd) {
              const found = bytes.toString('utf8', byteStart, scan(ours.classes, bytes, byteStart, byteLength));
              const expected = matched ? text.slice(start, pattern.lastIndex) : undefined;
              assert.equal(found, expected, `${encoding} of ${JSON.stringify(text)}, the piece from ${start}`);
            }
            start = pattern.lastIndex;
            byteStart = byteEnd;
          }
          const expected = reference(text);
          if (ours.count(text) !== expected.length) {
            assert.deepEqual(ours.encode(text), [...expected], `${encoding} of ${JSON.stringify(text)}`);
            assert.fail(`${encoding} counts ${ours.count(text)} of ${JSON.stringify(text)}`);
          }
        });
        assert.equal(strings, total);
      });
    }
  }
});

function numberOfStrings(characters: number, longest: number): number {
  return Array.from({ length: longest }, (_, index) => characters ** (index + 1)).reduce(
    (sum, count) => sum + count,
    0,
  );
}

/** Bytes of a part of a text; a lone surrogate takes three, as U+FFFD does, and a pair takes four. */
function utf8Length(text: string, start: number, end: number): number {
  let length = 0;
  for (let index = start; index < end; index++) {
    const point = text.codePointAt(index)!;
    length += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    index += Number(point > 0xffff);
  }
  return length;
}
