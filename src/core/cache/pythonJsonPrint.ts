import { replaceInSlices } from '../replaceInSlices';
import type { JsonValue } from './model';
import type { PythonObject, PythonValue } from './pythonJson';
import { isPythonArray, isPythonObject, PythonNumber } from './pythonJson';

export interface PrintOptions {
  /** Spaces per level; without it everything is on one line, with `, ` and `: ` between. */
  readonly indent?: number;
  /** Writes everything outside printable ASCII as `\uxxxx`. Default true, as in Python. */
  readonly ensureAscii?: boolean;
  /** Sorts names by code point. */
  readonly sortKeys?: boolean;
}

/** What the original writer uses for an index. */
export const indexStyle: PrintOptions = { indent: 2, ensureAscii: true };

/**
 * Prints as Python's `json.dumps` does, character for character, without a newline at the end. With `ensureAscii`
 * false a lone surrogate throws a RangeError: there is no UTF-8 for it.
 */
export function printPython(value: PythonValue, options: PrintOptions): string {
  const parts: string[] = [];
  print(value, options, '', parts);
  return parts.join('');
}

function print(value: PythonValue, options: PrintOptions, margin: string, parts: string[]): void {
  if (typeof value === 'string') {
    parts.push(printString(value, options.ensureAscii ?? true));
  } else if (isPythonArray(value)) {
    printItems(value, ['[', ']'], options, margin, parts, (item, inner) => {
      print(item, options, inner, parts);
    });
  } else if (isPythonObject(value)) {
    const entries = [...value];
    if (options.sortKeys === true) {
      entries.sort(([a], [b]) => compareCodePoints(a, b));
    }
    printItems(entries, ['{', '}'], options, margin, parts, ([name, item], inner) => {
      parts.push(printString(name, options.ensureAscii ?? true), ': ');
      print(item, options, inner, parts);
    });
  } else {
    parts.push(String(value));
  }
}

function printItems<Item>(
  items: readonly Item[],
  [open, close]: readonly [string, string],
  options: PrintOptions,
  margin: string,
  parts: string[],
  printItem: (item: Item, inner: string) => void,
): void {
  parts.push(open);
  const inner = options.indent === undefined ? '' : `\n${margin.slice(1)}${' '.repeat(options.indent)}`;
  const separator = options.indent === undefined ? ', ' : `,${inner}`;
  items.forEach((item, position) => {
    parts.push(position === 0 ? inner : separator);
    printItem(item, inner);
  });
  if (items.length > 0 && options.indent !== undefined) {
    parts.push(`\n${margin.slice(1)}`);
  }
  parts.push(close);
}

const shortEscapes: ReadonlyMap<string, string> = new Map([
  ['"', '\\"'],
  ['\\', '\\\\'],
  ['\b', '\\b'],
  ['\f', '\\f'],
  ['\n', '\\n'],
  ['\r', '\\r'],
  ['\t', '\\t'],
]);
/* eslint-disable no-control-regex -- exactly the characters that Python escapes */
const unprintableAscii = /["\\\x00-\x1f\x7f-\uffff]/g;
const unprintable = /["\\\x00-\x1f]/g;
/* eslint-enable no-control-regex */

function printString(text: string, ensureAscii: boolean): string {
  if (!ensureAscii && /\p{Surrogate}/u.test(text)) {
    throw new RangeError('A lone surrogate can only be printed as an escape.');
  }
  const escaped = replaceInSlices(
    text,
    ensureAscii ? unprintableAscii : unprintable,
    (character) => shortEscapes.get(character) ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `"${[...escaped].join('')}"`;
}

/** The order in which Python sorts strings: by code point, where `<` goes by UTF-16 unit. */
function compareCodePoints(a: string, b: string): number {
  const left = Array.from(a);
  const right = Array.from(b);
  for (let index = 0; index < left.length && index < right.length; index += 1) {
    const difference = (left[index]?.codePointAt(0) ?? 0) - (right[index]?.codePointAt(0) ?? 0);
    if (difference !== 0) {
      return difference;
    }
  }
  return left.length - right.length;
}

/**
 * A value for display: objects without a prototype, so that `__proto__` is a name like any other. What a JavaScript
 * number can't hold (integers beyond a double, `NaN`, infinities) becomes its text.
 */
export function toDisplayJson(value: PythonValue): JsonValue {
  if (isPythonArray(value)) {
    return value.map(toDisplayJson);
  }
  if (isPythonObject(value)) {
    return objectToDisplayJson(value);
  }
  if (value instanceof PythonNumber) {
    const exact = Number.isFinite(value.value) && (value.kind === 'float' || BigInt(value.value) === BigInt(value.raw));
    return exact ? value.value : value.toString();
  }
  return value;
}

export function objectToDisplayJson(object: PythonObject): Readonly<Record<string, JsonValue>> {
  const result = Object.create(null) as Record<string, JsonValue>;
  for (const [name, item] of object) {
    result[name] = toDisplayJson(item);
  }
  return result;
}

/** A JavaScript value as a Python document: whole numbers become integers. */
export function fromJson(value: JsonValue): PythonValue {
  if (typeof value === 'number') {
    return Number.isInteger(value) ? PythonNumber.int(value) : PythonNumber.float(value);
  }
  if (value === null || typeof value !== 'object') {
    return value;
  }
  if (Array.isArray(value)) {
    return (value as readonly JsonValue[]).map(fromJson);
  }
  return new Map(Object.entries(value).map(([name, item]) => [name, fromJson(item)]));
}
