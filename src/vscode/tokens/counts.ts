import { encodingNames } from '../../core/tokens/counter';
import type { TokenCount } from '../../core/tokens/counter';

/** No tokens at all, which is exact in every encoding. */
export const emptyCount: TokenCount = { tokens: 0, method: 'exact', encoding: encodingNames[0] };

/** The sum of counts, undefined for none: an estimate as soon as one of them is, with the bands added up. */
export function addCounts(counts: readonly TokenCount[]): TokenCount | undefined {
  const [first] = counts;
  if (first === undefined) {
    return undefined;
  }
  let tokens = 0;
  let low = 0;
  let high = 0;
  let estimated = false;
  let provider = false;
  for (const count of counts) {
    tokens += count.tokens;
    low += count.band?.low ?? count.tokens;
    high += count.band?.high ?? count.tokens;
    estimated ||= count.method === 'estimate';
    provider ||= count.method === 'provider';
  }
  return estimated
    ? { tokens, method: 'estimate', encoding: first.encoding, band: { low, high } }
    : { tokens, method: provider ? 'provider' : 'exact', encoding: first.encoding };
}
