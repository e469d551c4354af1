import assert from 'node:assert/strict';
import { encodingNames } from '../../../src/core/tokens/counter';
import { IncrementalDocument } from '../../../src/core/tokens/document';
import type { TextChange } from '../../../src/core/tokens/document';
import { createTokenCounter } from '../../../src/core/tokens/localCounter';
import { openEncoderPairs } from '../../support/tiktokenReference';
import { seededRandom } from '../../support/randomTexts';
import { nightly } from '../../support/nightly';

type Random = () => number;

/** A text of characters that are drawn from a list, most of them one after the other without a safe cut. */
function drawn(random: Random, characters: readonly string[], length: number): string {
  let text = '';
  while (text.length < length) {
    text += characters[Math.floor(random() * characters.length)]!;
  }
  return text;
}

function thueMorse(length: number): string {
  let text = 'a';
  while (text.length < length) {
    text += text.replace(/[ab]/g, (character) => (character === 'a' ? 'b' : 'a'));
  }
  return text.slice(0, length);
}

function fibonacci(length: number): string {
  let [shorter, longer] = ['a', 'ab'];
  while (longer.length < length) {
    [shorter, longer] = [longer, longer + shorter];
  }
  return longer.slice(0, length);
}

const letters = Array.from('abcdefghijklmnopqrstuvwxyz');
const base64 = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');
const marks = Array.from({ length: 0x70 }, (_, index) => String.fromCharCode(0x300 + index));
const emoji = Array.from({ length: 0x50 }, (_, index) => String.fromCodePoint(0x1f600 + index));

/** Runs without a safe cut in at least one encoding, and what is typed into them: first what goes on with the run. */
const runs: readonly { name: string; make: (random: Random, length: number) => string; typed: readonly string[] }[] = [
  { name: 'one letter', make: (_, length) => 'a'.repeat(length), typed: ['a', 'b', 'aaa', 'A', ' '] },
  { name: 'one capital', make: (_, length) => 'A'.repeat(length), typed: ['A', 'B', 'a', '漢', '1'] },
  {
    name: 'one letter with a few others',
    make: (random, length) => drawn(random, Array.from('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab'), length),
    typed: ['a', 'b', 'ab', 'é', '\u0301'],
  },
  { name: 'two letters in turn', make: (_, length) => 'ab'.repeat(length / 2), typed: ['a', 'b', 'ab', 'ba', 'x'] },
  {
    name: 'a period of seven',
    make: (_, length) => 'the cat'.replace(' ', 'x').repeat(length / 7),
    typed: ['t', 'thexcat', 'x'],
  },
  { name: 'Thue–Morse', make: (_, length) => thueMorse(length), typed: ['a', 'b', 'ab', 'aa'] },
  { name: 'Fibonacci', make: (_, length) => fibonacci(length), typed: ['a', 'b', 'ab', 'aba'] },
  {
    name: 'random letters',
    make: (random, length) => drawn(random, letters, length),
    typed: [...letters, "'s", "'re", 'ing'],
  },
  {
    name: 'letters of both cases',
    make: (random, length) => drawn(random, [...letters, 'E', 'T', 'Q'], length),
    typed: ['e', 'E', 'LL', "'"],
  },
  {
    name: 'capitals',
    make: (random, length) => drawn(random, Array.from('ABCDEFGHIJ'), length),
    typed: ['A', 'b', '漢', 'é', '\u0301'],
  },
  {
    name: 'capitals that a lower-case letter far behind joins to Chinese',
    make: (_, length) => `亚洲${'AV'.repeat(length / 2)}`,
    typed: ['亚洲', 'AV', 'A', 'a', ' '],
  },
  { name: 'base64', make: (random, length) => drawn(random, base64, length), typed: [...base64, '=', '\n'] },
  {
    name: 'marks',
    make: (random, length) => drawn(random, marks, length),
    typed: [...marks.slice(0, 9), 'a', 'A', '!', '😀'],
  },
  {
    name: 'Chinese',
    make: (random, length) => drawn(random, Array.from('的一是不了人我在有他这中大来上国和说'), length),
    typed: ['的', '漢', 'a', 'A', 'AB', '\u0301', '。'],
  },
  {
    name: 'Chinese with capitals',
    make: (random, length) => drawn(random, Array.from('的一是不了人我在有他AB'), length),
    typed: ['的', 'A', 'a', 'ABC', '!'],
  },
  {
    name: 'Korean',
    make: (random, length) =>
      drawn(
        random,
        Array.from({ length: 500 }, (_, index) => String.fromCharCode(0xac00 + index * 20)),
        length,
      ),
    typed: ['한', 'a', 'A'],
  },
  {
    name: 'emoji',
    make: (random, length) => drawn(random, emoji, length),
    typed: [...emoji.slice(0, 9), '\ud83d', '\ude00', '\u200d', '\ufe0f', 'a'],
  },
  {
    name: 'emoji with marks',
    make: (random, length) => drawn(random, [...emoji.slice(0, 5), '❤\ufe0f', '👍🏽', '👩\u200d👧'], length),
    typed: ['😀', '\ufe0f', '\u200d', '❤'],
  },
  {
    name: 'signs',
    make: (random, length) => drawn(random, Array.from('!?#$%&()*+-.:;<=>@[]^_{|}~"'), length),
    typed: ['!', '/', "'", '\u0301', '\n', 'a', 's', '😀'],
  },
  { name: 'slashes', make: (_, length) => '/'.repeat(length), typed: ['/', '!', '\n', ' ', 'a'] },
  {
    name: 'slashes after a newline',
    make: (_, length) => `!\n${'/'.repeat(length)}`,
    typed: ['/', '!', '\n', '\r\n', 'a'],
  },
  { name: 'newlines after a sign', make: (_, length) => `!${'\n'.repeat(length)}`, typed: ['\n', '/', '\r', ' ', 'a'] },
  { name: 'spaces', make: (_, length) => ' '.repeat(length), typed: [' ', '\t', '\n', 'a', '!', '  '] },
  { name: 'newlines', make: (_, length) => '\n'.repeat(length), typed: ['\n', '\r', ' ', '/', 'a'] },
  {
    name: 'spaces and newlines',
    make: (random, length) => drawn(random, [' ', ' ', '\n'], length),
    typed: [' ', '\n', 'a', '!', '\t', '\r\n'],
  },
  {
    name: 'many spaces and few newlines',
    make: (random, length) => drawn(random, [' '.repeat(600), '\t'.repeat(300), '\n'], length),
    typed: [' ', '\n', 'a', '\n\n'],
  },
  { name: 'spaces behind a newline', make: (_, length) => `\n${' '.repeat(length)}`, typed: [' ', '\n', 'a'] },
  { name: 'spaces between newlines', make: (_, length) => `\n${' '.repeat(length)}\n`, typed: [' ', '\n', 'a'] },
  {
    name: 'digits',
    make: (random, length) => drawn(random, Array.from('0123456789'), length),
    typed: ['1', '123', '½', 'a'],
  },
  {
    name: 'lone surrogates',
    make: (random, length) => drawn(random, ['\ud83d', '\ude00', '\ud83d\ude00'], length),
    typed: ['\ud83d', '\ude00'],
  },
];

/** Runs of short pieces are counted as a whole. */
const undivided = ['digits', 'lone surrogates', 'emoji with marks', 'Chinese with capitals'];

const surroundings: readonly (readonly [string, string])[] = [
  ['', ''],
  ['before ', ' after'],
  ['漢', 'Ab'],
  ['!', '\n'],
  ['a\n', 'x'],
];

/** An edit mostly inside the run, as people and tools make them: typing, deleting, typing over, some at its ends. */
function randomChange(random: Random, text: string, typed: readonly string[]): TextChange {
  const kind = random();
  const place = random() < 0.2 ? Math.floor(random() * 3) * 0.5 : random();
  const rangeOffset = Math.min(text.length, Math.floor(place * (text.length + 1)));
  const longest = kind < 0.1 ? 3_000 : 4;
  const rangeLength = kind < 0.5 ? Math.min(text.length - rangeOffset, Math.floor(random() * longest)) : 0;
  const inserted = kind < 0.2 ? '' : typed[Math.floor(random() * typed.length)]!.repeat(kind > 0.95 ? 700 : 1);
  return { rangeOffset, rangeLength, text: inserted };
}

function changed(text: string, { rangeOffset, rangeLength, text: inserted }: TextChange): string {
  return text.slice(0, rangeOffset) + inserted + text.slice(rangeOffset + rangeLength);
}

describe('long pieces in incremental documents', function () {
  this.timeout(nightly ? 3_600_000 : 120_000);
  const counter = createTokenCounter();

  for (const encoding of encodingNames) {
    for (const { name, make, typed } of runs) {
      it(`stay exact over random edits: ${name}, ${encoding}`, async () => {
        const encoder = await counter.encoder(encoding);
        for (let seed = 0; seed < (nightly ? 60 : 1); seed++) {
          const random = seededRandom(seed);
          const [before, after] = surroundings[Math.floor(random() * surroundings.length)]!;
          let text = before + make(random, 7_000 + Math.floor(random() * 12_000)) + after;
          const document = await IncrementalDocument.open(text, encoder);
          assert.equal(document.tokens, encoder.count(text));
          for (let round = 0; round < 50; round++) {
            const change = randomChange(random, text, typed);
            text = changed(text, change);
            document.apply([change]);
            assert.equal(
              document.tokens,
              encoder.count(text),
              `seed ${seed}, round ${round}: ${JSON.stringify(change)}`,
            );
            const start = Math.floor(random() * text.length);
            const end = start + Math.floor(random() * (text.length - start + 1));
            if (round % 6 === 0) {
              assert.equal(document.countRange(start, end), encoder.count(text.slice(start, end)), `${start}–${end}`);
            }
          }
          assert.equal(document.text, text);
        }
      });
    }
  }

  for (const { name, make, typed } of runs) {
    if (!undivided.includes(name)) {
      it(`are counted at once after typing in a quarter of a megabyte: ${name}`, async () => {
        const encoder = await counter.encoder('cl100k_base');
        const random = seededRandom(3);
        let text = make(random, 250_000);
        const document = new IncrementalDocument(text, encoder, async (run) =>
          Promise.reject(new Error(`${run.length} characters are counted elsewhere.`)),
        );
        await document.countInSlices();
        for (let round = 0; round < 20; round++) {
          const rangeOffset = Math.floor(random() * text.length);
          const change = { rangeOffset, rangeLength: round % 2, text: typed[0]! };
          text = changed(text, change);
          document.apply([change]);
          assert.equal(document.isCounted, true, `round ${round}: ${JSON.stringify(change)}`);
        }
        assert.equal(document.tokens, encoder.count(text));
      });
    }
  }

  it('agree with tiktoken', async () => {
    const pairs = await openEncoderPairs();
    try {
      for (const { encoding, ours, reference } of pairs) {
        for (const { name, make, typed } of runs) {
          const random = seededRandom(5);
          let text = make(random, 4_300);
          const document = await IncrementalDocument.open(text, ours);
          for (let round = 0; round < (nightly ? 40 : 2); round++) {
            const change = randomChange(random, text, typed);
            text = changed(text, change);
            document.apply([change]);
            assert.equal(document.tokens, reference(text).length, `${name}, ${encoding}`);
          }
        }
      }
    } finally {
      for (const pair of pairs) {
        pair.free();
      }
    }
  });
});
