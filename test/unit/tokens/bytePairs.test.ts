import assert from 'node:assert/strict';
import { BytePairs } from '../../../src/core/tokens/bytePairs';
import { encodingNames } from '../../../src/core/tokens/counter';
import { expandTable } from '../../../src/core/tokens/expandTable';
import { createTokenCounter } from '../../../src/core/tokens/localCounter';
import { mergeOf, singleByteTokens, staySeparate } from '../../../src/core/tokens/rankTable';
import { packagedTokens } from '../../support/packagedTokens';
import { seededRandom } from '../../support/randomTexts';
import { nightly } from '../../support/nightly';

/** Byte pair encoding by its definition: merge the pair of lowest rank, the leftmost of them, until none is left. */
function encodeByDefinition(ranks: ReadonlyMap<string, number>, bytes: Uint8Array): number[] {
  const parts = Array.from(bytes, (byte) => String.fromCharCode(byte));
  for (;;) {
    let best = Number.POSITIVE_INFINITY;
    let at = -1;
    for (let index = 0; index + 1 < parts.length; index++) {
      const rank = ranks.get(parts[index]! + parts[index + 1]!) ?? Number.POSITIVE_INFINITY;
      if (rank < best) {
        best = rank;
        at = index;
      }
    }
    if (at < 0) {
      return parts.map((part) => ranks.get(part)!);
    }
    parts.splice(at, 2, parts[at]! + parts[at + 1]!);
  }
}

/** Bytes of which many pairs merge: runs, repeated pieces of tokens, few different bytes, any bytes. */
function randomBytes(random: () => number, tokens: readonly Uint8Array[]): Uint8Array {
  const length = 1 + Math.floor(random() * 60);
  const kind = random();
  if (kind < 0.4) {
    const bytes: number[] = [];
    while (bytes.length < length) {
      const token = tokens[Math.floor(random() ** 2 * tokens.length)]!;
      bytes.push(...token.subarray(0, 1 + Math.floor(random() * token.length)));
    }
    return Uint8Array.from(bytes);
  }
  const alphabet = kind < 0.7 ? '=-/*# ' : kind < 0.85 ? 'aeinst' : undefined;
  const run = kind < 0.55 ? 20 : 1;
  const bytes: number[] = [];
  while (bytes.length < length) {
    const byte = alphabet?.charCodeAt(Math.floor(random() * alphabet.length)) ?? Math.floor(random() * 256);
    bytes.push(...new Array<number>(1 + Math.floor(random() * run)).fill(byte));
  }
  return Uint8Array.from(bytes);
}

describe('byte pair encoding', function () {
  this.timeout(nightly ? 600_000 : 60_000);

  for (const encoding of encodingNames) {
    it(`equals its definition for any bytes, ${encoding}`, async () => {
      const { table } = await createTokenCounter().encoder(encoding);
      const tokens = packagedTokens(encoding);
      const ranks = new Map(tokens.map((token, rank) => [Buffer.from(token).toString('latin1'), rank]));
      const pairs = new BytePairs(table);
      const random = seededRandom(42);
      for (let round = 0; round < (nightly ? 400_000 : 6_000); round++) {
        const bytes = randomBytes(random, tokens);
        const expected = encodeByDefinition(ranks, bytes);
        const count = pairs.encode(bytes, 0, bytes.length);
        assert.deepEqual([...pairs.tokens.subarray(0, count)], expected, Buffer.from(bytes).toString('hex'));
        // The theorem that all of this rests on.
        for (let index = 0; index + 1 < count; index++) {
          assert.ok(staySeparate(table, expected[index]!, expected[index + 1]!));
        }
      }
    });

    it(`makes each token of two of lower rank, so that equal pairs can be merged in one sweep, ${encoding}`, async () => {
      const { table } = await createTokenCounter().encoder(encoding);
      for (let token = singleByteTokens; token < table.tokenCount; token++) {
        const [left, right] = [table.leftPart[token]!, table.rightPart[token]!];
        assert.ok(left < token && right < token, `${left} and ${right} make ${token}`);
        assert.equal(mergeOf(table, left, right), token);
      }
    });

    it(`equals its definition for runs of up to 600 bytes beside others, ${encoding}`, async () => {
      const { table } = await createTokenCounter().encoder(encoding);
      const tokens = packagedTokens(encoding);
      const ranks = new Map(tokens.map((token, rank) => [Buffer.from(token).toString('latin1'), rank]));
      const pairs = new BytePairs(table);
      for (const unit of [' ', '-', '=', '#', '*', '/', '─', '-=', 'ha', '. ']) {
        for (const length of [20, 61, 83, 115, 128, 170, 255, nightly ? 600 : 300]) {
          for (const [before, after] of [
            ['', ''],
            [' ', '|'],
            ['|', '-'],
          ] as const) {
            const bytes = Buffer.from(before + unit.repeat(Math.ceil(length / unit.length)) + after);
            const count = pairs.encode(bytes, 0, bytes.length);
            assert.deepEqual(
              [...pairs.tokens.subarray(0, count)],
              encodeByDefinition(ranks, bytes),
              `${unit} ${length}`,
            );
          }
        }
      }
    });

    it(`knows for any two tokens whether they stay separate, ${encoding}`, async () => {
      const { table } = await createTokenCounter().encoder(encoding);
      const tokens = packagedTokens(encoding);
      const ranks = new Map(tokens.map((token, rank) => [Buffer.from(token).toString('latin1'), rank]));
      const random = seededRandom(43);
      let separate = 0;
      for (let round = 0; round < (nightly ? 300_000 : 5_000); round++) {
        const [left, right] = [0, 1].map(() => Math.floor(random() ** 3 * tokens.length)) as [number, number];
        const encoded = encodeByDefinition(ranks, Buffer.concat([tokens[left]!, tokens[right]!]));
        const expected = encoded.length === 2 && encoded[0] === left && encoded[1] === right;
        assert.equal(staySeparate(table, left, right), expected, `${left} and ${right}`);
        separate += Number(expected);
      }
      assert.ok(separate > 500);
    });
  }

  it('finds its way back after following a long token too far, and forgets it for the next piece', async () => {
    const { table } = await createTokenCounter().encoder('o200k_base');
    const pairs = new BytePairs(table);
    const run = Buffer.from('-'.repeat(3_000));
    const once = pairs.encode(run, 0, run.length);
    assert.equal(pairs.encode(run, 0, run.length), once);
    const piece = Buffer.from('unbelievably');
    const alone = new BytePairs(table).encode(piece, 0, piece.length);
    assert.equal(pairs.encode(piece, 0, piece.length), alone);
  });

  it('refuses tokens that are not made of two others', () => {
    const bytes = Uint8Array.from([...Array.from({ length: 256 }, (_, byte) => byte), 97, 98, 99]);
    const lengths = Uint8Array.from([...new Array<number>(256).fill(1), 3]);
    assert.throws(() => expandTable({ lengths, bytes }), RangeError);
  });
});
