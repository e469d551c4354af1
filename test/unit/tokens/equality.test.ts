import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { forEachString } from '../../support/everyString';
import { packagedTokens } from '../../support/packagedTokens';
import { openEncoderPairs } from '../../support/tiktokenReference';
import type { EncoderPair } from '../../support/tiktokenReference';
import { randomText, seededRandom } from '../../support/randomTexts';

const nightly = process.env['CONTEXT_CACHE_NIGHTLY'] === '1';
const nodeModules = join(__dirname, '..', '..', '..', 'node_modules');

/** Seeds of texts that once went wrong somewhere, and fresh ones to begin with. */
const keptSeeds = [1, 2, 3, 0x5eed, 0xfeff, 0x85, 0x17f];

describe('equality with tiktoken', function () {
  this.timeout(nightly ? 3_600_000 : 120_000);
  let pairs: EncoderPair[] = [];

  before(async () => {
    pairs = await openEncoderPairs();
  });

  after(() => {
    for (const pair of pairs) {
      pair.free();
    }
  });

  function assertEqual(text: string): void {
    for (const { encoding, ours, reference } of pairs) {
      const expected = reference(text);
      if (ours.count(text) !== expected.length) {
        assert.deepEqual(ours.encode(text), [...expected], `${encoding} of ${JSON.stringify(text)}`);
        assert.fail(`${encoding} counts ${ours.count(text)} of ${JSON.stringify(text)}`);
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
    for (const { encoding, ours } of pairs) {
      const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
      let tested = 0;
      for (const token of packagedTokens(encoding)) {
        let text: string;
        try {
          text = decoder.decode(token);
        } catch {
          continue; // A part of a character: no text consists of it alone.
        }
        assertEqual(text);
        tested++;
      }
      assert.ok(tested > 99_000, `${tested} of ${ours.table.tokenCount} tokens are texts`);
    }
  });

  it(`holds for every string over the class alphabet up to length ${nightly ? 6 : 4}`, () => {
    const alphabet = ['a', 'B', '漢', '\u0301', '1', ' ', '\t', '\n', '\r', '!', '/', "'", 's'];
    forEachString(alphabet, nightly ? 6 : 4, assertEqual);
  });

  it(`holds for every string around contractions up to length ${nightly ? 6 : 5}`, () => {
    forEachString(["'", 'r', 'E', 'l', 'ſ', ' '], nightly ? 6 : 5, assertEqual);
  });

  for (const seed of keptSeeds) {
    it(`holds for random texts from all of Unicode, seed ${seed}`, () => {
      const random = seededRandom(seed);
      for (let round = 0; round < (nightly ? 200_000 : 1_500); round++) {
        assertEqual(randomText(random, 1 + Math.floor(random() * 60)));
      }
    });
  }

  it('holds for the documents that packages ship', () => {
    let characters = 0;
    for (const name of readdirSync(nodeModules)) {
      for (const file of ['README.md', 'CHANGELOG.md', 'LICENSE']) {
        const path = join(nodeModules, name, file);
        if (existsSync(path) && characters < (nightly ? Infinity : 2_000_000)) {
          const text = readFileSync(path, 'utf8');
          characters += text.length;
          assertEqual(text);
        }
      }
    }
    assert.ok(characters > 1_000_000);
  });

  it('holds for Chinese, Japanese, Korean and Russian', () => {
    for (const language of ['zh-cn', 'zh-tw', 'ja', 'ko', 'ru']) {
      assertEqual(
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
        assertEqual(unit.repeat(length));
      }
    }
  });
});
