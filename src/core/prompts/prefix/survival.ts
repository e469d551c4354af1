import type { CacheRules } from '../providers';

/** A prefix that ends at the end of one block. */
export interface PrefixEnd {
  /** The number of blocks in it; 1 is the first block alone. */
  readonly blocks: number;
  readonly tokens: number;
}

export interface SurvivalInput {
  /** Token ids that both requests begin with. */
  readonly commonTokens: number;
  /** Whole blocks that both begin with. */
  readonly commonBlocks: number;
  /** Where the first request told the cache to keep its prefix, shortest first. */
  readonly stored: readonly PrefixEnd[];
  /** Where the second one asks for it, shortest first. */
  readonly asked: readonly PrefixEnd[];
  /** The ends of both requests, which count where breakpoints are implicit. */
  readonly storedEnd: PrefixEnd;
  readonly askedEnd: PrefixEnd;
}

/**
 * Tokens of the second request that are read from what the first one left in the cache, at best: nothing evicted, the
 * same model, sent within the lifetime. `minimumTokens` is the provider's minimum in the encoding that was counted.
 */
export function survivingTokens(rules: CacheRules, minimumTokens: number, input: SurvivalInput): number {
  if (rules.match === 'longest-prefix') {
    const tokens = Math.floor(input.commonTokens / rules.granularity) * rules.granularity;
    return tokens >= minimumTokens ? tokens : 0;
  }
  const stored = withEnd(input.stored, input.storedEnd, rules).slice(-rules.maxBreakpoints);
  const asked = withEnd(input.asked, input.askedEnd, rules);
  const readable = stored.filter(
    ({ blocks, tokens }) =>
      blocks <= input.commonBlocks &&
      tokens >= minimumTokens &&
      asked.some((end) => end.blocks >= blocks && end.blocks - blocks <= (rules.lookBackBlocks ?? Infinity)),
  );
  return readable.reduce((most, { tokens }) => Math.max(most, tokens), 0);
}

/** A request without any breakpoint is kept as a whole. */
function withEnd(ends: readonly PrefixEnd[], end: PrefixEnd, rules: CacheRules): readonly PrefixEnd[] {
  return rules.implicitBreakpoint || ends.length === 0 ? [...ends, end] : ends;
}
