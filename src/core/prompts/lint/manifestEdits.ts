import { isMap, isScalar, isSeq, parseDocument } from 'yaml';
import type { Pair, YAMLMap } from 'yaml';
import { TextLines } from '../../instructions/textLines';
import type { Stability } from '../model';
import type { TextEdit } from './finding';

/** Declares a variable in the text of a manifest; undefined where the text is written in a way that is not edited. */
export function declareVariable(manifestText: string, name: string, kind: Stability): TextEdit | undefined {
  const root = rootOf(manifestText);
  if (root === undefined || root.flow === true) {
    return undefined;
  }
  const lines = new TextLines(manifestText);
  const insert = (offset: number, newText: string): TextEdit => ({ range: lines.range(offset, offset), newText });
  const declaration = `${name}: { kind: ${kind} }`;
  const existing = pairOf(root, 'variables');
  if (existing === undefined) {
    const parts = startOf(pairOf(root, 'parts'));
    return parts === undefined ? undefined : insert(parts, `variables:\n  ${declaration}\n`);
  }
  const { value } = existing;
  if (isMap(value)) {
    const first = value.items[0];
    if (value.flow === true) {
      const open = value.range![0] + 1;
      return insert(open, first === undefined ? ` ${declaration} ` : ` ${declaration},`);
    }
    const at = startOf(first);
    const { character = 0 } = at === undefined ? {} : lines.position(at);
    return at === undefined ? undefined : insert(at, `${declaration}\n${' '.repeat(character)}`);
  }
  // `variables:` with nothing behind it.
  const key = existing.key;
  return isScalar(key) && (value === null || (isScalar(value) && value.value === null)) && key.range
    ? insert(manifestText.indexOf(':', key.range[1] - 1) + 1, `\n  ${declaration}`)
    : undefined;
}

/**
 * Moves an item of `parts`, with the comments above it, behind another one; both are counted from 0. Undefined for
 * parts that are not written one below the other.
 */
export function movePart(manifestText: string, from: number, behind: number): readonly TextEdit[] | undefined {
  const root = rootOf(manifestText);
  const parts = root === undefined ? undefined : pairOf(root, 'parts')?.value;
  if (!isSeq(parts) || parts.flow === true || !parts.range) {
    return undefined;
  }
  const lines = new TextLines(manifestText);
  const starts = parts.items.map((item) => {
    const range = (item as { readonly range?: readonly [number, number, number] | null }).range;
    return range === null || range === undefined
      ? undefined
      : firstLineOf(manifestText, lines, lines.position(range[0]).line);
  });
  const lineAt = (index: number): number | undefined => (index < starts.length ? starts[index] : lastLine());
  const lastLine = (): number => {
    const end = lines.position(manifestText.slice(0, parts.range![1]).trimEnd().length).line;
    return end + 1;
  };
  const [start, next, target] = [lineAt(from), lineAt(from + 1), lineAt(behind + 1)];
  if (start === undefined || next === undefined || target === undefined) {
    return undefined;
  }
  const chunk = manifestText.slice(lines.offset(start, 0), lines.offset(next, 0));
  const at = lines.offset(target, 0);
  const endsWithBreak = /[\r\n]$/.test(manifestText.slice(0, at));
  return [
    { range: lines.range(lines.offset(start, 0), lines.offset(next, 0)), newText: '' },
    { range: lines.range(at, at), newText: endsWithBreak ? chunk : `\n${chunk.replace(/\r?\n$/, '')}` },
  ];
}

/** The line of an item, or that of the first comment right above it. */
function firstLineOf(text: string, lines: TextLines, line: number): number {
  const above = line - 1;
  return above >= 0 && /^[ \t]*#/.test(text.slice(lines.offset(above, 0), lines.offset(line, 0)))
    ? firstLineOf(text, lines, above)
    : line;
}

function rootOf(text: string): YAMLMap | undefined {
  const document = parseDocument(text, { prettyErrors: false, logLevel: 'silent', schema: 'core', merge: false });
  return document.errors.length === 0 && isMap(document.contents) ? document.contents : undefined;
}

function pairOf(map: YAMLMap, name: string): Pair | undefined {
  return map.items.find(({ key }) => isScalar(key) && key.value === name);
}

function startOf(pair: Pair | undefined): number | undefined {
  return isScalar(pair?.key) ? pair.key.range?.[0] : undefined;
}
