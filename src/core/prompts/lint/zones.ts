/** Half-open range of UTF-16 offsets. */
export interface Zone {
  readonly start: number;
  readonly end: number;
}

/** Where a Markdown text shows code or speaks to its editors, so that what stands there is an example or a comment. */
export interface TextZones {
  /** Fenced blocks, their fences included. */
  readonly fences: readonly Zone[];
  /** Inline code, the back-ticks included. */
  readonly codeSpans: readonly Zone[];
  readonly comments: readonly Zone[];
  /** The YAML block at the head. */
  readonly frontMatter: Zone | undefined;
}

export function zonesOf(text: string): TextZones {
  const frontMatter = /^\uFEFF?---[ \t]*\r?\n[\s\S]*?\r?\n---[ \t]*(?:\r?\n|$)/.exec(text)?.[0].length;
  const fences = fencesOf(text, frontMatter ?? 0);
  const outside = (zone: Zone): boolean => !contains(fences, zone.start);
  const codeSpans = zonesFrom(text, /(?<!`)(`+)(?!`)(?:(?!\n[ \t]*\n)[\s\S])*?(?<!`)\1(?!`)/g).filter(outside);
  const comments = commentsOf(text).filter(outside);
  return {
    fences,
    codeSpans,
    comments,
    frontMatter: frontMatter === undefined ? undefined : { start: 0, end: frontMatter },
  };
}

/** Comments that are closed. A beginning without an end is none, and where one has none, no later one has. */
function commentsOf(text: string): Zone[] {
  const zones: Zone[] = [];
  for (let start = text.indexOf('<!--'); start !== -1;) {
    const close = text.indexOf('-->', start + 4);
    if (close === -1) {
      break;
    }
    zones.push({ start, end: close + 3 });
    start = text.indexOf('<!--', close + 3);
  }
  return zones;
}

export function contains(zones: readonly Zone[], offset: number): boolean {
  return zones.some(({ start, end }) => offset >= start && offset < end);
}

function fencesOf(text: string, from: number): Zone[] {
  const zones: Zone[] = [];
  const fence = /^[ \t>]*(`{3,}|~{3,})[^\n]*$/gm;
  fence.lastIndex = from;
  let open: { start: number; mark: string } | undefined;
  for (let match = fence.exec(text); match !== null; match = fence.exec(text)) {
    const mark = match[1]!;
    if (open === undefined) {
      open = { start: match.index, mark };
    } else if (mark.startsWith(open.mark) && match[0].trim().replace(/^[> \t]+/, '') === mark) {
      zones.push({ start: open.start, end: match.index + match[0].length });
      open = undefined;
    }
  }
  return open === undefined ? zones : [...zones, { start: open.start, end: text.length }];
}

function zonesFrom(text: string, pattern: RegExp): Zone[] {
  return [...text.matchAll(pattern)].map((match) => ({ start: match.index, end: match.index + match[0].length }));
}
