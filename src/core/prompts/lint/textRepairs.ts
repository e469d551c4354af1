import { TextLines } from '../../instructions/textLines';
import type { LintFinding, TextEdit } from './finding';
import { applyTextEdits, offsetsOf } from './repair';
import type { Repair } from './repair';

/**
 * How a finding about one text can be repaired within that text. What takes a manifest (variables, the order of parts)
 * is in `manifestRepairs.ts`.
 * @param text the text that was linted
 */
export function textRepairs(finding: LintFinding, text: string): Repair[] {
  const { quickFix, range, path, id } = finding;
  if (quickFix === undefined || range === undefined || path === undefined) {
    return [];
  }
  const lines = new TextLines(text);
  const { start, end } = offsetsOf(lines, range);
  const found = text.slice(start, end);
  const repair = (title: string, edits: readonly TextEdit[], safe = false): Repair[] => [
    { title, edits: edits.map((edit) => ({ ...edit, path })), safe },
  ];
  const replace = (title: string, newText: string): Repair[] => repair(title, [{ range, newText }]);
  switch (quickFix.kind) {
    case 'normalise':
      return repair(quickFix.title, quickFix.edits ?? [], true);
    case 'sort':
      return withSortedNames(found) === found ? [] : replace(quickFix.title, withSortedNames(found));
    case 'make-relative':
      return replace(quickFix.title, found.replace(/^(?:\/home\/|\/Users\/|[A-Za-z]:\\Users\\)[^/\\]+/, '~'));
    case 'make-on-demand':
      return replace(quickFix.title, found.startsWith('!') ? found.slice(1) : `\`${found.slice(1)}\``);
    case 'remove':
      return repair(quickFix.title, [removal(lines, range.endLine)]);
    case 'move-below-prefix':
      return id === 'CB11' ? moveList(text, start, repair) : [];
    case 'replace-with-variable':
      return [];
  }
}

/** Makes every repair that is safe, one after the other, until there is none left. */
export function repairSafely(text: string, lint: (text: string) => readonly LintFinding[]): string {
  let repaired = text;
  // Each kind of white space is one finding; one repair never brings back what another took away.
  for (let round = 0; round < 20; round++) {
    const next = lint(repaired)
      .flatMap((finding) => textRepairs(finding, repaired))
      .find(({ safe, edits }) => safe && edits.length > 0);
    if (next === undefined) {
      return repaired;
    }
    repaired = applyTextEdits(repaired, next.edits);
  }
  return repaired;
}

/**
 * `json.dumps(…)` of Python, or the filter `tojson` of Hugging Face's templates, with or without arguments. The text as
 * it is where the call has no end.
 */
function withSortedNames(text: string): string {
  const call = /json\.dumps(?=\()|\|\s*tojson\b/.exec(text);
  const from = call === null ? text.length : call.index + call[0].length;
  const to = text[from] === '(' ? behindClosing(text, from) : from;
  if (call === null || to === undefined) {
    return text;
  }
  const sorted = call[0].startsWith('json') ? 'sort_keys=True' : 'sort_keys=true';
  const given = text.slice(from + 1, Math.max(from + 1, to - 1)).trim();
  const others = given.endsWith(',') ? given.slice(0, -1) : given;
  const said = /\bsort_keys\s*=\s*\w+/;
  const all = said.test(others)
    ? others.replace(said, sorted)
    : [others, sorted].filter((one) => one !== '').join(', ');
  return `${text.slice(0, from)}(${all})${text.slice(to)}`;
}

/** The offset behind the parenthesis that closes the one at `open`; those in quotes do not count. */
function behindClosing(text: string, open: number): number | undefined {
  const marks = /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[()]/g;
  marks.lastIndex = open;
  let depth = 0;
  for (let mark = marks.exec(text); mark !== null; mark = marks.exec(text)) {
    depth += mark[0] === '(' ? 1 : mark[0] === ')' ? -1 : 0;
    if (depth === 0) {
      return marks.lastIndex;
    }
  }
  return undefined;
}

/** A whole line, with its line break. */
function removal(lines: TextLines, line: number): TextEdit {
  const last = line + 1 >= lines.count;
  return {
    range: last
      ? { startLine: line, startCharacter: 0, ...endOf(lines, line) }
      : { startLine: line, startCharacter: 0, endLine: line + 1, endCharacter: 0 },
    newText: '',
  };
}

function endOf(lines: TextLines, line: number): { readonly endLine: number; readonly endCharacter: number } {
  const { line: endLine, character } = lines.position(lines.offset(line + 1, 0));
  return { endLine, endCharacter: character };
}

/** A list of skills, from its opening line to its closing one, goes to the end of the text. */
function moveList(text: string, start: number, repair: (title: string, edits: TextEdit[]) => Repair[]): Repair[] {
  const list = /^<([\w-]+)>[\s\S]*?<\/\1>[ \t]*(?:\r\n|\n|\r|$)/i.exec(text.slice(start));
  if (list === null) {
    return [];
  }
  const lines = new TextLines(text);
  const lineStart = lines.offset(lines.position(start).line, 0);
  const end = lines.range(text.length, text.length);
  const gap = /(?:\r\n|\n|\r)$/.test(text) ? '\n' : '\n\n';
  return repair('Move the list to the end of the file', [
    { range: lines.range(lineStart, start + list[0].length), newText: '' },
    { range: end, newText: `${gap}${text.slice(lineStart, start)}${list[0].trimEnd()}\n` },
  ]);
}
