import type { MeasuredPrompt } from './measure';

export interface ComparedPart {
  readonly id: string;
  /** Tokens of the part's own text in each variant; undefined where it does not stand. */
  readonly left: number | undefined;
  readonly right: number | undefined;
}

export interface PromptComparison {
  readonly left: { readonly variant: string; readonly tokens: number };
  readonly right: { readonly variant: string; readonly tokens: number };
  readonly savedTokens: number;
  /** Of the left one's tokens, 0 to 1; negative when the right one is larger. */
  readonly savedShare: number;
  /** In the order of the left variant, then what only the right one has. */
  readonly parts: readonly ComparedPart[];
}

/** Sets two measured variants (of one prompt or of two) against each other. */
export function comparePrompts(left: MeasuredPrompt, right: MeasuredPrompt): PromptComparison {
  const tokensOf = (prompt: MeasuredPrompt, id: string): number | undefined =>
    prompt.pieces.find(({ piece }) => piece.id === id)?.tokens;
  const ids = new Set([...left.pieces, ...right.pieces].map(({ piece }) => piece.id));
  return {
    left: { variant: left.prompt.variant, tokens: left.tokens },
    right: { variant: right.prompt.variant, tokens: right.tokens },
    savedTokens: left.tokens - right.tokens,
    savedShare: left.tokens === 0 ? 0 : (left.tokens - right.tokens) / left.tokens,
    parts: [...ids].map((id) => ({ id, left: tokensOf(left, id), right: tokensOf(right, id) })),
  };
}
