import { isInside, scanMarkdownInSteps } from '../../core/instructions/markdownRegions';
import type { MarkdownRegions } from '../../core/instructions/markdownRegions';
import { frontMatterEnd } from './sections';

/** What a line of a Markdown text is, as far as it matters for what it costs. */
export const lineKinds = ['front matter', 'heading', 'code', 'comment', 'table', 'list', 'prose'] as const;
export type LineKind = (typeof lineKinds)[number];

/** Neighbouring lines of one kind; offsets are UTF-16 units. */
export interface Block {
  readonly kind: LineKind;
  readonly start: number;
  readonly end: number;
}

/** Lines that are read between two pauses. */
const linesAtOnce = 64;

/**
 * Cuts a text into runs of lines of one kind, without gaps and with pauses; blank lines belong to what stands before
 * them.
 */
export function* blocksOf(text: string): Generator<void, Block[], void> {
  const bodyStart = frontMatterEnd(text);
  const regions = yield* scanMarkdownInSteps(text);
  const blocks: { kind: LineKind; start: number; end: number }[] = [];
  for (let start = 0, lines = 1; start < text.length; lines++) {
    if (lines % linesAtOnce === 0) {
      yield;
    }
    const end = endOfLine(text, start);
    const line = text.slice(start, end);
    const last = blocks.at(-1);
    const blank = line.trim() === '' && last !== undefined;
    const kind = blank ? last.kind : kindOf(line, start, bodyStart, regions);
    if (last?.kind === kind) {
      last.end = end;
    } else {
      blocks.push({ kind, start, end });
    }
    start = end;
  }
  return blocks;
}

function kindOf(line: string, start: number, bodyStart: number, regions: MarkdownRegions): LineKind {
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
