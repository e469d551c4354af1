import type { MeasureTokens } from '../../core/instructions/budgets';
import { encodingNames } from '../../core/tokens/counter';
import type { EncodingName, TokenCount } from '../../core/tokens/counter';
import { countFromTokens, tokenizerForModel } from '../../core/tokens/models';
import type { ModelTokenizer } from '../../core/tokens/models';
import { formatExact, formatTokens } from '../format';
import type { Services } from '../services';

/** What tokens are counted for: an encoding, or a model with its encoding or its estimate. */
export interface CountingTarget {
  /** The name as it was chosen: `o200k_base`, `claude-sonnet-5`. */
  readonly name: string;
  readonly tokenizer: ModelTokenizer;
}

function isEncodingName(name: string): name is EncodingName {
  return (encodingNames as readonly string[]).includes(name);
}

/** An empty name means the first encoding. */
export function countingTarget(name: string): CountingTarget {
  const trimmed = name.trim() === '' ? encodingNames[0] : name.trim();
  return {
    name: trimmed,
    tokenizer: isEncodingName(trimmed) ? { kind: 'exact', encoding: trimmed } : tokenizerForModel(trimmed),
  };
}

/** The target that the settings name. */
export function currentTarget(services: Services): CountingTarget {
  return countingTarget(services.settings.get('contextCache.tokens.model'));
}

/** What so many tokens of the target's encoding mean for the target. */
export function countFor(target: CountingTarget, encodingTokens: number): TokenCount {
  return countFromTokens(encodingTokens, target.tokenizer);
}

/** The same for budgets: as many tokens, told as findings tell numbers. */
export function measureFor(target: CountingTarget): MeasureTokens {
  return (encodingTokens) => {
    const count = countFor(target, encodingTokens);
    return { tokens: count.tokens, shown: `${count.method === 'estimate' ? '~' : ''}${count.tokens}` };
  };
}

/** Short: `3.1k`, and `~3.1k` for an estimate. */
export function shortCount({ tokens, method }: TokenCount): string {
  return `${method === 'estimate' ? '~' : ''}${formatTokens(tokens)}`;
}

/** With every digit: `3,120`, and `~3,120` for an estimate. */
export function exactCount({ tokens, method }: TokenCount): string {
  return `${method === 'estimate' ? '~' : ''}${formatExact(tokens)}`;
}

/** How a count came about, in plain words: `exact, o200k_base`; `estimate, 2,800–3,900, from o200k_base: <basis>`. */
export function describeMethod(count: TokenCount, target: CountingTarget): string {
  switch (count.method) {
    case 'exact':
      return target.name === count.encoding
        ? `exact, ${count.encoding}`
        : `exact for ${target.name}, ${count.encoding}`;
    case 'provider':
      return `counted by the provider of ${target.name}`;
    case 'estimate': {
      const band = count.band === undefined ? '' : ` ${formatExact(count.band.low)}–${formatExact(count.band.high)},`;
      const basis = target.tokenizer.kind === 'estimate' ? `: ${target.tokenizer.rule.basis}` : '';
      return `estimate for ${target.name},${band} from ${count.encoding}${basis}`;
    }
  }
}

/** How the target is counted, in plain words. */
export function describeTarget({ name, tokenizer }: CountingTarget): string {
  if (tokenizer.kind === 'exact') {
    return name === tokenizer.encoding ? 'exact' : `exact, ${tokenizer.encoding}`;
  }
  const { basis, factor, low, high } = tokenizer.rule;
  return `estimate: ${factor} × ${tokenizer.encoding}, between ${low} × and ${high} ×; ${basis}`;
}

/** The same in a few words: `exact, o200k_base`, `estimate, 1.57 × o200k_base`. */
export function shortMethod({ name, tokenizer }: CountingTarget): string {
  if (tokenizer.kind === 'exact') {
    return name === tokenizer.encoding ? 'exact' : `exact, ${tokenizer.encoding}`;
  }
  return `estimate, ${tokenizer.rule.factor} × ${tokenizer.encoding}`;
}
