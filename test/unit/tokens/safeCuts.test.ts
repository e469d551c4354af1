import assert from 'node:assert/strict';
import { CharacterClass } from '../../../src/core/tokens/characterClasses';
import { encodingNames } from '../../../src/core/tokens/counter';
import type { EncodingName } from '../../../src/core/tokens/counter';
import { createTokenCounter } from '../../../src/core/tokens/localCounter';
import { pieceScanners } from '../../../src/core/tokens/pieceScanner';
import type { TokenEncoder } from '../../../src/core/tokens/tokenEncoder';
import { forEachString } from '../../support/everyString';
import { randomText, seededRandom } from '../../support/randomTexts';

const nightly = process.env['CONTEXT_CACHE_NIGHTLY'] === '1';

/** At least one character of each class and each exception: contractions, slash, blank, both newlines. */
const alphabet = [
  'a',
  'B',
  '漢',
  '\u0301',
  '1',
  ' ',
  '\t',
  '\n',
  '\r',
  '!',
  '/',
  "'",
  's',
  'r',
  'E',
  '\u0085',
  '\ufeff',
  '😀',
];

describe('safe cuts', function () {
  this.timeout(nightly ? 3_600_000 : 60_000);
  const counter = createTokenCounter();

  for (const encoding of encodingNames) {
    it(`leave the pieces as they are, in every string of ${encoding} up to length ${nightly ? 6 : 4}`, async () => {
      const encoder = await counter.encoder(encoding);
      let cuts = 0;
      const visit = (text: string): void => {
        cuts += assertCutsKeepPieces(encoding, encoder, text);
      };
      forEachString(alphabet, nightly ? 6 : 4, visit);
      assert.ok(cuts > 10_000);
    });

    it(`leave the pieces as they are, in random texts of ${encoding}`, async () => {
      const encoder = await counter.encoder(encoding);
      const random = seededRandom(20_261_121);
      for (let round = 0; round < (nightly ? 300_000 : 6_000); round++) {
        assertCutsKeepPieces(encoding, encoder, randomText(random, 1 + Math.floor(random() * 24)));
      }
    });
  }

  const expectations: [string, string, EncodingName[]][] = [
    ['a', ' ', ['o200k_base', 'cl100k_base']],
    ['a', '\n', ['o200k_base', 'cl100k_base']],
    ['\n', 'a', ['o200k_base', 'cl100k_base']],
    ['\n', '/', ['cl100k_base']],
    ['a', '!', ['o200k_base', 'cl100k_base']],
    ['a', '1', ['o200k_base', 'cl100k_base']],
    ['a', "'", ['cl100k_base']],
    ['a', '\u0301', ['cl100k_base']],
    ['a', 'B', ['o200k_base']],
    ['r', 'E', []],
    ['l', 'L', []],
    ['\r', '\n', []],
    ['\n', ' ', []],
    [' ', 'a', []],
    ['!', '\n', []],
    ['!', 'a', []],
    ['1', '2', []],
    ['\ud83d', '\ude00', []],
    ['😀', ' ', ['o200k_base', 'cl100k_base']],
    ['\n', '😀', ['o200k_base', 'cl100k_base']],
    ['😀', '\n', []],
    ['1', '😀', []],
    ['😀', 'a', []],
  ];
  for (const [before, after, encodings] of expectations) {
    it(`are found between ${JSON.stringify(before)} and ${JSON.stringify(after)} in: ${encodings.join(', ') || 'none'}`, async () => {
      for (const encoding of encodingNames) {
        const { cuts } = await counter.encoder(encoding);
        assert.equal(cuts.isSafe(before + after, before.length), encodings.includes(encoding), encoding);
      }
    });
  }

  it('rest on white space being no character outside of the basic plane', async () => {
    const { classes } = await counter.encoder('o200k_base');
    const { space, newline } = CharacterClass;
    for (let codePoint = 0xd800; codePoint < classes.length; codePoint += codePoint === 0xdfff ? 0x2001 : 1) {
      assert.equal(classes[codePoint]! & (space | newline), 0, codePoint.toString(16));
    }
  });

  it('divide a text near the wanted size, and leave a run whole that has none', async () => {
    const { cuts } = await counter.encoder('o200k_base');
    assert.equal(cuts.partEnd('one two three', 0, 9), 7);
    assert.equal(cuts.partEnd('one two three', 7, 4), 13);
    assert.equal(cuts.partEnd(`${'a'.repeat(50)} b`, 0, 10), 50);
  });
});

/** Compares the pieces of the whole with those of both parts at every safe cut; returns how many cuts there were. */
function assertCutsKeepPieces(encoding: EncodingName, encoder: TokenEncoder, text: string): number {
  const whole = pieces(encoding, encoder, text);
  let cuts = 0;
  for (let index = 1; index < text.length; index++) {
    if (encoder.cuts.isSafe(text, index)) {
      cuts++;
      const left = text.slice(0, index);
      const parts = [...pieces(encoding, encoder, left), ...pieces(encoding, encoder, text.slice(index))];
      assert.deepEqual(parts, whole, `${encoding} of ${JSON.stringify(text)} cut at ${index}`);
    }
  }
  return cuts;
}

function pieces(encoding: EncodingName, encoder: TokenEncoder, text: string): string[] {
  const bytes = Buffer.from(text);
  const found: string[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = pieceScanners[encoding](encoder.classes, bytes, start, bytes.length);
    found.push(bytes.toString('utf8', start, end));
    start = end;
  }
  return found;
}
