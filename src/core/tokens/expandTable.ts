import { TrieBuilder } from './trieBuilder';
import { createRankTable, mergeHash, noToken, singleByteTokens, staySeparate } from './rankTable';
import type { RankTable } from './rankTable';

/** The tokens of an encoding as the package holds them: in the order of their ranks, one after the other. */
export interface CompactTable {
  readonly lengths: Uint8Array;
  readonly bytes: Uint8Array;
}

/** Splits the content of a `.tokens` file (without its digest); throws a RangeError when its sizes don't add up. */
export function parseCompactTable(content: Uint8Array): CompactTable {
  const tokenCount = new DataView(content.buffer, content.byteOffset, content.byteLength).getUint32(0, true);
  const lengths = content.subarray(4, 4 + tokenCount);
  const bytes = content.subarray(4 + tokenCount);
  if (tokenCount < singleByteTokens || lengths.reduce((sum, length) => sum + length, 0) !== bytes.length) {
    throw new RangeError('The compact token table is damaged.');
  }
  return { lengths, bytes };
}

/** Derives everything that encoding needs from the tokens alone. Takes a part of a second. */
export function expandTable({ lengths, bytes }: CompactTable): RankTable {
  const tokenCount = lengths.length;
  const starts = new Int32Array(tokenCount + 1);
  lengths.forEach((length, token) => {
    starts[token + 1] = starts[token]! + length;
  });

  const trie = new TrieBuilder(bytes, starts);

  const table = createRankTable({
    tokenCount,
    nodeSlots: trie.slots,
    mergeSlots: 2 ** Math.ceil(Math.log2(tokenCount * 2)),
  });
  table.nodes.set(trie.nodes.subarray(0, trie.slots * 2));
  table.shorterPrefix.set(trie.shorterPrefix);
  table.lengths.set(lengths);
  fillMerges(table, bytes, starts, trie);
  return table;
}

/**
 * Finds the last merge that makes each token. In the order of the ranks, the merges known so far are exactly those
 * that come before; with them, a token's bytes are encoded as two tokens, and those are its parts.
 */
function fillMerges(table: RankTable, bytes: Uint8Array, starts: Int32Array, trie: TrieBuilder): void {
  const { leftPart, rightPart, merges, shorterPrefix, lengths, tokenCount } = table;
  const mask = merges.length - 1;
  for (let token = 0; token < singleByteTokens; token++) {
    leftPart[token] = token;
    rightPart[token] = token;
  }
  for (let token = singleByteTokens; token < tokenCount; token++) {
    const start = starts[token]!;
    const end = starts[token + 1]!;
    for (let left = shorterPrefix[token]!; ; left = shorterPrefix[left]!) {
      if (left === noToken) {
        throw new RangeError(`Token ${token} is not made by merging two tokens before it.`);
      }
      const right = left < token ? trie.find(bytes, start + lengths[left]!, end) : noToken;
      if (right !== noToken && right < token && staySeparate(table, left, right)) {
        leftPart[token] = left;
        rightPart[token] = right;
        break;
      }
    }
    let slot = mergeHash(leftPart[token]!, rightPart[token]!) & mask;
    while (merges[slot] !== 0) {
      slot = (slot + 1) & mask;
    }
    merges[slot] = token + 1;
  }
}
