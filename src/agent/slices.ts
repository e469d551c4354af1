import type { EncodingName, TokenCounter } from '../core/tokens/counter';

/** Which part of a text an agent asks for. */
export interface SliceRequest {
  /** Characters (UTF-16 units) to leave out at the start. */
  readonly offset?: number | undefined;
  /** The most characters to return. */
  readonly limit?: number | undefined;
  /** The most tokens to return. */
  readonly tokens?: number | undefined;
}

/** A part of a text that says how to get the rest. */
export interface TextSlice {
  readonly text: string;
  readonly offset: number;
  readonly totalChars: number;
  /** Exact tokens of `text`. */
  readonly tokens: number;
  /** Where to go on; undefined at the end. */
  readonly nextOffset: number | undefined;
}

/** No answer is longer, whatever was asked for, so that none floods a context. */
export const maxSliceTokens = 25_000;
export const defaultSliceTokens = 10_000;
/** Agents reckon with OpenAI's current encoding; a bound that is a little off for others still bounds. */
const encoding: EncodingName = 'o200k_base';
/** No token is longer than this many characters in ordinary text; a first cut that keeps counting cheap. */
const charactersPerToken = 24;

/** Cuts a slice that ends between two characters, and between two lines where one ends in its last fifth. */
export async function sliceText(text: string, request: SliceRequest, counter: TokenCounter): Promise<TextSlice> {
  const offset = startOf(text, request.offset ?? 0);
  const mostTokens = Math.min(request.tokens ?? defaultSliceTokens, maxSliceTokens);
  const mostChars = Math.min(request.limit ?? Number.MAX_SAFE_INTEGER, mostTokens * charactersPerToken);
  let end = endOf(text, Math.min(text.length, offset + mostChars));
  let tokens = await counter.count(text.slice(offset, end), encoding);
  while (tokens > mostTokens) {
    // Aim a little low: the share of tokens is not the share of characters.
    const share = Math.floor(((end - offset) * mostTokens * 0.98) / tokens);
    end = lineEnd(text, offset, endOf(text, offset + Math.max(1, Math.min(share, end - offset - 1))));
    tokens = await counter.count(text.slice(offset, end), encoding);
    if (end - offset <= 2) {
      break;
    }
  }
  return {
    text: text.slice(offset, end),
    offset,
    totalChars: text.length,
    tokens,
    nextOffset: end < text.length ? end : undefined,
  };
}

/** Never between the two halves of a character. */
function startOf(text: string, offset: number): number {
  const start = Math.min(offset, text.length);
  return splitsPair(text, start) ? start - 1 : start;
}

function endOf(text: string, end: number): number {
  return splitsPair(text, end) ? end + 1 : end;
}

function splitsPair(text: string, at: number): boolean {
  return /^[\ud800-\udbff]$/.test(text.charAt(at - 1)) && /^[\udc00-\udfff]$/.test(text.charAt(at));
}

function lineEnd(text: string, offset: number, end: number): number {
  const newline = text.lastIndexOf('\n', end - 1) + 1;
  return newline > offset + (end - offset) * 0.8 ? newline : end;
}
