import { countFromTokens, tokenizerForModel } from '../tokens/models';
import type { CountMethod } from '../tokens/counter';
import type { MeasuredPrompt } from './measure';
import type { ModelRules } from './providers';
import { UserError } from '../errors';

/** How a prompt is used; everything that no prompt can know. */
export interface Workload {
  readonly requestsPerDay: number;
  /** Requests of one conversation before any fetch. */
  readonly requestsPerConversation: number;
  /** Tokens of a request that are new each time: the user's message and results of tools. */
  readonly turnTokens: number;
  /** Tokens of an answer. */
  readonly outputTokens: number;
  /** 0 to 1: how often the first request of a conversation finds the static prefix in the cache. */
  readonly hitRate: number;
  /** Instructions that a conversation fetches with the streamlined prompt. */
  readonly fetchesPerConversation: number;
  /** The id of one of the provider's lifetimes; the first one when undefined. */
  readonly lifetime?: string | undefined;
}

export const defaultWorkload: Workload = {
  requestsPerDay: 1000,
  requestsPerConversation: 10,
  turnTokens: 500,
  outputTokens: 500,
  hitRate: 0.8,
  fetchesPerConversation: 1,
};

/** Tokens of a variant in the encoding that was counted; the model's own numbers follow from them. */
export interface PromptShape {
  readonly variant: string;
  readonly staticTokens: number;
  /** Changes with the session: cached within a conversation only. */
  readonly sessionTokens: number;
  /** Changes with each request. */
  readonly turnTokens: number;
  /** Mean tokens of an instruction that is fetched; 0 when nothing is on demand. */
  readonly fetchTokens: number;
}

/** A number with the range that the estimate of tokens leaves; the three are equal for exact counts. */
export interface Amount {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface VariantCost {
  readonly variant: string;
  /** Tokens of the prompt as the model counts them. */
  readonly promptTokens: Amount;
  /** One request that finds nothing in the cache and writes it. */
  readonly cold: Amount;
  /** One request that finds all of its prompt in the cache. */
  readonly warm: Amount;
  /** The mean of all requests of the workload, with the fetches of its conversation. */
  readonly perRequest: Amount;
  readonly perDay: Amount;
  readonly perMillionRequests: Amount;
  /** False when the prompt is shorter than the provider's minimum, so that nothing is cached. */
  readonly cacheable: boolean;
}

export interface CostReport {
  readonly model: string;
  readonly provider: string;
  /** `USD`, or `input tokens` where no price is known: then output is left out. */
  readonly unit: 'USD' | 'input tokens';
  readonly method: CountMethod;
  readonly variants: readonly VariantCost[];
  /** Requests within one lifetime from which on caching costs less than not caching. */
  readonly cacheBreakEvenRequests: number;
  /** Fetches per conversation at which the second variant costs as much as the first; null when it never does. */
  readonly fetchBreakEven: number | null;
  /** How the numbers came about, in sentences. */
  readonly basis: readonly string[];
}

/** Extra output tokens of the call that fetches an instruction. */
const fetchCallTokens = 40;

/** Splits a measured prompt by how long its parts stay the same. */
export function shapeOf(measured: MeasuredPrompt, fetchTokens: number): PromptShape {
  const sum = (stability: string): number =>
    measured.pieces
      .filter(({ piece }) => piece.prefixStability === stability && piece.kind !== 'conversation')
      .reduce((total, { added }) => total + added, 0);
  return {
    variant: measured.prompt.variant,
    staticTokens: sum('static'),
    sessionTokens: sum('session'),
    turnTokens: sum('turn'),
    fetchTokens,
  };
}

/** What the variants of a prompt cost with one model and one workload. */
export function costOf(
  shapes: readonly PromptShape[],
  rules: ModelRules,
  workload: Workload,
  asOf: string,
): CostReport {
  checkWorkload(workload, rules);
  const tokenizer = tokenizerForModel(rules.model);
  const known = rules.inputPerMTok !== undefined && rules.outputPerMTok !== undefined;
  const variants = shapes.map((shape) => variantCost(shape, rules, workload));
  return {
    model: rules.model,
    provider: rules.label,
    unit: known ? 'USD' : 'input tokens',
    method: tokenizer.kind,
    variants,
    cacheBreakEvenRequests: cacheBreakEven(writeFactor(rules, workload), rules.cache.readFactor),
    fetchBreakEven: shapes.length < 2 ? null : fetchBreakEven(shapes[0]!, shapes[1]!, rules, workload),
    basis: basisOf(rules, workload, asOf, tokenizer.kind === 'estimate' ? tokenizer.rule.basis : undefined),
  };
}

/** The smallest number of requests for which one write and the reads after it cost less than sending all anew. */
export function cacheBreakEven(writeFactor: number, readFactor: number): number {
  if (readFactor >= 1) {
    return Infinity;
  }
  return Math.max(2, Math.floor((writeFactor - readFactor) / (1 - readFactor)) + 1);
}

function checkWorkload(workload: Workload, rules: ModelRules): void {
  const refuse = (name: string, rule: string): never => {
    throw new UserError(`${name} must be ${rule}.`, 'Correct the input.');
  };
  for (const [name, value] of Object.entries(workload) as [keyof Workload, unknown][]) {
    if (name !== 'lifetime' && !(typeof value === 'number' && Number.isFinite(value) && value >= 0)) {
      refuse(name, 'a number of 0 or more');
    }
  }
  if (workload.hitRate > 1) {
    refuse('hitRate', 'between 0 and 1');
  }
  if (workload.requestsPerConversation < 1) {
    refuse('requestsPerConversation', 'at least 1');
  }
  if (workload.lifetime !== undefined && !rules.cache.lifetimes.some(({ id }) => id === workload.lifetime)) {
    refuse('lifetime', `one of ${rules.cache.lifetimes.map(({ id }) => id).join(', ')}`);
  }
}

function writeFactor(rules: ModelRules, workload: Workload): number {
  const offers = rules.cache.lifetimes;
  return (offers.find(({ id }) => id === workload.lifetime) ?? offers[0]!).writeFactor;
}

function variantCost(shape: PromptShape, rules: ModelRules, workload: Workload): VariantCost {
  const tokenizer = tokenizerForModel(rules.model);
  const scale = (tokens: number): Amount => {
    const { tokens: value, band } = countFromTokens(tokens, tokenizer);
    return { value, low: band?.low ?? value, high: band?.high ?? value };
  };
  // Each end of the band is reckoned through on its own, since the minimum makes the cost jump.
  const at = (pick: keyof Amount): ConversationCost =>
    conversationCost(
      {
        ...shape,
        staticTokens: scale(shape.staticTokens)[pick],
        sessionTokens: scale(shape.sessionTokens)[pick],
        turnTokens: scale(shape.turnTokens)[pick],
        fetchTokens: scale(shape.fetchTokens)[pick],
      },
      rules,
      workload,
    );
  const costs = { value: at('value'), low: at('low'), high: at('high') };
  const amount = (pick: (cost: ConversationCost) => number, factor = 1): Amount => {
    const all = [pick(costs.value) * factor, pick(costs.low) * factor, pick(costs.high) * factor];
    return { value: all[0]!, low: Math.min(...all), high: Math.max(...all) };
  };
  return {
    variant: shape.variant,
    promptTokens: scale(shape.staticTokens + shape.sessionTokens + shape.turnTokens),
    cold: amount(({ cold }) => cold),
    warm: amount(({ warm }) => warm),
    perRequest: amount(({ perRequest }) => perRequest),
    perDay: amount(({ perRequest }) => perRequest, workload.requestsPerDay),
    perMillionRequests: amount(({ perRequest }) => perRequest, 1_000_000),
    cacheable: costs.value.cacheable,
  };
}

interface ConversationCost {
  readonly cold: number;
  readonly warm: number;
  readonly perRequest: number;
  readonly cacheable: boolean;
}

function conversationCost(shape: PromptShape, rules: ModelRules, workload: Workload): ConversationCost {
  const perToken = (rules.inputPerMTok ?? 1_000_000) / 1_000_000;
  const known = rules.inputPerMTok !== undefined && rules.outputPerMTok !== undefined;
  const perOutputToken = known ? rules.outputPerMTok / 1_000_000 : 0;
  const { staticTokens, sessionTokens, fetchTokens } = shape;
  const prefix = staticTokens + sessionTokens;
  const cacheable = prefix >= rules.cache.minimumTokens;
  const write = cacheable ? writeFactor(rules, workload) : 1;
  const read = cacheable ? rules.cache.readFactor : 1;
  const fresh = shape.turnTokens + workload.turnTokens;
  const output = workload.outputTokens * perOutputToken;

  const cold = (prefix * write + fresh) * perToken + output;
  const warm = (prefix * read + fresh) * perToken + output;

  const requests = workload.requestsPerConversation;
  const staticIsStored = cacheable && staticTokens >= rules.cache.minimumTokens;
  const hit = staticIsStored ? workload.hitRate : 0;
  const first = (staticTokens * (hit * read + (1 - hit) * write) + sessionTokens * write + fresh) * perToken + output;
  const fetches = fetchTokens === 0 ? 0 : workload.fetchesPerConversation;
  // A fetch is one more request; what it brings stays in the conversation until its end.
  const fetch =
    (prefix * read + fetchTokens * (write + (requests - 1) * read)) * perToken + fetchCallTokens * perOutputToken;
  const perRequest = (first + (requests - 1) * warm + fetches * fetch) / requests;
  return { cold, warm, perRequest, cacheable };
}

/** The cost is linear in the number of fetches. */
function fetchBreakEven(full: PromptShape, other: PromptShape, rules: ModelRules, workload: Workload): number | null {
  const at = (shape: PromptShape, fetchesPerConversation: number): number =>
    variantCost(shape, rules, { ...workload, fetchesPerConversation }).perRequest.value;
  const gap = at(full, 0) - at(other, 0);
  const slope = at(other, 1) - at(other, 0) - (at(full, 1) - at(full, 0));
  return slope > 0 && gap >= 0 ? gap / slope : null;
}

function basisOf(rules: ModelRules, workload: Workload, asOf: string, estimate: string | undefined): string[] {
  const { cache } = rules;
  const uncertain = rules.uncertain.length === 0 ? '' : ` Not certain: ${rules.uncertain.join(', ')}.`;
  return [
    `Prices and limits as of ${asOf}, from ${rules.sources.join(' and ')}.${uncertain}`,
    ...(rules.note === undefined ? [] : [rules.note]),
    ...(rules.inputPerMTok === undefined || rules.outputPerMTok === undefined
      ? ['No price is known for this model: amounts are multiples of one input token, without output.']
      : [`${rules.inputPerMTok} USD per million input tokens, ${rules.outputPerMTok} USD per million output tokens.`]),
    `A cached token costs ${writeFactor(rules, workload)} of an input token to write and ${cache.readFactor} to read; prefixes under ${cache.minimumTokens} tokens are not cached.`,
    `${workload.requestsPerConversation} requests per conversation, ${workload.turnTokens} new input and ${workload.outputTokens} output tokens each; the first request finds the static prefix in ${Math.round(workload.hitRate * 100)} % of conversations, the later ones find all of it.`,
    `${workload.fetchesPerConversation} fetch(es) per conversation with prompts that have instructions on demand: each is one more request, and its text stays to the end.`,
    ...(estimate === undefined ? ['Tokens are counted exactly.'] : [`Tokens are an estimate: ${estimate}.`]),
    ...(cache.storagePerMTokHour === 0
      ? []
      : [`Storage, ${cache.storagePerMTokHour} USD per million tokens and hour, is not included.`]),
  ];
}
