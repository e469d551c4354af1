import { UserError } from '../errors';
import { floatRepr } from './pythonFloat';

/**
 * JSON as Python's `json` module reads and prints it. The cache's index is written by Python, and `JSON.parse` would
 * lose what Python keeps: the order of integer-like names, `__proto__`, integers above 2^53, the difference between
 * `168` and `168.0`, and `NaN`.
 */
export type PythonValue = null | boolean | string | PythonNumber | readonly PythonValue[] | PythonObject;

/** An object in the order of its names; a name that occurs twice keeps its first place and its last value. */
export type PythonObject = ReadonlyMap<string, PythonValue>;

/** A number as it stands in the text: an integer of any size, or a float. */
export class PythonNumber {
  readonly kind: 'int' | 'float';
  readonly raw: string;

  constructor(kind: 'int' | 'float', raw: string) {
    this.kind = kind;
    this.raw = raw;
  }

  static int(value: number | bigint): PythonNumber {
    return new PythonNumber('int', BigInt(value).toString());
  }

  static float(value: number): PythonNumber {
    return new PythonNumber('float', floatRepr(value));
  }

  /** The nearest double; integers above 2^53 lose their last digits. */
  get value(): number {
    return Number(this.raw);
  }

  /** As Python prints it after reading it: `-0` as `0`, `1E2` as `100.0`. */
  toString(): string {
    if (this.kind === 'float') {
      return floatRepr(this.value);
    }
    return this.raw === '-0' ? '0' : this.raw;
  }
}

export function isPythonObject(value: PythonValue | undefined): value is PythonObject {
  return value instanceof Map;
}

export function isPythonArray(value: PythonValue | undefined): value is readonly PythonValue[] {
  return Array.isArray(value);
}

/** A text that Python's `json.loads` refuses, with the place (line and column count from 1). */
export class PythonJsonError extends UserError {
  readonly line: number;
  readonly column: number;

  constructor(reason: string, text: string, offset: number) {
    const before = text.slice(0, offset);
    const line = before.split('\n').length;
    const column = offset - before.lastIndexOf('\n');
    super(`${reason} at line ${line}, column ${column}`, 'Correct the file at that place, or repair it.');
    this.line = line;
    this.column = column;
  }
}

/** Python's recursion limit is 1,000 frames, of which a reader has used some before it comes to the document. */
const maxDepth = 900;
/** Python refuses to convert longer runs of digits to an integer. */
const maxIntegerDigits = 4300;

const whitespace = /[ \t\n\r]*/y;
const plainCharacters = /[^"\\\x00-\x1f]*/y; // eslint-disable-line no-control-regex -- JSON forbids them in strings
const number = /(-?(?:0|[1-9][0-9]*))(\.[0-9]+)?([eE][-+]?[0-9]+)?/y;
const hexEscape = /[0-9a-fA-F]{4}/y;
const literals: readonly (readonly [string, PythonValue])[] = [
  ['null', null],
  ['true', true],
  ['false', false],
  ['NaN', new PythonNumber('float', 'NaN')],
  ['Infinity', new PythonNumber('float', 'Infinity')],
  ['-Infinity', new PythonNumber('float', '-Infinity')],
];
const simpleEscapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** Parses what `json.loads(str)` parses, and refuses what it refuses; throws `PythonJsonError`. */
export function parsePython(text: string): PythonValue {
  if (text.startsWith('\ufeff')) {
    throw new PythonJsonError('There is a byte order mark', text, 0);
  }
  const parser = new Parser(text);
  return parser.parseDocument();
}

/** The same for a file's bytes, which must be UTF-8. */
export function parsePythonBytes(bytes: Uint8Array): PythonValue {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw new UserError('The bytes are not UTF-8 text.', 'Correct the file, or repair it.', { cause: error });
  }
  return parsePython(text);
}

class Parser {
  readonly #text: string;
  #offset = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parseDocument(): PythonValue {
    this.#skip(whitespace);
    const value = this.#value();
    this.#skip(whitespace);
    if (this.#offset < this.#text.length) {
      throw this.#error('There is more text after the end of the document');
    }
    return value;
  }

  #value(): PythonValue {
    switch (this.#text[this.#offset]) {
      case '"':
        return this.#string();
      case '{':
        return this.#nested(() => this.#object());
      case '[':
        return this.#nested(() => this.#array());
      default:
        return this.#scalar();
    }
  }

  #nested<Result>(parse: () => Result): Result {
    this.#depth += 1;
    if (this.#depth > maxDepth) {
      throw this.#error(`The document is nested more than ${maxDepth} levels deep`);
    }
    this.#offset += 1;
    const result = parse();
    this.#depth -= 1;
    return result;
  }

  #object(): PythonObject {
    const object = new Map<string, PythonValue>();
    this.#skip(whitespace);
    if (this.#take('}')) {
      return object;
    }
    for (;;) {
      if (this.#text[this.#offset] !== '"') {
        throw this.#error('A name in double quotes is expected');
      }
      const name = this.#string();
      this.#skip(whitespace);
      if (!this.#take(':')) {
        throw this.#error("':' is expected");
      }
      this.#skip(whitespace);
      object.set(name, this.#value());
      this.#skip(whitespace);
      if (this.#take('}')) {
        return object;
      }
      if (!this.#take(',')) {
        throw this.#error("',' or '}' is expected");
      }
      this.#skip(whitespace);
    }
  }

  #array(): readonly PythonValue[] {
    const array: PythonValue[] = [];
    this.#skip(whitespace);
    if (this.#take(']')) {
      return array;
    }
    for (;;) {
      array.push(this.#value());
      this.#skip(whitespace);
      if (this.#take(']')) {
        return array;
      }
      if (!this.#take(',')) {
        throw this.#error("',' or ']' is expected");
      }
      this.#skip(whitespace);
    }
  }

  #string(): string {
    const start = this.#offset;
    this.#offset += 1;
    let result = '';
    for (;;) {
      result += this.#skip(plainCharacters);
      const character = this.#text[this.#offset];
      if (character === '"') {
        this.#offset += 1;
        return result;
      }
      if (character === undefined) {
        this.#offset = start;
        throw this.#error('The text ends inside the string that starts');
      }
      if (character !== '\\') {
        throw this.#error('There is a control character inside a string');
      }
      result += this.#escape();
    }
  }

  #escape(): string {
    const letter = this.#text[this.#offset + 1] ?? '';
    if (letter === 'u') {
      hexEscape.lastIndex = this.#offset + 2;
      const digits = hexEscape.exec(this.#text)?.[0];
      if (digits === undefined) {
        throw this.#error('There is a broken \\u escape');
      }
      this.#offset += 6;
      return String.fromCharCode(Number.parseInt(digits, 16));
    }
    const escaped = Object.hasOwn(simpleEscapes, letter) ? simpleEscapes[letter] : undefined;
    if (escaped === undefined) {
      throw this.#error('There is an unknown escape');
    }
    this.#offset += 2;
    return escaped;
  }

  #scalar(): PythonValue {
    for (const [word, value] of literals) {
      if (this.#text.startsWith(word, this.#offset)) {
        this.#offset += word.length;
        return value;
      }
    }
    number.lastIndex = this.#offset;
    const match = number.exec(this.#text);
    if (match === null) {
      throw this.#error('A value is expected');
    }
    const [raw, integer = '', fraction, exponent] = match;
    if (fraction === undefined && exponent === undefined) {
      if (integer.replace('-', '').length > maxIntegerDigits) {
        throw this.#error(`An integer has more than ${maxIntegerDigits} digits`);
      }
      this.#offset += raw.length;
      return new PythonNumber('int', raw);
    }
    this.#offset += raw.length;
    return new PythonNumber('float', raw);
  }

  #skip(pattern: RegExp): string {
    pattern.lastIndex = this.#offset;
    const matched = pattern.exec(this.#text)?.[0] ?? '';
    this.#offset += matched.length;
    return matched;
  }

  #take(character: string): boolean {
    if (this.#text[this.#offset] !== character) {
      return false;
    }
    this.#offset += 1;
    return true;
  }

  #error(reason: string): PythonJsonError {
    return new PythonJsonError(reason, this.#text, this.#offset);
  }
}
