/** How much a line stands out; 3 is the hottest. */
export type Heat = 0 | 1 | 2 | 3;

/** Lines below this are never marked: nothing is won by shortening them. */
const leastTokens = 12;
/** A line is of a level when it costs at least that many times the mean of the lines that are not blank. */
const factors = [
  [3, 6],
  [2, 3],
  [1, 1.75],
] as const;

/** The heat of each line, from its tokens. */
export function heatOfLines(tokens: readonly number[]): Heat[] {
  const filled = tokens.filter((count) => count > 1);
  const mean = filled.length === 0 ? 0 : filled.reduce((sum, count) => sum + count, 0) / filled.length;
  return tokens.map((count) =>
    count < leastTokens ? 0 : (factors.find(([, factor]) => count >= factor * mean)?.[0] ?? 0),
  );
}
