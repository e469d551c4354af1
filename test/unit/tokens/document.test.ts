import assert from 'node:assert/strict';
import { SourceError } from '../../../src/core/errors';
import { encodingNames } from '../../../src/core/tokens/counter';
import { IncrementalDocument } from '../../../src/core/tokens/document';
import type { TextChange } from '../../../src/core/tokens/document';
import { createTokenCounter } from '../../../src/core/tokens/localCounter';
import { openEncoderPairs } from '../../support/tiktokenReference';
import { randomText, seededRandom } from '../../support/randomTexts';

const nightly = process.env['CONTEXT_CACHE_NIGHTLY'] === '1';

/** Ordinary sentences with line ends of both kinds, headings, code and runs. */
function prose(random: () => number, length: number): string {
  const words = [
    'the',
    'Token',
    'cache',
    'don’t',
    "it's",
    '漢字',
    '1234',
    '##',
    '```',
    '/usr/bin',
    'getHTTPResponse',
    '—',
  ];
  const breaks = [' ', ' ', ' ', ' ', ', ', '.\n', '\r\n', '\n\n', '  ', '\t'];
  let text = '';
  while (text.length < length) {
    text += words[Math.floor(random() * words.length)]! + breaks[Math.floor(random() * breaks.length)]!;
  }
  return text;
}

function applyToString(text: string, { rangeOffset, rangeLength, text: inserted }: TextChange): string {
  return text.slice(0, rangeOffset) + inserted + text.slice(rangeOffset + rangeLength);
}

describe('incremental documents', function () {
  this.timeout(nightly ? 3_600_000 : 60_000);
  const counter = createTokenCounter();

  for (const encoding of encodingNames) {
    for (const seed of [1, 2, 0xbadcafe]) {
      it(`stay exact over random edits, ${encoding}, seed ${seed}`, async () => {
        const encoder = await counter.encoder(encoding);
        const random = seededRandom(seed);
        let text = prose(random, 30_000);
        const document = await IncrementalDocument.open(text, encoder);
        for (let round = 0; round < (nightly ? 17_000 : 400); round++) {
          const rangeOffset = Math.floor(random() * (text.length + 1));
          const longest = random() < 0.02 ? 6_000 : 12;
          const rangeLength = Math.min(text.length - rangeOffset, Math.floor(random() * random() * longest));
          const kind = random();
          const inserted =
            kind < 0.3
              ? ''
              : kind < 0.8
                ? randomText(random, 1 + Math.floor(random() * 6))
                : prose(random, random() < 0.05 ? 9_000 : 20);
          const change = { rangeOffset, rangeLength, text: inserted };
          text = applyToString(text, change);
          document.apply([change]);
          assert.equal(document.tokens, encoder.count(text), `round ${round}: ${JSON.stringify(change)}`);
        }
        assert.equal(document.text, text);
      });
    }
  }

  it('agree with tiktoken after a day of typing', async () => {
    const pairs = await openEncoderPairs();
    try {
      for (const { ours, reference } of pairs) {
        const random = seededRandom(7);
        let text = prose(random, 2_000);
        const document = await IncrementalDocument.open(text, ours);
        let caret = 1_000;
        for (const character of prose(random, 600)) {
          const back = random() < 0.1 && caret > 0 ? 1 : 0;
          const change = { rangeOffset: caret - back, rangeLength: back, text: character };
          text = applyToString(text, change);
          document.apply([change]);
          caret += character.length - back;
          assert.equal(document.tokens, reference(text).length);
        }
      }
    } finally {
      for (const pair of pairs) {
        pair.free();
      }
    }
  });

  it('follow several cursors, listed from the last to the first, and their undo', async () => {
    const encoder = await counter.encoder('o200k_base');
    const text = 'alpha beta\n'.repeat(500);
    const document = await IncrementalDocument.open(text, encoder);
    const before = document.tokens;
    const lines = Array.from({ length: 500 }, (_, line) => line * 11).reverse();
    document.apply(lines.map((rangeOffset) => ({ rangeOffset, rangeLength: 5, text: 'gammaDelta' })));
    assert.equal(document.text, 'gammaDelta beta\n'.repeat(500));
    assert.equal(document.tokens, encoder.count('gammaDelta beta\n'.repeat(500)));
    document.apply(lines.map((_, index) => ({ rangeOffset: (499 - index) * 16, rangeLength: 10, text: 'alpha' })));
    assert.equal(document.text, text);
    assert.equal(document.tokens, before);
  });

  it('follow a change of all line ends and a replacement of everything', async () => {
    const encoder = await counter.encoder('cl100k_base');
    const text = 'a line of text!\n\n  indented\n'.repeat(3_000);
    const document = await IncrementalDocument.open(text, encoder);
    const windows = text.replaceAll('\n', '\r\n');
    document.apply([{ rangeOffset: 0, rangeLength: text.length, text: windows }]);
    assert.equal(document.tokens, encoder.count(windows));
    document.apply([{ rangeOffset: 0, rangeLength: windows.length, text: '' }]);
    assert.equal(document.tokens, 0);
    document.apply([{ rangeOffset: 0, rangeLength: 0, text: 'x' }]);
    assert.equal(document.tokens, 1);
  });

  it('leave a very large paste to be counted in slices', async () => {
    const encoder = await counter.encoder('o200k_base');
    const document = await IncrementalDocument.open('begin end', encoder);
    const pasted = 'word '.repeat(100_000);
    document.apply([{ rangeOffset: 6, rangeLength: 0, text: pasted }]);
    assert.equal(document.isCounted, false);
    document.apply([{ rangeOffset: 200_000, rangeLength: 1, text: 'Edit' }]);
    await document.countInSlices({ sliceMs: 1 });
    assert.equal(document.isCounted, true);
    assert.equal(document.tokens, encoder.count(document.text));
  });

  it('count any range as the text of that range', async () => {
    for (const encoding of encodingNames) {
      const encoder = await counter.encoder(encoding);
      const random = seededRandom(99);
      const text = prose(random, 300_000);
      for (const document of [await IncrementalDocument.open(text, encoder), new IncrementalDocument(text, encoder)]) {
        for (let round = 0; round < 60; round++) {
          const start = Math.floor(random() * text.length);
          const end = start + Math.floor(random() * (text.length - start + 1));
          assert.equal(document.countRange(start, end), encoder.count(text.slice(start, end)), `${start}–${end}`);
        }
        assert.equal(document.countRange(0, text.length), encoder.count(text));
        assert.equal(document.countRange(5, 5), 0);
      }
    }
  });

  it('keep a run without any cut whole and exact', async () => {
    const encoder = await counter.encoder('o200k_base');
    let text = `before ${'ab'.repeat(20_000)} after`;
    const document = await IncrementalDocument.open(text, encoder);
    for (const change of [
      { rangeOffset: 20_000, rangeLength: 0, text: 'x' },
      { rangeOffset: 20_000, rangeLength: 1, text: ' ' },
      { rangeOffset: 20_000, rangeLength: 1, text: '' },
      { rangeOffset: 10_000, rangeLength: 20_000, text: '' },
    ]) {
      text = applyToString(text, change);
      document.apply([change]);
      assert.equal(document.tokens, encoder.count(text));
    }
  });

  it('have a very long run counted elsewhere, edits in between included', async () => {
    const encoder = await counter.encoder('o200k_base');
    let text = `before ${'ab'.repeat(50_000)} after`;
    const asked: number[] = [];
    let meanwhile = (): void => undefined;
    const document = new IncrementalDocument(text, encoder, async (run) => {
      asked.push(run.length);
      meanwhile();
      meanwhile = () => undefined;
      return Promise.resolve(encoder.count(run));
    });
    await document.countInSlices();
    assert.equal(asked.length, 1);
    assert.equal(document.tokens, encoder.count(text));

    const change = { rangeOffset: 50_000, rangeLength: 1, text: 'xyz' };
    const insideRun = (): void => {
      text = applyToString(text, change);
      document.apply([change]);
    };
    insideRun();
    assert.equal(document.isCounted, false);
    meanwhile = insideRun;
    await document.countInSlices();
    assert.equal(asked.length, 3);
    assert.equal(document.isCounted, true);
    assert.equal(document.tokens, encoder.count(text));

    // Elsewhere in the document, and with the run gone, edits are counted in place again.
    document.apply([{ rangeOffset: 0, rangeLength: 6, text: 'after' }]);
    assert.equal(document.isCounted, true);
    document.apply([{ rangeOffset: 50, rangeLength: 99_000, text: '' }]);
    await document.countInSlices();
    assert.equal(document.tokens, encoder.count(document.text));
  });

  it('stop to be opened when cancelled', async () => {
    const encoder = await counter.encoder('o200k_base');
    const abort = new AbortController();
    const opening = IncrementalDocument.open('word '.repeat(1_000_000), encoder, { signal: abort.signal, sliceMs: 0 });
    abort.abort();
    await assert.rejects(opening, (error) => error instanceof SourceError && error.code === 'cancelled');
  });

  it('refuse a change outside of the text', async () => {
    const document = await IncrementalDocument.open('abc', await counter.encoder('o200k_base'));
    assert.throws(() => {
      document.apply([{ rangeOffset: 2, rangeLength: 2, text: '' }]);
    }, RangeError);
    assert.equal(document.text, 'abc');
  });
});
