import type { EncodingName, TokenCount } from './counter';

/**
 * How a count in one of our encodings relates to the count of a model whose tokenizer is not published.
 * `factor` is the middle of the measured range; `low` and `high` are the factors that bound nearly all texts.
 */
export interface EstimateRule {
  readonly id: string;
  /** Such as "Claude, tokenizer since 4.7". */
  readonly label: string;
  readonly encoding: EncodingName;
  readonly factor: number;
  readonly low: number;
  readonly high: number;
  /** What the numbers rest on; shown to people. */
  readonly basis: string;
  /** ISO date on which the basis was last checked. */
  readonly asOf: string;
}

/**
 * Claude: o200k_base is 15–20 % below the true count on prose, so the true count is 1.18–1.25 times ours, and more on
 * code; the tokenizer of 4.7 and later gives about 30 % more tokens than the one before it.
 */
export const estimateRules = {
  claudeBefore47: {
    id: 'claude-before-4.7',
    label: 'Claude, tokenizer before 4.7',
    encoding: 'o200k_base',
    factor: 1.21,
    low: 1.1,
    high: 1.45,
    basis: 'o200k_base is 15–20 % low on text and lower on code; exact only through the provider’s count endpoint',
    asOf: '2026-11-01',
  },
  claudeSince47: {
    id: 'claude-since-4.7',
    label: 'Claude, tokenizer since 4.7',
    encoding: 'o200k_base',
    factor: 1.57,
    low: 1.4,
    high: 1.9,
    basis: 'about 30 % more tokens than Claude before 4.7; exact only through the provider’s count endpoint',
    asOf: '2026-11-01',
  },
  openaiUnlisted: {
    id: 'openai-unlisted',
    label: 'OpenAI model without a published encoding',
    encoding: 'o200k_base',
    factor: 1,
    low: 0.85,
    high: 1.2,
    basis: 'counted as o200k_base, the encoding of the models published so far',
    asOf: '2026-11-01',
  },
  uncalibrated: {
    id: 'uncalibrated',
    label: 'model without calibration',
    encoding: 'o200k_base',
    factor: 1,
    low: 0.7,
    high: 1.6,
    basis: 'no calibration is known for this model: the o200k_base count with a wide band',
    asOf: '2026-11-01',
  },
} as const satisfies Record<string, EstimateRule>;

/** Turns an exact count in the rule's encoding into an estimate that carries its band. */
export function estimateFrom(exactTokens: number, rule: EstimateRule): TokenCount {
  return {
    tokens: Math.round(exactTokens * rule.factor),
    method: 'estimate',
    encoding: rule.encoding,
    band: { low: Math.floor(exactTokens * rule.low), high: Math.ceil(exactTokens * rule.high) },
  };
}
