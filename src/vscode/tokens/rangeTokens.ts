import type { IncrementalDocument } from '../../core/tokens/document';

/** A part of a text by its offsets in UTF-16 units, the end exclusive. */
export type OffsetRange = readonly [start: number, end: number];

/** UTF-16 units that are encoded at once: a few milliseconds of work. */
const maxCountedHere = 65_536;

/**
 * Tokens of ranges of a counted document together, each by itself. Those that can't be counted in this thread without
 * holding it up are counted elsewhere, and then there is a promise.
 */
export function countRanges(
  document: Pick<IncrementalDocument, 'rangeCost' | 'countRange' | 'textBetween'>,
  ranges: readonly OffsetRange[],
  countElsewhere: (texts: readonly string[]) => Promise<readonly number[]>,
): number | Promise<number> {
  let tokens = 0;
  let left = maxCountedHere;
  const texts: string[] = [];
  for (const [start, end] of ranges) {
    const cost = document.rangeCost(start, end);
    if (cost <= left) {
      left -= cost;
      tokens += document.countRange(start, end);
    } else {
      texts.push(document.textBetween(start, end));
    }
  }
  return texts.length === 0
    ? tokens
    : countElsewhere(texts).then((counts) => counts.reduce((sum, count) => sum + count, tokens));
}
