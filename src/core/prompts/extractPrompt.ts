import { UserError } from '../errors';
import type { Stability } from './model';

/** A prompt as it was found in a file. */
export interface ExtractedPrompt {
  readonly text: string;
  /** Places that the program filled in; they stand in the text as `{{name}}`. */
  readonly variables: readonly ExtractedVariable[];
  /** 0-based line of the file on which the text begins. */
  readonly line: number;
}

export interface ExtractedVariable {
  readonly name: string;
  readonly kind: Stability;
  /** The expression of the program. */
  readonly expression: string;
}

interface Literal {
  readonly text: string;
  readonly start: number;
  readonly variables: readonly ExtractedVariable[];
}

const codeExtension = /\.(?:py|pyi|ts|tsx|mts|cts|js|jsx|mjs|cjs)$/i;

/**
 * The prompt of a file: the whole of a Markdown or text file; of a Python or TypeScript file its longest string (triple
 * quotes, template literal). Throws a `UserError` when a program holds no long string.
 */
export function extractPrompt(text: string, fileName: string): ExtractedPrompt {
  if (!codeExtension.test(fileName)) {
    return { text, variables: [], line: 0 };
  }
  const literals = /\.pyi?$/i.test(fileName) ? pythonLiterals(text) : scriptLiterals(text);
  const longest = literals.reduce<Literal | undefined>(
    (best, literal) => (best === undefined || literal.text.length > best.text.length ? literal : best),
    undefined,
  );
  if (longest === undefined || longest.text.length < 200) {
    const fix = 'Give a Markdown file, or a program with the prompt in one string.';
    throw new UserError(`${fileName} holds no long string.`, fix);
  }
  return {
    text: longest.text,
    variables: longest.variables,
    line: text.slice(0, longest.start).split(/\r\n|\n|\r/).length - 1,
  };
}

function pythonLiterals(source: string): Literal[] {
  const literals: Literal[] = [];
  const token = /#[^\n]*|(?<!\w)([rRbBuUfF]{0,2})("""|''')|[rRbBuUfF]{0,2}(?:"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')/g;
  for (let match = token.exec(source); match !== null; match = token.exec(source)) {
    const quote = match[2];
    if (quote === undefined) {
      continue;
    }
    const start = match.index + match[0].length;
    const end = endOfPython(source, start, quote);
    const prefix = (match[1] ?? '').toLowerCase();
    const raw = prefix.includes('r') ? source.slice(start, end) : unescapePython(source.slice(start, end));
    literals.push({ start, ...(prefix.includes('f') ? fillPlaces(raw, 'python') : { text: raw, variables: [] }) });
    token.lastIndex = end + quote.length;
  }
  return literals;
}

function endOfPython(source: string, from: number, quote: string): number {
  for (let at = from; at < source.length; at++) {
    if (source[at] === '\\') {
      at++;
    } else if (source.startsWith(quote, at)) {
      return at;
    }
  }
  return source.length;
}

function unescapePython(text: string): string {
  const named: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\\': '\\', "'": "'", '"': '"' };
  return text.replace(
    /\\(?:\r\n|\n|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2})|([ntr\\'"]))/g,
    (_, ...groups: (string | undefined)[]) => {
      const code = groups[0] ?? groups[1] ?? groups[2];
      return code === undefined ? (named[groups[3] ?? ''] ?? '') : fromCode(code);
    },
  );
}

function fromCode(hex: string): string {
  const code = Number.parseInt(hex, 16);
  return code <= 0x10ffff ? String.fromCodePoint(code) : '\uFFFD';
}

function scriptLiterals(source: string): Literal[] {
  const literals: Literal[] = [];
  const token = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`/g;
  for (let match = token.exec(source); match !== null; match = token.exec(source)) {
    if (match[0] !== '`') {
      continue;
    }
    const start = match.index + 1;
    const end = endOfTemplate(source, start);
    literals.push({ start, ...fillPlaces(source.slice(start, end), 'script') });
    token.lastIndex = end + 1;
  }
  return literals;
}

/** The closing back-tick; back-ticks within `${…}` belong to other literals. */
function endOfTemplate(source: string, from: number): number {
  let depth = 0;
  for (let at = from; at < source.length; at++) {
    const character = source[at];
    if (character === '\\') {
      at++;
    } else if (depth === 0 && character === '`') {
      return at;
    } else if (source.startsWith('${', at)) {
      depth++;
      at++;
    } else if (depth > 0 && character === '`') {
      at = endOfTemplate(source, at + 1);
    } else if (depth > 0 && (character === '{' || character === '}')) {
      depth += character === '{' ? 1 : -1;
    }
  }
  return source.length;
}

/** Turns `{expression}` or `${expression}` into `{{name}}`. */
function fillPlaces(text: string, language: 'python' | 'script'): { text: string; variables: ExtractedVariable[] } {
  const variables = new Map<string, ExtractedVariable>();
  const open = language === 'python' ? '{' : '${';
  let result = '';
  for (let at = 0; at < text.length; at++) {
    if (language === 'python' && (text.startsWith('{{', at) || text.startsWith('}}', at))) {
      result += text[at]!;
      at++;
    } else if (language === 'script' && text[at] === '\\') {
      result += unescapeScript(text[at + 1] ?? '');
      at++;
    } else if (text.startsWith(open, at)) {
      const end = closingBrace(text, at + open.length);
      const expression = text.slice(at + open.length, end).trim();
      const variable = variableFor(expression, variables);
      variables.set(variable.name, variable);
      result += `{{${variable.name}}}`;
      at = end;
    } else {
      result += text[at]!;
    }
  }
  return { text: result, variables: [...variables.values()] };
}

function unescapeScript(character: string): string {
  const named: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\n': '' };
  return named[character] ?? character;
}

function closingBrace(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    depth += text[at] === '{' ? 1 : text[at] === '}' ? -1 : 0;
    if (depth === 0) {
      return at;
    }
  }
  return text.length;
}

function variableFor(expression: string, known: ReadonlyMap<string, ExtractedVariable>): ExtractedVariable {
  const words = expression.match(/[A-Za-z_][A-Za-z0-9_]*/g) ?? [];
  const stem = words.slice(0, 3).join('_').slice(0, 40) || 'value';
  let name = stem;
  for (let number = 2; known.has(name) && known.get(name)!.expression !== expression; number++) {
    name = `${stem}_${number}`;
  }
  // What nobody knows to be the same for every request is not called static.
  const kind = /date|time|now|today|clock|random|uuid|counter/i.test(expression) ? 'turn' : 'session';
  return { name, kind, expression };
}
