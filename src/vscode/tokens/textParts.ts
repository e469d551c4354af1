import { isInside, scanMarkdown } from '../../core/instructions/markdownRegions';
import { frontMatterEnd } from './sections';

/** What a line of a Markdown text is, as far as it matters for what it costs. */
export const lineKinds = ['front matter', 'heading', 'code', 'comment', 'table', 'list', 'prose'] as const;
export type LineKind = (typeof lineKinds)[number];

/** Neighbouring lines of one kind; offsets are UTF-16 units. */
export interface TextPart {
  readonly kind: LineKind;
  readonly start: number;
  readonly end: number;
}

/** Cuts a text into runs of lines of one kind, without gaps; blank lines belong to what stands before them. */
export function partsOf(text: string): TextPart[] {
  const bodyStart = frontMatterEnd(text);
  const regions = scanMarkdown(text);
  const parts: { kind: LineKind; start: number; end: number }[] = [];
  for (let start = 0; start < text.length;) {
    const end = endOfLine(text, start);
    const line = text.slice(start, end);
    const last = parts.at(-1);
    const blank = line.trim() === '' && last !== undefined;
    const kind = blank ? last.kind : kindOf(line, start, bodyStart, regions);
    if (last?.kind === kind) {
      last.end = end;
    } else {
      parts.push({ kind, start, end });
    }
    start = end;
  }
  return parts;
}

function kindOf(line: string, start: number, bodyStart: number, regions: ReturnType<typeof scanMarkdown>): LineKind {
  if (start < bodyStart) {
    return 'front matter';
  }
  if (isInside(regions.blockComments, start)) {
    return 'comment';
  }
  // A line that begins with a code span is prose: only blocks of code hold the whole line.
  const lastUnit = start + Math.max(0, line.trimEnd().length - 1);
  if (isInside(regions.code, start) && isInside(regions.code, lastUnit) && !/^ {0,3}`[^`]/.test(line)) {
    return 'code';
  }
  if (/^ {0,3}#{1,6}(?:\s|$)/.test(line)) {
    return 'heading';
  }
  if (/^\s*\|/.test(line)) {
    return 'table';
  }
  return /^\s*(?:[-*+]|\d{1,9}[.)])\s/.test(line) ? 'list' : 'prose';
}

/** The offset behind the line break that ends the line of `from`. */
function endOfLine(text: string, from: number): number {
  const found = /\r\n|\n|\r/g;
  found.lastIndex = from;
  const match = found.exec(text);
  return match === null ? text.length : match.index + match[0].length;
}
