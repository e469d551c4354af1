import assert from 'node:assert/strict';
import fc from 'fast-check';
import { packPieces, paragraphsOf } from '../../../src/core/summaries/chunks';
import { quarterCounter } from './support';

const count = async (texts: readonly string[]): Promise<number[]> => quarterCounter.countAll(texts, 'o200k_base');

describe('the parts of a long source', () => {
  it('are paragraphs that together are the text, to the byte', () => {
    const pieces = fc.constantFrom('a', 'bc', '\n', '\n\n', '\r\n', '\r\n\r\n', ' ', '\t\n', '😀');
    fc.assert(
      fc.property(fc.array(pieces), (parts) => {
        const text = parts.join('');
        const paragraphs = paragraphsOf(text);
        assert.equal(paragraphs.join(''), text);
        assert.ok(paragraphs.every((paragraph) => paragraph !== ''));
      }),
    );
    assert.deepEqual(paragraphsOf('one\nstill one\n\ntwo\r\n\r\nthree'), [
      'one\nstill one\n\n',
      'two\r\n\r\n',
      'three',
    ]);
  });

  it('lose nothing, hold their limit, and are the same each time', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: fc.constantFrom('a', ' ', '\n', 'é', '😀'), maxLength: 200 })),
        fc.integer({ min: 2, max: 40 }),
        async (pieces, limit) => {
          const packed = await packPieces(pieces, limit, count);
          assert.equal(packed.join(''), pieces.join(''));
          for (const [index, size] of (await count(packed)).entries()) {
            assert.ok(size <= limit, `${JSON.stringify(packed[index])} has ${size} tokens of ${limit}`);
          }
          assert.ok(
            packed.every((text) => !/^[\udc00-\udfff]|[\ud800-\udbff]$/.test(text)),
            'a character was cut',
          );
          assert.deepEqual(await packPieces(pieces, limit, count), packed);
        },
      ),
    );
  });

  it('are as few as fit when taken in order', async () => {
    const four = 'x'.repeat(16);
    assert.deepEqual(await packPieces([four, four, four], 8, count), [four + four, four]);
    const line = `${'y'.repeat(39)}\n`;
    assert.deepEqual(await packPieces(['short\n', `${line}z`], 5, count), [
      'short\n',
      'y'.repeat(20),
      `${'y'.repeat(19)}\n`,
      'z',
    ]);
  });
});
