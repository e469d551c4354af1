import { atOnce } from '../turns';

/** Half-open ranges of offsets (UTF-16), sorted, not overlapping. */
export type Ranges = readonly (readonly [start: number, end: number])[];

export interface MarkdownRegions {
  /** Fenced and indented code, and code spans. */
  readonly code: Ranges;
  /** HTML comments that begin a line, with their line break where nothing follows on the line. */
  readonly blockComments: Ranges;
}

const listItem = /^[ \t]*(?:[-*+]|\d{1,9}[.)])(?:[ \t]|$)/;
/** Starts a new block, so that a code span can't reach over it. */
const blockStart = /^[ \t]*(?:#{1,6}(?:[ \t]|$)|>|(?:[-*+]|\d{1,9}[.)])(?:[ \t]|$))/;
const openingFence = /^[ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?(`{3,}|~{3,})([^\r\n]*)/;

/** Lines that are read between two pauses. */
const linesAtOnce = 64;

/**
 * Where a Markdown text is code or comment, told line by line in linear time. Between the specification and what people
 * write it leans to what harnesses do: a fence counts at any indentation, indented lines of a list are no code.
 */
export function scanMarkdown(text: string): MarkdownRegions {
  return atOnce(scanMarkdownInSteps(text));
}

/** The same, with pauses. */
export function* scanMarkdownInSteps(text: string): Generator<void, MarkdownRegions, void> {
  const code: [number, number][] = [];
  const blockComments: [number, number][] = [];
  let fence: { readonly mark: string; readonly length: number; readonly start: number } | undefined;
  let proseStart = -1;
  let inList = false;
  let afterBlank = true;
  let inIndentedCode = false;
  let commentsClose = true;

  const endProse = (end: number): void => {
    if (proseStart !== -1) {
      addCodeSpans(text, proseStart, end, code);
      proseStart = -1;
    }
  };

  for (let start = 0, lines = 1; start < text.length; lines++) {
    if (lines % linesAtOnce === 0) {
      yield;
    }
    const end = endOfLine(text, start);
    const line = text.slice(start, end);

    if (fence !== undefined) {
      if (closesFence(line, fence.mark, fence.length)) {
        code.push([fence.start, end]);
        fence = undefined;
      }
      start = end;
      continue;
    }
    if (commentsClose && /^ {0,3}<!--/.test(line)) {
      const close = text.indexOf('-->', start + line.indexOf('<!--') + 4);
      // Once none follows, none follows any later opening either: looking each time would be quadratic.
      commentsClose = close !== -1;
      if (commentsClose) {
        endProse(start);
        const lineEnd = endOfLine(text, close);
        const restIsBlank = text.slice(close + 3, lineEnd).trim() === '';
        const commentEnd = restIsBlank ? lineEnd : close + 3;
        blockComments.push([start, commentEnd]);
        start = commentEnd;
        continue;
      }
    }
    const opening = openingFence.exec(line);
    if (opening !== null && !(opening[1]!.startsWith('`') && opening[2]!.includes('`'))) {
      endProse(start);
      inList ||= listItem.test(line);
      fence = { mark: opening[1]![0]!, length: opening[1]!.length, start };
      afterBlank = false;
      inIndentedCode = false;
      start = end;
      continue;
    }
    const blank = line.trim() === '';
    const indented = /^(?: {4}| {0,3}\t)/.test(line);
    if (blank) {
      endProse(start);
    } else if (indented && !inList && (afterBlank || inIndentedCode)) {
      code.push([start, end]);
      inIndentedCode = true;
    } else {
      if (listItem.test(line)) {
        inList = true;
      } else if (!/^[ \t]/.test(line)) {
        inList &&= !afterBlank;
      }
      inIndentedCode = false;
      if (proseStart !== -1 && blockStart.test(line)) {
        endProse(start);
      }
      if (proseStart === -1) {
        proseStart = start;
      }
    }
    afterBlank = blank;
    start = end;
  }
  endProse(text.length);
  if (fence !== undefined) {
    code.push([fence.start, text.length]);
  }
  return { code, blockComments };
}

/** Whether an offset lies in one of the ranges. */
export function isInside(ranges: Ranges, offset: number): boolean {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ranges[middle]![1] <= offset) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < ranges.length && ranges[low]![0] <= offset;
}

export function withoutRanges(text: string, ranges: Ranges): string {
  let kept = '';
  let at = 0;
  for (const [start, end] of ranges) {
    kept += text.slice(at, start);
    at = end;
  }
  return kept + text.slice(at);
}

/** The offset behind the line break that ends the line of `from`. */
function endOfLine(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === 0x0a) {
      return at + 1;
    }
    if (unit === 0x0d) {
      return text.charCodeAt(at + 1) === 0x0a ? at + 2 : at + 1;
    }
  }
  return text.length;
}

function closesFence(line: string, mark: string, length: number): boolean {
  const match = /^[ \t>]*(`{3,}|~{3,})[ \t]*[\r\n]*$/.exec(line);
  return match !== null && match[1]!.startsWith(mark) && match[1]!.length >= length;
}

/** Pairs runs of backticks of equal length within one block of prose. */
function addCodeSpans(text: string, start: number, end: number, code: [number, number][]): void {
  const runs: { readonly at: number; readonly length: number }[] = [];
  for (let at = text.indexOf('`', start); at !== -1 && at < end;) {
    let length = 1;
    while (at + length < end && text.charCodeAt(at + length) === 0x60) {
      length++;
    }
    runs.push({ at, length });
    at = text.indexOf('`', at + length);
  }
  // For each length, the indices of its runs, last first, so that the next one is popped.
  const byLength = new Map<number, number[]>();
  for (let index = runs.length - 1; index >= 0; index--) {
    const same = byLength.get(runs[index]!.length);
    if (same === undefined) {
      byLength.set(runs[index]!.length, [index]);
    } else {
      same.push(index);
    }
  }
  for (let index = 0; index < runs.length;) {
    const opener = runs[index]!;
    const escaped = opener.at > start && text[opener.at - 1] === '\\';
    const length = escaped ? opener.length - 1 : opener.length;
    const candidates = byLength.get(length) ?? [];
    while (candidates.length > 0 && candidates.at(-1)! <= index) {
      candidates.pop();
    }
    const closer = length === 0 ? undefined : candidates.pop();
    if (closer === undefined) {
      index++;
    } else {
      code.push([opener.at, runs[closer]!.at + runs[closer]!.length]);
      index = closer + 1;
    }
  }
}
