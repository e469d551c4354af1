import assert from 'node:assert/strict';
import { encodingNames } from '../../../src/core/tokens/counter';
import { IncrementalDocument } from '../../../src/core/tokens/document';
import { createTokenCounter } from '../../../src/core/tokens/localCounter';
import { randomText, seededRandom } from '../../support/randomTexts';

const counter = createTokenCounter();

describe('documents that are opened in parts', () => {
  for (const encoding of encodingNames) {
    it(`are as if they had been opened at once: ${encoding}`, async () => {
      const encoder = await counter.encoder(encoding);
      for (let seed = 1; seed <= 300; seed++) {
        const random = seededRandom(seed);
        const text = [
          randomText(random, 3000),
          'a'.repeat(Math.floor(random() * 9000)),
          "it'rE they'vE 1234567 \r\n\r\n  /x",
          randomText(random, 3000),
        ].join(random() < 0.5 ? '\n' : '');
        const document = new IncrementalDocument('', encoder);
        for (let start = 0; start < text.length;) {
          // Parts of a single character too, so that each border comes up.
          const end = start + 1 + Math.floor(random() ** 4 * 4000);
          document.append(text.slice(start, end));
          start = end;
        }
        assert.equal(document.isCounted, text === '');
        assert.equal(document.length, text.length, `seed ${seed}`);
        assert.equal(document.text, text, `seed ${seed}`);
        await document.countInSlices();
        assert.equal(document.tokens, encoder.count(text), `seed ${seed}`);
      }
    });
  }

  it('tell what a range costs: little between cuts, all of it within a run without any', async () => {
    const encoder = await counter.encoder('o200k_base');
    const prose = 'A line of ordinary text.\n'.repeat(10_000);
    const run = 'x'.repeat(100_000);
    const document = await IncrementalDocument.open(`${prose}${run}\n${prose}`, encoder);
    assert.ok(document.rangeCost(10, prose.length - 10) <= 3 * 4096);
    assert.ok(document.rangeCost(10, document.length - 10) <= 3 * 4096);
    assert.equal(document.rangeCost(prose.length + 1000, prose.length + 90_000), 89_000);
    assert.equal(document.rangeCost(5, 5), 0);
  });
});
