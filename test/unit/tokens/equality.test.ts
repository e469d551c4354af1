import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { BytePairs } from '../../../src/core/tokens/bytePairs';
import { nightly } from '../../support/nightly';
import { packagedTokens } from '../../support/packagedTokens';
import { useEncoderPairs } from '../../support/tiktokenReference';
import type { EncoderPair } from '../../support/tiktokenReference';
import { anyText, randomText, seededRandom, textOfTokens } from '../../support/randomTexts';

const nodeModules = join(__dirname, '..', '..', '..', 'node_modules');

/** Every text has a seed of its own, counted up from here: a failure names it, and it is kept below. */
const firstSeed = 20_261_121;
/** Seeds of texts that once went wrong, here or in other counters of tokens. Both forms of the test begin with them. */
const keptSeeds = [1, 2, 3, 0x5eed, 0xfeff, 0x85, 0x17f];
const [parts, randomTexts] = nightly ? [10, 70_000] : [1, 8_000];

describe('equality with tiktoken', function () {
  this.timeout(nightly ? 3_600_000 : 120_000);
  const tokens = packagedTokens('o200k_base');
  const pairs = useEncoderPairs();

  function assertEqual(among: readonly EncoderPair[], text: string, source = 'case'): void {
    for (const { encoding, ours, reference } of among) {
      const expected = reference(text);
      const found = ours.encode(text);
      if (ours.count(text) !== expected.length || !expected.every((token, index) => token === found[index])) {
        const what = `${source}: ${encoding} of ${JSON.stringify(text)}`;
        assert.deepEqual(found, [...expected], what);
        assert.fail(`${what} is counted as ${ours.count(text)}`);
      }
    }
  }

  const cases: [string, string][] = [
    ['nothing', ''],
    ['special tokens, which are ordinary text here', 'a <|endoftext|> b <|endofprompt|>'],
    ['contractions of any case', "I'll he'S we'VE they'Re I'D 'LL it'ſ 'ſ x'lL don't"],
    ['an apostrophe at the end', "it'"],
    ['half a contraction at the end', "it'r"],
    ['lone surrogates', 'a\ud800b\udc00\ud83d'],
    ['a byte order mark', '\ufeffa \ufeff b'],
    ['NEL and other unusual white space', 'a\u0085b\u00a0\u2003c\u2028d\u3000e\u1680'],
    ['Windows line ends', 'a\r\nb\r\n\r\n  c\r\r\nd'],
    ['marks in many places', 'e\u0301 \u0301a !\u0301b \u0301 1\u0301\u0301A \u0301AB'],
    ['caseless letters among upper case', '漢AB ABC漢D Aʰb ǅx ABCd'],
    ['digits of several scripts', '1234567 ١٢٣٤ ½²³ 𝟙𝟚𝟛𝟜 ⅷ'],
    ['slashes and newlines after signs', '//\n/\r\n// a/b/\n\n/c !\n/'],
    ['white space before words and signs', '   a\t\tb \t!  1 \u00a0x\u00a0\u00a0!'],
    ['emoji with joiners and modifiers', '👩‍👩‍👧 👍🏽 🇩🇪 1️⃣'],
    ['controls', '\u0000\u0001a\u007f\u0080b\u009f'],
  ];
  for (const [name, text] of cases) {
    it(`holds for ${name}`, () => {
      for (const { encoding, ours, reference } of pairs) {
        assert.deepEqual(ours.encode(text), [...reference(text)], encoding);
        assert.equal(ours.count(text), ours.encode(text).length);
      }
    });
  }

  it('holds for every rank', () => {
    for (const pair of pairs) {
      const { encoding, ours, bytesOf } = pair;
      const bytePairs = new BytePairs(ours.table);
      const ranks = packagedTokens(encoding);
      let texts = 0;
      for (const [rank, token] of ranks.entries()) {
        assert.ok(Buffer.compare(bytesOf(rank), token) === 0, `the bytes of ${rank}, ${encoding}`);
        assert.equal(bytePairs.encode(token, 0, token.length), 1, `${rank} is one token, ${encoding}`);
        assert.equal(bytePairs.tokens[0], rank, encoding);
        const text = textAround(token);
        if (text !== undefined) {
          texts++;
          assertEqual(nightly ? pairs : [pair], text, `rank ${rank}`);
          if (nightly) {
            assertEqual(pairs, `a ${text}b`, `rank ${rank} among others`);
          }
        }
      }
      assert.equal(ours.table.tokenCount, ranks.length);
      assert.equal(ranks.length - texts, 13, 'the bytes that UTF-8 never uses are in no text');
    }
  });

  const generators: readonly (readonly [name: string, make: (random: () => number, length: number) => string])[] = [
    ['in which special characters meet', randomText],
    ['from all of Unicode', anyText],
    ['of tokens and parts of tokens', (random, length) => textOfTokens(random, length, tokens)],
  ];
  for (const [name, make] of generators) {
    for (let first = firstSeed; first < firstSeed + parts * randomTexts; first += randomTexts) {
      it(`holds for ${randomTexts} random texts ${name}, from seed ${first}`, () => {
        const seeds = [...keptSeeds, ...Array.from({ length: randomTexts }, (_, index) => first + index)];
        for (const seed of seeds) {
          const random = seededRandom(seed);
          assertEqual(pairs, make(random, 1 + Math.floor(random() * 60)), `seed ${seed}`);
        }
      });
    }
  }

  it('holds for the documents that packages ship', () => {
    let characters = 0;
    for (const name of readdirSync(nodeModules)) {
      for (const file of ['README.md', 'CHANGELOG.md', 'LICENSE']) {
        const path = join(nodeModules, name, file);
        if (existsSync(path) && characters < (nightly ? Infinity : 2_000_000)) {
          const text = readFileSync(path, 'utf8');
          characters += text.length;
          assertEqual(pairs, text, path);
        }
      }
    }
    assert.ok(characters > 1_000_000);
  });

  it('holds for Chinese, Japanese, Korean and Russian', () => {
    for (const language of ['zh-cn', 'zh-tw', 'ja', 'ko', 'ru']) {
      assertEqual(
        pairs,
        readFileSync(
          join(nodeModules, 'typescript', 'lib', language, 'diagnosticMessages.generated.json'),
          'utf8',
        ).slice(0, nightly ? undefined : 60_000),
      );
    }
  });

  it('holds for unbroken runs', () => {
    for (const unit of ['a', 'A', ' ', '\n', '/', '=', '-', '.', '1', '中', '😀', '\u0301', 'ab', 'aA', '\r\n', '-=']) {
      for (const length of [63, 64, 65, 500, 1_999]) {
        assertEqual(pairs, unit.repeat(length));
      }
    }
  });
});

/** The token as a text; one that begins or ends within a character is completed to one. Undefined if none has it. */
function textAround(token: Uint8Array): string | undefined {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const beginnings = [[], [0xc3], [0xe4], [0xe4, 0xb8], [0xf0, 0x9f], [0xf0, 0x9f, 0x98], [0xf0]];
  const ends = [[], [0x80], [0xa0], [0x80, 0x80], [0xa0, 0x80], [0x90, 0x80, 0x80], [0x80, 0x80, 0x80]];
  for (const end of ends) {
    for (const beginning of beginnings) {
      try {
        return decoder.decode(Uint8Array.from([...beginning, ...token, ...end]));
      } catch {
        continue; // Another beginning or end may fit.
      }
    }
  }
  return undefined;
}
