import type { JsonValue } from '../core/cache/model';
import type { PythonValue } from '../core/cache/pythonJson';
import { isPythonArray, isPythonObject, PythonNumber } from '../core/cache/pythonJson';
import { fromJson, printPython } from '../core/cache/pythonJsonPrint';

/** A value of the command line's JSON output; fields that are undefined are left out. */
export type OutputValue =
  JsonValue | Exact | undefined | readonly OutputValue[] | { readonly [name: string]: OutputValue };

/** A document of the cache, printed with all its digits and in its order. */
export class Exact {
  readonly value: PythonValue;

  constructor(value: PythonValue) {
    this.value = value;
  }
}

/**
 * One JSON document with a newline, in ASCII, so that nothing in it acts on a terminal. NaN and the infinities, which
 * JSON lacks, become strings.
 */
export function formatJson(value: OutputValue): string {
  return `${printPython(toDocument(value), { indent: 2 })}\n`;
}

function toDocument(value: OutputValue): PythonValue {
  if (value instanceof Exact) {
    return withoutInfinities(value.value);
  }
  if (typeof value !== 'object' || value === null) {
    return withoutInfinities(fromJson(value ?? null));
  }
  if (Array.isArray(value)) {
    return (value as readonly OutputValue[]).map(toDocument);
  }
  return new Map(
    Object.entries(value as Readonly<Record<string, OutputValue>>)
      .filter(([, item]) => item !== undefined)
      .map(([name, item]) => [name, toDocument(item)]),
  );
}

function withoutInfinities(value: PythonValue): PythonValue {
  if (isPythonArray(value)) {
    return value.map(withoutInfinities);
  }
  if (isPythonObject(value)) {
    return new Map([...value].map(([name, item]) => [name, withoutInfinities(item)]));
  }
  return value instanceof PythonNumber && value.kind === 'float' && !Number.isFinite(value.value)
    ? value.toString()
    : value;
}
