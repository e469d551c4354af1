import type { WorkOptions } from '../ports';

/** Encodings that are counted exactly, offline. */
export const encodingNames = ['o200k_base', 'cl100k_base'] as const;
export type EncodingName = (typeof encodingNames)[number];

/** How a number of tokens came about. */
export type CountMethod = 'exact' | 'provider' | 'estimate';

/** A number of tokens that says what it is worth. */
export interface TokenCount {
  readonly tokens: number;
  readonly method: CountMethod;
  /** The encoding that was counted; for an estimate, the one it was derived from. */
  readonly encoding: EncodingName;
  /** For estimates: the true number lies in here for nearly all texts (inclusive). */
  readonly band?: { readonly low: number; readonly high: number };
}

/**
 * Counts tokens. A text's count is exactly the length of tiktoken's `encode_ordinary` of it; lone surrogates count
 * as U+FFFD. Implementations may run in another thread; none ever returns an estimate instead of failing.
 */
export interface TokenCounter {
  count(text: string, encoding: EncodingName, options?: CountOptions): Promise<number>;
  /** Many texts at once; the results are in the order of the texts. */
  countAll(texts: readonly string[], encoding: EncodingName, options?: CountOptions): Promise<number[]>;
  dispose(): void;
}

export interface CountOptions extends WorkOptions {
  /** Visible work goes first. Default `background`. */
  readonly priority?: 'visible' | 'background';
}
