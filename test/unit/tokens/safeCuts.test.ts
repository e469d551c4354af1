import assert from 'node:assert/strict';
import { CharacterClass } from '../../../src/core/tokens/characterClasses';
import { encodingNames } from '../../../src/core/tokens/counter';
import type { EncodingName } from '../../../src/core/tokens/counter';
import { createTokenCounter } from '../../../src/core/tokens/localCounter';
import { pieceScanners } from '../../../src/core/tokens/pieceScanner';
import type { TokenEncoder } from '../../../src/core/tokens/tokenEncoder';
import { classAlphabet, scannerAlphabet } from '../../support/classAlphabet';
import { forEachString } from '../../support/everyString';
import { nightly } from '../../support/nightly';
import { anyText, randomText, seededRandom } from '../../support/randomTexts';

/** Every text has a seed of its own, counted up from here. */
const firstSeed = 20_261_121;

describe('safe cuts', function () {
  this.timeout(nightly ? 3_600_000 : 60_000);
  const counter = createTokenCounter();

  for (const encoding of encodingNames) {
    for (const [alphabet, name, longest] of [
      [classAlphabet, 'class', nightly ? 6 : 4],
      [scannerAlphabet, 'scanner’s', nightly ? 4 : 3],
    ] as const) {
      it(`leave the pieces as they are, over the ${name} alphabet up to length ${longest}, ${encoding}`, async () => {
        const encoder = await counter.encoder(encoding);
        let cuts = 0;
        forEachString(alphabet, longest, (text) => {
          cuts += assertCutsKeepPieces(encoding, encoder, text, 'case');
        });
        assert.ok(cuts > 10_000);
      });
    }

    it(`leave the pieces as they are, in random texts, ${encoding}`, async () => {
      const encoder = await counter.encoder(encoding);
      for (let seed = firstSeed; seed < firstSeed + (nightly ? 1_000_000 : 10_000); seed++) {
        const random = seededRandom(seed);
        const make = random() < 0.8 ? randomText : anyText;
        assertCutsKeepPieces(encoding, encoder, make(random, 1 + Math.floor(random() * 24)), `seed ${seed}`);
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

const bytes = Buffer.alloc(256);
const ends = new Int32Array(bytes.length);

/**
 * Compares the pieces of the whole with those of both parts at every safe cut; returns how many cuts there were. Behind
 * a cut that ends a piece they are the same by themselves, since a scanner sees nothing of what is before its start.
 */
function assertCutsKeepPieces(encoding: EncodingName, encoder: TokenEncoder, text: string, source: string): number {
  const scan = pieceScanners[encoding];
  const length = bytes.write(text);
  for (let piece = 0, start = 0; start < length; piece++) {
    start = scan(encoder.classes, bytes, start, length);
    ends[piece] = start;
  }
  let cuts = 0;
  let byteIndex = 0;
  for (let index = 1; index < text.length; index++) {
    if (text.codePointAt(index - 1)! > 0xffff) {
      assert.ok(!encoder.cuts.isSafe(text, index), `${source}: half a character of ${JSON.stringify(text)}`);
      continue;
    }
    byteIndex += utf8Length(text, index);
    if (encoder.cuts.isSafe(text, index)) {
      cuts++;
      let start = 0;
      for (let piece = 0; start < byteIndex; piece++) {
        start = scan(encoder.classes, bytes, start, byteIndex);
        if (start !== ends[piece]) {
          assert.fail(`${source}: ${encoding} of ${JSON.stringify(text)} cut at ${index}`);
        }
      }
    }
  }
  return cuts;
}

/** Bytes of the character that ends before the index; a lone surrogate takes three, as U+FFFD does. */
function utf8Length(text: string, index: number): number {
  const unit = text.charCodeAt(index - 1);
  const isPair = unit >= 0xdc00 && unit <= 0xdfff && index > 1 && text.codePointAt(index - 2)! > 0xffff;
  return unit < 0x80 ? 1 : unit < 0x800 ? 2 : isPair ? 4 : 3;
}
