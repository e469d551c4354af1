import { isInside, scanMarkdown } from '../../core/instructions/markdownRegions';

/** A heading with everything below it up to the next heading of its level or above. Offsets are UTF-16 units. */
export interface Section {
  readonly title: string;
  /** 1–6; 0 for what stands before the first heading: front matter and introduction. */
  readonly level: number;
  readonly start: number;
  /** End of the section with its sub-sections, exclusive. */
  readonly end: number;
  /** End of its own text: the next heading of any level. */
  readonly ownEnd: number;
}

const atxHeading = /^ {0,3}(#{1,6})(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*$/;
const underline = /^ {0,3}(=+|-+)[ \t]*$/;
/** Lines that start a block of their own: below them a row of dashes is a rule, not a heading's underline. */
const otherBlock = /^(?: {4}|\t| {0,3}(?:#{1,6}(?:[ \t]|$)|>|[-*+][ \t]|\d{1,9}[.)][ \t]|\||<))/;

/**
 * The sections of a Markdown text in order; none when it has no heading. What stands before the first heading is a
 * section of level 0 when it is not blank.
 * @param bodyStart offset behind the front matter; lines before it are never headings
 */
export function sectionsOf(text: string, bodyStart = frontMatterEnd(text)): Section[] {
  const headings = findHeadings(text, bodyStart);
  const [first] = headings;
  if (first === undefined) {
    return [];
  }
  const sections: Section[] = [];
  if (text.slice(0, first.start).trim() !== '') {
    const title = bodyStart > 0 ? 'Front matter and introduction' : 'Introduction';
    sections.push({ title, level: 0, start: 0, end: first.start, ownEnd: first.start });
  }
  // Headings whose section is still open, outermost first.
  const ends = new Array<number>(headings.length).fill(text.length);
  const open: number[] = [];
  headings.forEach((heading, index) => {
    while (open.length > 0 && headings[open.at(-1)!]!.level >= heading.level) {
      ends[open.pop()!] = heading.start;
    }
    open.push(index);
  });
  headings.forEach((heading, index) => {
    sections.push({ ...heading, end: ends[index]!, ownEnd: headings[index + 1]?.start ?? text.length });
  });
  return sections;
}

/** A section's tokens with those of the sections inside it, which follow it. */
export function withSubsections(sections: readonly Section[], own: readonly number[], index: number): number {
  let sum = 0;
  for (let inner = index; inner < sections.length && sections[inner]!.start < sections[index]!.end; inner++) {
    sum += own[inner]!;
  }
  return sum;
}

/** The offset behind a front matter block, 0 when there is none. */
export function frontMatterEnd(text: string): number {
  const match = /^\uFEFF?---[ \t]*\r?\n(?:[\s\S]*?\r?\n)?---[ \t]*(?:\r?\n|$)/.exec(text);
  return match === null ? 0 : match[0].length;
}

interface Heading {
  readonly title: string;
  readonly level: number;
  readonly start: number;
}

function findHeadings(text: string, bodyStart: number): Heading[] {
  const { code, blockComments } = scanMarkdown(text);
  const headings: Heading[] = [];
  let previous: { readonly line: string; readonly start: number; readonly paragraphLines: number } | undefined;
  for (const { line, start } of linesOf(text, bodyStart)) {
    const hidden = isInside(code, start) || isInside(blockComments, start);
    const atx = hidden ? null : atxHeading.exec(line);
    if (atx !== null) {
      headings.push({ title: atx[2] ?? '', level: atx[1]!.length, start });
      previous = undefined;
      continue;
    }
    const rule = hidden || previous?.paragraphLines !== 1 ? null : underline.exec(line);
    if (rule !== null) {
      headings.push({ title: previous!.line.trim(), level: rule[1]!.startsWith('=') ? 1 : 2, start: previous!.start });
      previous = undefined;
      continue;
    }
    const paragraph: boolean = !hidden && line.trim() !== '' && !otherBlock.test(line);
    previous = paragraph ? { line, start, paragraphLines: (previous?.paragraphLines ?? 0) + 1 } : undefined;
  }
  return headings;
}

function* linesOf(text: string, from: number): Generator<{ line: string; start: number }> {
  const breaks = /\r\n|\n|\r/g;
  breaks.lastIndex = from;
  let start = from;
  for (let found = breaks.exec(text); found !== null; found = breaks.exec(text)) {
    yield { line: text.slice(start, found.index), start };
    start = found.index + found[0].length;
  }
  yield { line: text.slice(start), start };
}
