import type { CountMethod, CountOptions, EncodingName } from '../../tokens/counter';
import { minimumInEncoding, tokenizerFor } from '../providers';
import type { ModelRules, ProviderRules, ProviderTable } from '../providers';
import { explainBreak } from './cause';
import type { BreakCause } from './cause';
import { findDivergence } from './divergence';
import type { Divergence } from './divergence';
import type { PrefixDocument } from './document';
import { survivingTokens } from './survival';
import type { PrefixEnd } from './survival';

/** Token ids of a text, exactly as `encode_ordinary` of tiktoken gives them. */
export interface TokenIds {
  encode(text: string, encoding: EncodingName, options?: CountOptions): Promise<ArrayLike<number>>;
}

/** What one provider's cache still gives the second request. */
export interface ProviderSurvival {
  readonly provider: string;
  readonly label: string;
  readonly model: string | undefined;
  readonly survivingTokens: number;
  /** Tokens of the second request that are paid for anew. */
  readonly paidTokens: number;
  /** In the provider's own tokens. */
  readonly minimumTokens: number;
  /** `estimate` where the provider's tokenizer is not published: then the minimum is compared by an estimate. */
  readonly method: CountMethod;
  readonly uncertain: readonly string[];
}

export interface PrefixAnalysis {
  readonly left: { readonly label: string; readonly tokens: number };
  readonly right: { readonly label: string; readonly tokens: number };
  readonly encoding: EncodingName;
  readonly equal: boolean;
  readonly divergence: Divergence | undefined;
  /** Token ids that both begin with; the index (from 0) of the first token that differs. */
  readonly commonTokens: number;
  readonly cause: BreakCause | undefined;
  readonly providers: readonly ProviderSurvival[];
}

/** Compares what is sent by two requests: where they part ways, why, and what stays in each provider's cache. */
export async function analysePrefix(
  left: PrefixDocument,
  right: PrefixDocument,
  input: {
    readonly ids: TokenIds;
    readonly encoding: EncodingName;
    readonly table: ProviderTable;
    /** Models whose own rules are used in place of their provider's. */
    readonly models?: readonly string[];
  },
  options: CountOptions = {},
): Promise<PrefixAnalysis> {
  const { ids, encoding, table } = input;
  const a = await encodeDocument(left, ids, encoding, options);
  const b = await encodeDocument(right, ids, encoding, options);
  const divergence = findDivergence(left, right);
  const commonTokens = countCommonTokens(a, b);
  const commonBlocks = countCommonBlocks(left, right);
  const sameModel = left.model === undefined || right.model === undefined || left.model === right.model;
  const sharedSettings = left.messageSettings === right.messageSettings;
  const endsA = await prefixEnds(left, a, ids, encoding, options);
  const endsB = await prefixEnds(right, b, ids, encoding, options);
  const beforeMessages = left.parts.findIndex(({ zone }) => zone === 'messages');
  const rules = rulesFor(left, right, table, input.models ?? []);
  return {
    left: { label: left.label, tokens: a.total },
    right: { label: right.label, tokens: b.total },
    encoding,
    equal: divergence === undefined,
    divergence,
    commonTokens,
    cause: explainBreak(left, right, divergence),
    providers: rules.map((provider): ProviderSurvival => {
      const surviving = sameModel
        ? survivingTokens(provider.cache, minimumInEncoding(provider), {
            commonTokens,
            commonBlocks:
              sharedSettings || beforeMessages === -1 ? commonBlocks : Math.min(commonBlocks, beforeMessages),
            stored: endsA.marked,
            asked: endsB.marked,
            storedEnd: endsA.end,
            askedEnd: endsB.end,
          })
        : 0;
      return {
        provider: provider.id,
        label: provider.label,
        model: 'model' in provider ? provider.model : undefined,
        survivingTokens: surviving,
        paidTokens: b.total - surviving,
        minimumTokens: provider.cache.minimumTokens,
        method: tokenizerFor(provider).kind,
        uncertain: 'uncertain' in provider ? provider.uncertain : [],
      };
    }),
  };
}

/** Ids of each run of text that is tokenised as one. */
interface EncodedDocument {
  readonly runs: readonly ArrayLike<number>[];
  readonly total: number;
}

async function encodeDocument(
  document: PrefixDocument,
  ids: TokenIds,
  encoding: EncodingName,
  options: CountOptions,
): Promise<EncodedDocument> {
  const texts = document.joint
    ? [document.text]
    : document.parts.map(({ start, end }) => document.text.slice(start, end - 1));
  const runs: ArrayLike<number>[] = [];
  for (const text of texts) {
    runs.push(await ids.encode(text, encoding, options));
  }
  return { runs, total: runs.reduce((sum, { length }) => sum + length, 0) };
}

function countCommonTokens(left: EncodedDocument, right: EncodedDocument): number {
  let common = 0;
  for (let run = 0; run < left.runs.length && run < right.runs.length; run++) {
    const a = left.runs[run]!;
    const b = right.runs[run]!;
    let shared = 0;
    while (shared < a.length && shared < b.length && a[shared] === b[shared]) {
      shared++;
    }
    common += shared;
    if (shared < a.length || shared < b.length) {
      break;
    }
  }
  return common;
}

function countCommonBlocks(left: PrefixDocument, right: PrefixDocument): number {
  let blocks = 0;
  for (; blocks < left.parts.length && blocks < right.parts.length; blocks++) {
    const a = left.parts[blocks]!;
    const b = right.parts[blocks]!;
    if (left.text.slice(a.start, a.end) !== right.text.slice(b.start, b.end)) {
      break;
    }
  }
  return blocks;
}

async function prefixEnds(
  document: PrefixDocument,
  encoded: EncodedDocument,
  ids: TokenIds,
  encoding: EncodingName,
  options: CountOptions,
): Promise<{ marked: PrefixEnd[]; end: PrefixEnd }> {
  const marked: PrefixEnd[] = [];
  let tokens = 0;
  for (const [index, part] of document.parts.entries()) {
    tokens += document.joint ? 0 : encoded.runs[index]!.length;
    if (part.marker) {
      const inPrefix = document.joint
        ? (await ids.encode(document.text.slice(0, part.end), encoding, options)).length
        : tokens;
      marked.push({ blocks: index + 1, tokens: inPrefix });
    }
  }
  return { marked, end: { blocks: document.parts.length, tokens: encoded.total } };
}

/** The models asked for; else the models of the requests; else every provider of their format, by its default rules. */
function rulesFor(
  left: PrefixDocument,
  right: PrefixDocument,
  table: ProviderTable,
  models: readonly string[],
): readonly (ProviderRules | ModelRules)[] {
  const asked = (models.length > 0 ? models : [right.model ?? left.model]).flatMap((model) =>
    model === undefined ? [] : (table.forModel(model) ?? []),
  );
  if (asked.length > 0) {
    return asked;
  }
  const format = right.format ?? left.format;
  return table.providers.filter((provider) => format === undefined || provider.format === format);
}
