import assert from 'node:assert/strict';
import { isSourceError } from '../../../src/core/errors';
import { encodingNames } from '../../../src/core/tokens/counter';
import { firstLineCut, lastLineCut } from '../../../src/core/tokens/lineCuts';
import { createTokenCounter } from '../../../src/core/tokens/localCounter';
import { TextParts, bytesOf, countParts, lengthOfParts } from '../../../src/core/tokens/textParts';
import { scannerAlphabet } from '../../support/classAlphabet';
import { randomText, seededRandom } from '../../support/randomTexts';
import { useEncoderPairs } from '../../support/tiktokenReference';

/** Lines of all kinds of characters, many of them short. */
function lines(random: () => number): string {
  const line = (): string =>
    Array.from(
      { length: Math.floor(random() * 5) },
      () => scannerAlphabet[Math.floor(random() * scannerAlphabet.length)]!,
    )
      .join('')
      .concat(random() < 0.5 ? '\n' : '\r\n');
  return Array.from({ length: 1 + Math.floor(random() * 12) }, line).join('');
}

describe('texts in parts', () => {
  const counter = createTokenCounter();
  const pairs = useEncoderPairs();

  it('are cut where their tokens add up, as tiktoken counts them', () => {
    let cuts = 0;
    for (let seed = 1; seed <= 3000; seed++) {
      const text = lines(seededRandom(seed));
      for (const { reference } of pairs) {
        for (let cut = firstLineCut(text, 0); cut !== -1; cut = firstLineCut(text, cut)) {
          const apart = reference(text.slice(0, cut)).length + reference(text.slice(cut)).length;
          assert.equal(apart, reference(text).length, `seed ${seed}, cut at ${cut}`);
          cuts++;
        }
      }
    }
    assert.ok(cuts > 10_000, `only ${cuts} cuts`);
  });

  it('are cut at the first and at the last such place', () => {
    const text = 'a\n\nb\n\u2028c\n/d\n\u0085e\n\uFEFFf\n \n\t# g\n\n';
    assert.equal(firstLineCut(text, 0), 3);
    assert.equal(firstLineCut(text, 3), text.indexOf('\t#'));
    assert.equal(lastLineCut(text), text.indexOf('\t#'));
    assert.equal(firstLineCut('a\n \t/b', 0), 2);
    assert.equal(lastLineCut('\nx'), 1);
    assert.deepEqual(
      [lastLineCut(''), lastLineCut('\n'), lastLineCut('a\n '), firstLineCut('a\n', 0)],
      [-1, -1, -1, -1],
    );
  });

  it('are the text that came bit by bit, wherever it was torn', async () => {
    for (let seed = 1; seed <= 300; seed++) {
      const random = seededRandom(seed);
      const text = `${lines(random)}${randomText(random, 300)}\n${lines(random)}`;
      const gathered = new TextParts();
      gathered.add('of another try');
      gathered.begin();
      for (let start = 0; start < text.length;) {
        const end = start + 1 + Math.floor(random() ** 3 * 60);
        gathered.add(text.slice(start, end));
        start = end;
      }
      const { parts } = gathered;
      assert.equal(parts.join(''), text, `seed ${seed}`);
      for (const encoding of encodingNames) {
        const [tokens] = await countParts(counter, [parts], encoding, {});
        assert.equal(tokens, await counter.count(text, encoding), `seed ${seed}`);
      }
      assert.equal(lengthOfParts(parts), text.length);
      assert.equal(await bytesOf(parts, {}), Buffer.byteLength(text));
    }
  });

  it('are no longer than the bits, where each bit has a line', () => {
    const gathered = new TextParts();
    for (let bit = 0; bit < 100; bit++) {
      gathered.add('A line of text.\n'.repeat(50));
    }
    assert.ok(Math.max(...gathered.parts.map(({ length }) => length)) <= 801);
    // A line for each bit: the line start is between two bits.
    gathered.begin();
    for (let bit = 0; bit < 100; bit++) {
      gathered.add('A line of text.\n');
    }
    assert.equal(gathered.parts.length, 100);
  });

  it('are counted each by itself, in their order; of nothing there is one empty part', async () => {
    const none = new TextParts().parts;
    assert.deepEqual(none, ['']);
    assert.deepEqual(await countParts(counter, [['one\n', 'two'], none, ['three']], 'o200k_base', {}), [3, 0, 1]);
  });

  it('are not gone through when that is cancelled', async () => {
    await assert.rejects(bytesOf(['a'], { signal: AbortSignal.abort() }), (error) => isSourceError(error, 'cancelled'));
  });
});
