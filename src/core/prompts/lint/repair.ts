import { TextLines } from '../../instructions/textLines';
import type { TextRange } from '../../findings';
import type { TextEdit } from './finding';

/** An edit in one of several files. */
export interface FileEdit extends TextEdit {
  /** Absolute path or URI, as findings name files. */
  readonly path: string;
}

/** What repairs a finding; nothing is changed yet. */
export interface Repair {
  readonly title: string;
  readonly edits: readonly FileEdit[];
  /** Whether the text means the same afterwards for sure, so that it may be done to a whole file unseen. */
  readonly safe: boolean;
}

/** The text with edits made, all of them in places of the text as it is; the edits may come in any order. */
export function applyTextEdits(text: string, edits: readonly TextEdit[]): string {
  const lines = new TextLines(text);
  return edits
    .map(({ range, newText }) => ({ ...offsetsOf(lines, range), newText }))
    .sort((left, right) => right.start - left.start || right.end - left.end)
    .reduce((result, { start, end, newText }) => result.slice(0, start) + newText + result.slice(end), text);
}

/** The offsets of a range, in UTF-16 units. */
export function offsetsOf(
  lines: TextLines,
  { startLine, startCharacter, endLine, endCharacter }: TextRange,
): { readonly start: number; readonly end: number } {
  return { start: lines.offset(startLine, startCharacter), end: lines.offset(endLine, endCharacter) };
}
