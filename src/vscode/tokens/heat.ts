/** How much a line stands out; 3 is the hottest. */
export type Heat = 0 | 1 | 2 | 3;

/** Lines below this are never marked: nothing is won by shortening them. */
const leastTokens = 12;
/** A line is of a level when it costs at least that many times the mean of the lines that are not blank. */
const factors = { warm: 1.75, hot: 3, hottest: 6 };

/** The heat of each line, from its tokens. */
export function heatOfLines(tokens: readonly number[]): Heat[] {
  let sum = 0;
  let filled = 0;
  for (const count of tokens) {
    if (count > 1) {
      sum += count;
      filled++;
    }
  }
  const mean = filled === 0 ? 0 : sum / filled;
  const { warm, hot, hottest } = factors;
  return tokens.map((count) => {
    if (count < leastTokens || count < warm * mean) {
      return 0;
    }
    return count < hot * mean ? 1 : count < hottest * mean ? 2 : 3;
  });
}
