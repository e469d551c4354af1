/** One statement of a TOML document with the white space and comments around it on its lines. */
export interface TomlStatement {
  readonly kind: 'header' | 'pair' | 'blank';
  /** With its line end. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** The bare or quoted name before `=`; undefined for other statements and for dotted names. */
  readonly key: string | undefined;
  /** Of a pair: where its value stands, without white space and comment. */
  readonly valueStart: number;
  readonly valueEnd: number;
}

/**
 * The statements of a valid TOML document, one after the other and without a gap. Knows strings, comments and brackets,
 * so that a line inside of a long string or a list is never taken for a statement.
 */
export function tomlStatements(text: string): TomlStatement[] {
  const statements: TomlStatement[] = [];
  for (let start = 0; start < text.length;) {
    const { end, valueEnd } = scan(text, start);
    statements.push(describe(text, start, end, valueEnd));
    start = end;
  }
  return statements;
}

/** From the start of a statement to its line end. */
function scan(text: string, start: number): { readonly end: number; readonly valueEnd: number } {
  let depth = 0;
  let valueEnd = start;
  let at = start;
  while (at < text.length) {
    const character = text[at]!;
    if (character === '\n' && depth === 0) {
      return { end: at + 1, valueEnd };
    }
    if (character === '#') {
      const newline = text.indexOf('\n', at);
      at = newline === -1 ? text.length : newline;
      continue;
    }
    if (character === '"' || character === "'") {
      at = endOfString(text, at);
      valueEnd = at;
      continue;
    }
    depth += character === '[' || character === '{' ? 1 : character === ']' || character === '}' ? -1 : 0;
    at += 1;
    if (!/\s/.test(character)) {
      valueEnd = at;
    }
  }
  return { end: at, valueEnd };
}

function endOfString(text: string, start: number): number {
  const quote = text[start]!;
  const long = text.startsWith(quote.repeat(3), start);
  const close = long ? quote.repeat(3) : quote;
  let at = start + close.length;
  while (at < text.length && !text.startsWith(close, at)) {
    at += quote === '"' && text[at] === '\\' ? 2 : 1;
  }
  at += close.length;
  // A long string may end in one or two quotes of its own.
  while (long && text[at] === quote) {
    at += 1;
  }
  return Math.min(at, text.length);
}

function describe(text: string, start: number, end: number, valueEnd: number): TomlStatement {
  const whole = text.slice(start, end);
  const common = { text: whole, start, end };
  const first = whole.trimStart()[0];
  if (first === undefined || first === '#') {
    return { ...common, kind: 'blank', key: undefined, valueStart: end, valueEnd: end };
  }
  if (first === '[') {
    return { ...common, kind: 'header', key: undefined, valueStart: end, valueEnd: end };
  }
  const name = /^\s*(?:([\w-]+)|"([^"\\]*)"|'([^']*)')\s*=\s*/.exec(whole);
  return {
    ...common,
    kind: 'pair',
    key: name === null ? undefined : (name[1] ?? name[2] ?? name[3]),
    valueStart: start + (name?.[0].length ?? 0),
    valueEnd,
  };
}
