import { isInside, scanMarkdownInSteps } from '../../core/instructions/markdownRegions';
import { readMarks } from './sectionMarks';
import type { SectionMark } from './sectionMarks';

/** A half-open stretch of a text, in UTF-16 units. */
export type Stretch = readonly [start: number, end: number];

/**
 * A part of a prompt: a heading with what stands below it up to the next one of its level or above, a tag with what it
 * encloses, a turn of a chat, or what belongs to none of these.
 */
export interface Section {
  readonly kind: SectionMark['kind'] | 'rest';
  /** The heading's text, `<tag>`, or the role. */
  readonly title: string;
  /** How many sections it lies in. */
  readonly depth: number;
  readonly start: number;
  /** End of the section with those inside it, exclusive. */
  readonly end: number;
  /** What is in no section inside it, in order. */
  readonly own: readonly Stretch[];
}

/** Marks that are laid into one another between two pauses. */
const marksAtOnce = 64;

interface OpenSection {
  readonly kind: SectionMark['kind'];
  readonly title: string;
  readonly level: number;
  readonly depth: number;
  readonly start: number;
  end: number;
  readonly own: Stretch[];
}

/**
 * The sections of a Markdown text in the order of their starts, found with pauses; none when it has neither headings nor
 * tags nor turns.
 * Together their own stretches cover the text, except for blank lines before the first one.
 * @param bodyStart offset behind the front matter; lines before it are never headings
 */
export function* sectionsOf(text: string, bodyStart = frontMatterEnd(text)): Generator<void, Section[], void> {
  const { code, blockComments } = yield* scanMarkdownInSteps(text);
  const isHidden = (offset: number): boolean => isInside(code, offset) || isInside(blockComments, offset);
  const marks = yield* readMarks(text, bodyStart, isHidden);
  if (marks.length === 0) {
    return [];
  }
  const { sections, rest } = yield* nest(text, marks);
  const [first] = rest;
  if (first === undefined) {
    return sections;
  }
  const beforeAll = rest.length === 1 && first[0] === 0;
  const title = !beforeAll ? 'Outside of the parts' : bodyStart > 0 ? 'Front matter and introduction' : 'Introduction';
  const outside: Section = { kind: 'rest', title, depth: 0, start: first[0], end: first[1], own: rest };
  const at = sections.findIndex(({ start }) => start > first[0]);
  return at === -1 ? [...sections, outside] : [...sections.slice(0, at), outside, ...sections.slice(at)];
}

/** The tokens of each section with those of the sections inside it, from their own. */
export function totalsOf(sections: readonly Section[], own: readonly number[]): number[] {
  const totals = [...own];
  /** By depth: the tokens of the sections that wait for the one around them. */
  const waiting: number[] = [];
  for (let index = sections.length - 1; index >= 0; index--) {
    const { depth } = sections[index]!;
    totals[index] = own[index]! + (waiting[depth + 1] ?? 0);
    waiting[depth + 1] = 0;
    waiting[depth] = (waiting[depth] ?? 0) + totals[index]!;
  }
  return totals;
}

/** The own tokens of each section, from those of all its stretches in a row. */
export function sumOfStretches(sections: readonly Section[], tokens: readonly number[]): number[] {
  let at = 0;
  return sections.map(({ own }) => {
    const next = at + own.length;
    const sum = tokens.slice(at, next).reduce((total, count) => total + count, 0);
    at = next;
    return sum;
  });
}

/** The offset behind a front matter block, 0 when there is none. */
export function frontMatterEnd(text: string): number {
  const match = /^\uFEFF?---[ \t]*\r?\n(?:[\s\S]*?\r?\n)?---[ \t]*(?:\r?\n|$)/.exec(text);
  return match === null ? 0 : match[0].length;
}

/** Lays the marks into one another, and gives every stretch between two of them to the innermost open section. */
function* nest(
  text: string,
  marks: readonly SectionMark[],
): Generator<void, { sections: Section[]; rest: Stretch[] }, void> {
  const sections: OpenSection[] = [];
  const rest: Stretch[] = [];
  const open: OpenSection[] = [];
  let last: OpenSection | undefined;
  let at = 0;
  const passTo = (end: number): void => {
    if (end > at) {
      const blank = text.slice(at, end).trim() === '';
      // Blank lines behind a part belong to it.
      const owner = open.at(-1) ?? (blank ? last : undefined);
      if (owner !== undefined) {
        owner.own.push([at, end]);
      } else if (!blank) {
        rest.push([at, end]);
      }
    }
    at = end;
  };
  const close = (end: number): void => {
    last = open.pop();
    last!.end = end;
  };
  const closeTagsBefore = (offset: number): void => {
    for (let tag = innermostTag(open); tag !== -1 && open[tag]!.end <= offset; tag = innermostTag(open)) {
      const { end } = open[tag]!;
      passTo(end);
      while (open.length > tag) {
        close(end);
      }
    }
  };
  for (const [index, mark] of marks.entries()) {
    if (index % marksAtOnce === marksAtOnce - 1) {
      yield;
    }
    closeTagsBefore(mark.start);
    passTo(mark.start);
    while (open.length > 0 && endsAt(open.at(-1)!, mark)) {
      close(mark.start);
    }
    const { kind, title, level, start } = mark;
    const section = { kind, title, level, start, depth: open.length, end: mark.end ?? text.length, own: [] };
    sections.push(section);
    open.push(section);
  }
  closeTagsBefore(text.length);
  passTo(text.length);
  return { sections, rest };
}

function innermostTag(open: readonly OpenSection[]): number {
  return open.findLastIndex(({ kind }) => kind === 'tag');
}

/** Only the end of a tag ends it; a turn ends at the next one, a heading there and at those of its level or above. */
function endsAt(section: OpenSection, mark: SectionMark): boolean {
  switch (mark.kind) {
    case 'tag':
      return false;
    case 'turn':
      return section.kind !== 'tag';
    case 'heading':
      return section.kind === 'heading' && section.level >= mark.level;
  }
}
