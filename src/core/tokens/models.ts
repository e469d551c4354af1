import type { CountOptions, EncodingName, TokenCount, TokenCounter } from './counter';
import { estimateFrom, estimateRules } from './estimates';
import type { EstimateRule } from './estimates';

/**
 * OpenAI's models whose encoding is published, as name prefixes; the longest match wins. Source: the model table of the
 * tiktoken package 1.0.22, and the published encoding of gpt-oss, whose ordinary tokens are those of o200k_base.
 */
const encodingByPrefix: readonly (readonly [prefix: string, encoding: EncodingName])[] = [
  ['gpt-5', 'o200k_base'],
  ['gpt-5.', 'o200k_base'],
  ['gpt-4o', 'o200k_base'],
  ['gpt-4.1', 'o200k_base'],
  ['gpt-4.5', 'o200k_base'],
  ['gpt-oss', 'o200k_base'],
  ['chatgpt-4o', 'o200k_base'],
  ['o1', 'o200k_base'],
  ['o3', 'o200k_base'],
  ['o4-mini', 'o200k_base'],
  ['gpt-4', 'cl100k_base'],
  ['gpt-3.5-turbo', 'cl100k_base'],
  ['gpt-35-turbo', 'cl100k_base'],
  ['text-embedding-ada-002', 'cl100k_base'],
  ['text-embedding-3', 'cl100k_base'],
  ['davinci-002', 'cl100k_base'],
  ['babbage-002', 'cl100k_base'],
];

/** What a model's tokens are counted with: its own encoding, or an estimate derived from one of ours. */
export type ModelTokenizer =
  | { readonly kind: 'exact'; readonly encoding: EncodingName }
  | { readonly kind: 'estimate'; readonly encoding: EncodingName; readonly rule: EstimateRule };

/** The encoding that counts a model's tokens exactly, or undefined when none is published for it. */
export function encodingForModel(model: string): EncodingName | undefined {
  const name = bareModelName(model);
  let best: readonly [string, EncodingName] | undefined;
  for (const entry of encodingByPrefix) {
    if (isModelOrVariant(name, entry[0]) && (best === undefined || entry[0].length > best[0].length)) {
      best = entry;
    }
  }
  return best?.[1];
}

/** How a model's tokens are counted; never fails: a model that nobody knows is estimated with a wide band. */
export function tokenizerForModel(model: string): ModelTokenizer {
  const encoding = encodingForModel(model);
  if (encoding !== undefined) {
    return { kind: 'exact', encoding };
  }
  const rule = estimateRuleFor(bareModelName(model));
  return { kind: 'estimate', encoding: rule.encoding, rule };
}

/** Counts a text for a model: exactly where its encoding is published, otherwise as an estimate with its band. */
export async function countForModel(
  text: string,
  model: string,
  counter: TokenCounter,
  options: CountOptions = {},
): Promise<TokenCount> {
  const tokenizer = tokenizerForModel(model);
  return countFromTokens(await counter.count(text, tokenizer.encoding, options), tokenizer);
}

/** What an exact number of tokens in the tokenizer's encoding means for its model. */
export function countFromTokens(tokens: number, tokenizer: ModelTokenizer): TokenCount {
  return tokenizer.kind === 'exact'
    ? { tokens, method: 'exact', encoding: tokenizer.encoding }
    : estimateFrom(tokens, tokenizer.rule);
}

/** Without the vendor that hosts put in front, such as `copilot/gpt-4o`, `models/…` or `ft:gpt-4o:team`. */
function bareModelName(model: string): string {
  const withoutVendor = model.trim().toLowerCase().split('/').at(-1)!;
  return withoutVendor.startsWith('ft:') ? withoutVendor.slice(3).split(':')[0]! : withoutVendor;
}

/** True for the model itself and names such as `gpt-4o-2024-05-13`, not for `o10` with the prefix `o1`. */
function isModelOrVariant(name: string, prefix: string): boolean {
  return name.startsWith(prefix) && (prefix.endsWith('.') || /^(?:[-:@]|$)/.test(name.slice(prefix.length)));
}

function estimateRuleFor(name: string): EstimateRule {
  if (name.includes('claude')) {
    return claudeVersion(name) >= 4.7 ? estimateRules.claudeSince47 : estimateRules.claudeBefore47;
  }
  if (/^(?:gpt-|chatgpt-|o\d)/.test(name)) {
    return estimateRules.openaiUnlisted;
  }
  return estimateRules.uncalibrated;
}

/** 4.7 of `claude-opus-4-7` or `claude-opus-4.7-20260101`; a name without a version stands for the latest model. */
function claudeVersion(name: string): number {
  const match = /(?:^|[^0-9])(\d{1,2})(?:[.-](\d{1,2}))?(?![0-9])/.exec(name);
  return match === null ? Number.POSITIVE_INFINITY : Number(`${match[1]!}.${match[2] ?? '0'}`);
}
