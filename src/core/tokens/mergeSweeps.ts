import { mergeOf, noToken } from './rankTable';
import type { RankTable } from './rankTable';

/**
 * Byte pair encoding by its definition: merges the pair of the lowest rank, the leftmost first, until none is left.
 * All pairs of one rank are merged in one sweep, so a run of one character takes a sweep for each doubling; other
 * pieces take up to one for each byte, so this is for short pieces only.
 * @param tokens the tokens of the single bytes; replaced by those of the encoding
 * @param length how many they are
 * @returns how many tokens the encoding has
 */
export function mergeInSweeps(table: RankTable, tokens: Int32Array, length: number): number {
  let count = length;
  for (;;) {
    const lowest = lowestMerge(table, tokens, count);
    if (lowest === noToken) {
      return count;
    }
    count = mergeEverywhere(table, tokens, count, lowest);
  }
}

/** The token of the lowest rank that two neighbours merge to, or `noToken`. */
function lowestMerge(table: RankTable, tokens: Int32Array, count: number): number {
  let lowest = noToken;
  for (let index = 1; index < count; index++) {
    const merged = mergeOf(table, tokens[index - 1]!, tokens[index]!);
    if (merged !== noToken && (lowest === noToken || merged < lowest)) {
      lowest = merged;
    }
  }
  return lowest;
}

/** Merges, from left to right, every two neighbours that make the token. */
function mergeEverywhere(table: RankTable, tokens: Int32Array, count: number, merged: number): number {
  const left = table.leftPart[merged]!;
  const right = table.rightPart[merged]!;
  let written = 0;
  for (let index = 0; index < count; index++) {
    const isPair = tokens[index] === left && index + 1 < count && tokens[index + 1] === right;
    tokens[written++] = isPair ? merged : tokens[index]!;
    index += Number(isPair);
  }
  return written;
}
