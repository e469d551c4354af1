import { headingTitle } from '../../core/headingTitle';

/** Where a section begins. Offsets are UTF-16 units. */
export interface SectionMark {
  readonly kind: 'heading' | 'tag' | 'turn';
  /** The heading's text, `<tag>`, or the role of a turn. */
  readonly title: string;
  /** 1–6 of a heading, else 0. */
  readonly level: number;
  readonly start: number;
  /** Of a tag, behind the line that closes it. */
  readonly end?: number;
}

const atxMarks = /^ {0,3}(#{1,6})(?=[ \t]|$)/;
const underline = /^ {0,3}(=+|-+)[ \t]*$/;
/** Lines that start a block of their own: below them a row of dashes is a rule, not a heading's underline. */
const otherBlock = /^(?: {4}|\t| {0,3}(?:#{1,6}(?:[ \t]|$)|>|[-*+][ \t]|\d{1,9}[.)][ \t]|\||<))/;
/** A tag alone on its line. */
const tagLine = /^ {0,3}<(\/?)([A-Za-z][\w.-]*)(?:\s[^<>]*)?>[ \t]*$/;
/** Markup that people write in Markdown; it lays out and is no part of a prompt. */
const markup =
  /^(?:a|b|blockquote|body|br|center|code|details|div|dl|em|figure|h[1-6]|head|hr|html|i|iframe|img|kbd|li|ol|p|picture|pre|script|source|span|strong|style|sub|summary|sup|svg|table|tbody|td|tfoot|th|thead|tr|ul|video)$/i;
/** The head of a turn, alone on its line: `user:`, `**Assistant:**`. */
const turnLine = /^(?:\*\*)?(system|developer|user|human|assistant|tool)(?:\*\*)?:(?:\*\*)?[ \t]*$/i;

/** Lines that are read between two pauses. */
const linesAtOnce = 64;

/**
 * The marks of a text in order, with pauses. Turns are read only where the text begins with one: in instructions a line such as
 * `User:` is just a line.
 * @param isHidden whether an offset lies in code or in a comment
 */
export function* readMarks(
  text: string,
  bodyStart: number,
  isHidden: (offset: number) => boolean,
): Generator<void, SectionMark[], void> {
  const marks: SectionMark[] = [];
  const tags = new OpenTags();
  let isChat: boolean | undefined;
  let previous: { readonly line: string; readonly start: number; readonly paragraphLines: number } | undefined;
  let lines = 0;
  for (const { line, start, next } of linesOf(text, bodyStart)) {
    lines++;
    if (lines % linesAtOnce === 0) {
      yield;
    }
    const hidden = isHidden(start);
    const turn = hidden ? null : turnLine.exec(line);
    if (line.trim() !== '') {
      isChat ??= turn !== null;
    }
    const mark = hidden ? undefined : (headingAt(line, start, previous) ?? turnAt(turn, isChat, start));
    const tag = hidden || mark !== undefined ? null : tagLine.exec(line);
    if (mark !== undefined) {
      marks.push(mark);
    } else if (tag !== null && !markup.test(tag[2]!)) {
      if (tag[1] === '') {
        tags.open(tag[2]!, marks.length);
        marks.push({ kind: 'tag', title: `<${tag[2]!}>`, level: 0, start });
      } else {
        const opened = tags.close(tag[2]!);
        if (opened !== undefined) {
          marks[opened] = { ...marks[opened]!, end: next };
        }
      }
    }
    const paragraph = !hidden && mark === undefined && line.trim() !== '' && !otherBlock.test(line);
    previous = paragraph ? { line, start, paragraphLines: (previous?.paragraphLines ?? 0) + 1 } : undefined;
  }
  return marks.filter(({ kind, end }) => kind !== 'tag' || end !== undefined);
}

function headingAt(
  line: string,
  start: number,
  previous: { readonly line: string; readonly start: number; readonly paragraphLines: number } | undefined,
): SectionMark | undefined {
  const atx = atxMarks.exec(line);
  if (atx !== null) {
    return { kind: 'heading', title: headingTitle(line.slice(atx[0].length)), level: atx[1]!.length, start };
  }
  const rule = previous?.paragraphLines !== 1 ? null : underline.exec(line);
  return rule === null
    ? undefined
    : {
        kind: 'heading',
        title: previous!.line.trim(),
        level: rule[1]!.startsWith('=') ? 1 : 2,
        start: previous!.start,
      };
}

function turnAt(turn: RegExpExecArray | null, isChat: boolean | undefined, start: number): SectionMark | undefined {
  return turn === null || isChat !== true
    ? undefined
    : { kind: 'turn', title: turn[1]!.toLowerCase(), level: 0, start };
}

/** The tags that wait for their end. One that another's end passes over is no section. */
class OpenTags {
  private readonly stack: { readonly name: string; readonly mark: number }[] = [];
  private readonly waiting = new Map<string, number>();

  open(name: string, mark: number): void {
    this.stack.push({ name, mark });
    this.waiting.set(name, (this.waiting.get(name) ?? 0) + 1);
  }

  /** The mark of the tag that ends here; undefined when none of that name is open. */
  close(name: string): number | undefined {
    if ((this.waiting.get(name) ?? 0) === 0) {
      return undefined;
    }
    for (;;) {
      const top = this.stack.pop()!;
      this.waiting.set(top.name, this.waiting.get(top.name)! - 1);
      if (top.name === name) {
        return top.mark;
      }
    }
  }
}

function* linesOf(text: string, from: number): Generator<{ line: string; start: number; next: number }> {
  const breaks = /\r\n|\n|\r/g;
  breaks.lastIndex = from;
  let start = from;
  for (let found = breaks.exec(text); found !== null; found = breaks.exec(text)) {
    const next = found.index + found[0].length;
    yield { line: text.slice(start, found.index), start, next };
    start = next;
  }
  yield { line: text.slice(start), start, next: text.length };
}
