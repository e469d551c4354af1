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

/**
 * Splits a prompt at its Markdown headings, or where it has none at its top-level XML tags. Headings in code are none.
 * The texts of the sections joined give the prompt back, unit by unit.
 */
export function splitSections(text: string): PromptSection[] {
  const headings = headingsOf(text);
  return (headings.length >= 2 ? splitAt(text, headings) : splitAt(text, tagsOf(text))).flatMap((section) =>
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

function headingsOf(text: string): Heading[] {
  const headings: Heading[] = [];
  let fence: string | undefined;
  for (const { line, start } of linesOf(text)) {
    const marker = /^ {0,3}(`{3,}|~{3,})/.exec(line)?.[1];
    if (fence !== undefined) {
      fence = marker?.startsWith(fence) === true ? undefined : fence;
    } else if (marker !== undefined) {
      fence = marker;
    } else {
      const match = /^ {0,3}(#{1,6})[ \t]+(\S.*)$/.exec(line);
      if (match !== null) {
        headings.push({ level: match[1]!.length, title: match[2]!.replace(/[ \t]+#+[ \t]*$/, '').trim(), start });
      }
    }
  }
  return headings;
}

function tagsOf(text: string): Heading[] {
  const headings: Heading[] = [];
  let open: string | undefined;
  for (const { line, start } of linesOf(text)) {
    const tag = /^<(\/?)([A-Za-z][\w.-]*)(?:\s[^<>]*)?>\s*$/.exec(line);
    if (tag !== null && open === undefined && tag[1] === '') {
      open = tag[2]!;
      headings.push({ level: 1, title: open.replace(/[_-]+/g, ' '), start });
    } else if (tag !== null && tag[1] === '/' && tag[2] === open) {
      open = undefined;
    }
  }
  return headings;
}

function* linesOf(text: string): Generator<{ line: string; start: number }> {
  let start = 0;
  while (start < text.length) {
    const end = text.indexOf('\n', start);
    const next = end === -1 ? text.length : end + 1;
    yield { line: text.slice(start, next).replace(/\r?\n$/, ''), start };
    start = next;
  }
}
