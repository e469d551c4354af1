/** A token as the tokenizer gives it. */
export interface RawToken {
  readonly id: number;
  readonly bytes: Uint8Array;
}

/**
 * The smallest run of tokens that covers whole characters: one token nearly always, several where tokens split a
 * character, as in rare emoji. Offsets are UTF-16 units in the text that was encoded.
 */
export interface TokenSpan {
  readonly start: number;
  readonly end: number;
  readonly tokens: readonly RawToken[];
}

/** Lays the tokens of a text over its characters. A lone surrogate was encoded as U+FFFD: three bytes, one unit. */
export function tokenSpans(text: string, tokens: readonly RawToken[]): TokenSpan[] {
  const spans: TokenSpan[] = [];
  let at = 0;
  let start = 0;
  /** Bytes of the tokens read minus bytes of the characters passed. */
  let ahead = 0;
  let run: RawToken[] = [];
  for (const token of tokens) {
    run.push(token);
    ahead += token.bytes.length;
    while (at < text.length) {
      const codePoint = text.codePointAt(at)!;
      const bytes = utf8Length(codePoint);
      if (bytes > ahead) {
        break;
      }
      ahead -= bytes;
      at += codePoint > 0xffff ? 2 : 1;
    }
    if (ahead === 0) {
      spans.push({ start, end: at, tokens: run });
      start = at;
      run = [];
    }
  }
  return spans;
}

function utf8Length(codePoint: number): number {
  return codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
}

/** Bytes as two hexadecimal digits each: `e2 82 ac`. */
export function hexBytes(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

/**
 * A part of a text that encodes on its own as it does inside the whole: from a line start to a line start that no
 * token can reach over, so neither after a blank line nor before white space or a slash.
 * @param first the first line wanted
 * @param last the last line wanted, inclusive
 * @returns first and last line of the part, inclusive; larger than wanted by as little as possible
 */
export function independentLines(
  lineAt: (line: number) => string,
  lineCount: number,
  first: number,
  last: number,
): { readonly first: number; readonly last: number } {
  let from = first;
  while (from > 0 && !startsAfresh(lineAt(from))) {
    from -= 1;
  }
  let next = last + 1;
  while (next < lineCount && !startsAfresh(lineAt(next))) {
    next += 1;
  }
  return { first: from, last: Math.min(next, lineCount) - 1 };
}

/** The character before a line is its newline; the cut is safe where the line starts with neither blank nor slash. */
function startsAfresh(line: string): boolean {
  return /^[^\s/\u0085\uFEFF]/u.test(line);
}
