import { headingTitle } from '../headingTitle';

/** A stretch of a prompt under one heading. Sections follow one another without gaps. */
export interface PromptSection {
  /** The heading without its marks; empty for what stands before the first one. */
  readonly title: string;
  /** 0 without a heading. */
  readonly level: number;
  readonly text: string;
}

interface Heading {
  readonly title: string;
  readonly level: number;
  readonly start: number;
}

/** Longer sections are split at the headings inside them. UTF-16 units, about 2,000 tokens. */
const longSection = 8000;
/** Tags around less text are no sections. */
const shortestTag = 200;

/**
 * Splits a prompt at its Markdown headings and at the XML tags that stand alone on a line. Headings in code are none, and
 * tags that hold examples or little text are none. The texts of the sections joined give the prompt back, unit by unit.
 */
export function splitSections(text: string): PromptSection[] {
  return splitAt(text, headingsOf(text)).flatMap((section) =>
    section.text.length > longSection ? splitDeeper(section) : [section],
  );
}

function splitDeeper(section: PromptSection): PromptSection[] {
  const inner = headingsOf(section.text).filter(({ level, start }) => start > 0 && level > section.level);
  if (inner.length < 2) {
    return [section];
  }
  const [head, ...rest] = splitAt(section.text, inner);
  return [{ ...section, text: head!.text }, ...rest].flatMap((part) =>
    part.text.length > longSection && part.text.length < section.text.length ? splitDeeper(part) : [part],
  );
}

/** Splits at the highest level that occurs more than once. */
function splitAt(text: string, headings: readonly Heading[]): PromptSection[] {
  const levels = [...new Set(headings.map(({ level }) => level))].sort((left, right) => left - right);
  const chosen = levels.find((level) => headings.filter((heading) => heading.level <= level).length >= 2);
  const cuts = headings.filter(({ level }) => chosen !== undefined && level <= chosen);
  const sections: PromptSection[] = [];
  if (cuts.length === 0 || cuts[0]!.start > 0) {
    sections.push({ title: '', level: 0, text: text.slice(0, cuts[0]?.start) });
  }
  cuts.forEach(({ title, level, start }, index) => {
    sections.push({ title, level, text: text.slice(start, cuts[index + 1]?.start) });
  });
  return sections.filter((section) => section.text !== '');
}

/** Headings and tags; what stands within a tag is one level deeper than it. */
function headingsOf(text: string): Heading[] {
  const headings: Heading[] = [];
  const open: string[] = [];
  const lines = [...linesOf(text)];
  const code = codeLines(lines.map(({ line }) => line));
  for (const [index, { line, start, next }] of lines.entries()) {
    if (code.has(index)) {
      continue;
    }
    const heading = /^ {0,3}(#{1,6})[ \t]+(\S.*)$/.exec(line);
    const tag = /^<(\/?)([A-Za-z][\w.-]*)(?:\s[^<>]*)?>\s*$/.exec(line);
    if (heading !== null) {
      const title = headingTitle(heading[2]!);
      headings.push({ level: heading[1]!.length + open.length, title, start });
    } else if (tag !== null && tag[1] === '' && isSection(text, tag[2]!, next)) {
      headings.push({ level: open.length + 1, title: tag[2]!.replace(/[_-]+/g, ' '), start });
      open.push(tag[2]!);
    } else if (tag !== null && tag[1] === '/' && open.includes(tag[2]!)) {
      open.length = open.lastIndexOf(tag[2]!);
    }
  }
  return headings;
}

/** The lines of fenced code. A fence that another one follows before it is closed was never meant to be one. */
function codeLines(lines: readonly string[]): Set<number> {
  const code = new Set<number>();
  let open: { line: number; mark: string } | undefined;
  lines.forEach((line, index) => {
    const fence = /^ {0,3}(`{3,}|~{3,})(.*)$/.exec(line);
    if (fence === null) {
      return;
    }
    const [, mark, info] = fence;
    if (open === undefined || (mark!.startsWith(open.mark) && info!.trim() !== '')) {
      open = { line: index, mark: mark! };
    } else if (mark!.startsWith(open.mark)) {
      for (let inside = open.line; inside <= index; inside++) {
        code.add(inside);
      }
      open = undefined;
    }
  });
  return code;
}

function isSection(text: string, tag: string, from: number): boolean {
  const close = text.indexOf(`\n</${tag}>`, from - 1);
  return close - from >= shortestTag && !/example|sample|snippet|code|good|bad|output/i.test(tag);
}

function* linesOf(text: string): Generator<{ line: string; start: number; next: number }> {
  let start = 0;
  while (start < text.length) {
    const end = text.indexOf('\n', start);
    const next = end === -1 ? text.length : end + 1;
    yield { line: text.slice(start, next).replace(/\r?\n$/, ''), start, next };
    start = next;
  }
}
