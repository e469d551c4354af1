import assert from 'node:assert/strict';
import { encodingNames } from '../../../src/core/tokens/counter';
import { createTokenCounter } from '../../../src/core/tokens/localCounter';
import { loopEntrances } from '../../../src/core/tokens/pieceLoops';
import type { PieceLoop } from '../../../src/core/tokens/pieceLoops';
import { PieceWindows } from '../../../src/core/tokens/pieceWindows';
import { seededRandom } from '../../support/randomTexts';
import { nightly } from '../../support/nightly';

const loops = Object.keys(loopEntrances) as PieceLoop[];

/** Every class and every exception, and characters that merge with their neighbours into tokens. */
const alphabets = [
  ['a', 's', 't', 'A', 'V', '亚', '洲', '\u0301', "'", '!', '1', ' ', '\n', '/', 'ſ', 'r', 'e'],
  ['A', 'V', '亚', '洲', 'a', '\u0301'],
  ['A', 'V', 'a'],
  ['亚洲', 'AV', 'A', 'a'],
  [' ', '  ', '\n'],
  [' ', '\t', '!'],
  [' ', ' ', ' ', ' ', '\n', '\t', '\r\n', 'a'],
  ['!', '\n', '/', '\r', ' ', '\u0301', '='],
  ['\ud83d', '\ude00', '😀', '\u200d', '\ufe0f', '!'],
  ["'", 's', 'S', 'r', 'e', 'l', 'L', 'a'],
];

describe('texts between seams', function () {
  this.timeout(nightly ? 3_600_000 : 120_000);

  for (const encoding of encodingNames) {
    it(`have the tokens of the whole where their seams hold, ${encoding}`, async () => {
      const encoder = await createTokenCounter().encoder(encoding);
      const windows = new PieceWindows(encoder);
      const held = new Map<PieceLoop, number>(loops.map((loop) => [loop, 0]));
      const random = seededRandom(11);
      for (let round = 0; round < (nightly ? 3_000_000 : 60_000); round++) {
        const alphabet = alphabets[round % alphabets.length]!;
        const [before, between, after] = [8, 8, 6].map((longest) =>
          Array.from(
            { length: 1 + Math.floor(random() * longest) },
            () => alphabet[Math.floor(random() * alphabet.length)]!,
          ).join(''),
        ) as [string, string, string];
        const whole = before + between + after;
        for (const loop of loops) {
          const start = windows.measure(before, undefined, { loop, token: undefined });
          if (typeof start === 'string') {
            continue;
          }
          const left = { loop, token: start.last };
          const rest = windows.measure(between + after, left, undefined);
          if (typeof rest !== 'string') {
            held.set(loop, held.get(loop)! + 1);
            assert.equal(
              start.tokens + rest.tokens,
              encoder.count(whole),
              `${loop}: ${JSON.stringify([before, between + after])}`,
            );
          }
          for (const next of loops) {
            const middle = windows.measure(between, left, { loop: next, token: undefined });
            const end =
              typeof middle === 'string'
                ? middle
                : windows.measure(after, { loop: next, token: middle.last }, undefined);
            if (typeof middle !== 'string' && typeof end !== 'string') {
              const parts = `${loop}, ${next}: ${JSON.stringify([before, between, after])}`;
              assert.equal(start.tokens + middle.tokens + end.tokens, encoder.count(whole), parts);
            }
          }
        }
      }
      for (const loop of loops) {
        const possible = encoding === 'o200k_base' || (loop !== 'upper' && loop !== 'caseless');
        assert.equal(held.get(loop)! > 20, possible, `${loop} held ${held.get(loop)} times`);
      }
    });

    it(`are divided where the tokens of the whole are, ${encoding}`, async () => {
      const encoder = await createTokenCounter().encoder(encoding);
      const windows = new PieceWindows(encoder);
      const random = seededRandom(12);
      let divided = 0;
      for (let round = 0; round < (nightly ? 100_000 : 1_500); round++) {
        const alphabet = alphabets[round % alphabets.length]!.slice(0, 1 + Math.floor(random() * 8));
        const text = Array.from({ length: 400 }, () => alphabet[Math.floor(random() * alphabet.length)]!).join('');
        const part = windows.split(text, undefined, undefined, 20 + Math.floor(random() * 80));
        if (typeof part === 'object') {
          const rest = windows.measure(text.slice(part.length), { loop: part.loop, token: part.last }, undefined);
          if (typeof rest !== 'string') {
            divided++;
            assert.equal(part.tokens + rest.tokens, encoder.count(text), `${part.length} of ${JSON.stringify(text)}`);
          }
        }
      }
      assert.ok(divided > 50, `${divided}`);
    });
  }
});
