import type { TextLines } from '../../instructions/textLines';
import type { Hit, QuickFix, TextEdit } from './finding';

/** Characters that nobody sees and that editors and tools drop; the joiner of emoji and scripts is not among them. */
const invisible = /[\u00AD\u200B\u2060\uFEFF]/g;

/**
 * CB09: what editors, Git and templating rewrite without telling, so that two machines send different bytes. One finding
 * for each kind, at its first place. Trailing blanks count only in
 * the parts of a manifest (`strict`): in Markdown files they are hard line breaks.
 */
export function whiteSpaceHits(text: string, lines: TextLines, strict: boolean): Hit[] {
  const hits: Hit[] = [];
  const add = (start: number, end: number, message: string, title: string, edits: readonly TextEdit[]): void => {
    const quickFix: QuickFix = { kind: 'normalise', title, edits };
    hits.push({ ruleId: 'CB09', start, end, message, fix: `${title}.`, quickFix });
  };
  const replace = (pattern: RegExp, change: (found: string) => string): TextEdit[] =>
    [...text.matchAll(pattern)]
      .map((match) => ({ match, newText: change(match[0]) }))
      .filter(({ match, newText }) => newText !== match[0])
      .map(({ match: { 0: found, index }, newText }) => ({ range: lines.range(index, index + found.length), newText }));
  if (text.startsWith('\uFEFF')) {
    const message = 'The text begins with a byte order mark, which some tools keep and some drop.';
    add(
      0,
      1,
      message,
      'Remove the byte order mark',
      replace(/^\uFEFF/g, () => ''),
    );
  }
  const breaks = [...text.matchAll(/\r\n|\n|\r/g)].map(([end]) => end);
  if (breaks.includes('\r\n') && breaks.includes('\n')) {
    const rarer = breaks.filter((end) => end === '\r\n').length * 2 > breaks.length ? /(?<!\r)\n/ : /\r\n/;
    const at = rarer.exec(text)!.index;
    const message = 'The lines end in two ways (LF and CRLF), and tools make them one.';
    add(
      at,
      at + 1,
      message,
      'Use LF everywhere',
      replace(/\r\n/g, () => '\n'),
    );
  }
  const composed = text.normalize('NFC');
  if (composed !== text) {
    let at = 0;
    while (text[at] === composed[at]) {
      at++;
    }
    const message = 'Some characters are not in the composed form (NFC), and tools compose them.';
    add(
      at,
      at + 1,
      message,
      'Compose them (NFC)',
      replace(/[^\r\n]+/g, (line) => line.normalize('NFC')),
    );
  }
  const hidden = [...text.matchAll(invisible)].find(({ index }) => index > 0);
  if (hidden !== undefined) {
    const code = hidden[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
    add(
      hidden.index,
      hidden.index + 1,
      `An invisible character (U+${code}) stands here.`,
      'Remove invisible characters',
      replace(new RegExp(`(?<!^)${invisible.source}`, 'g'), () => ''),
    );
  }
  const trailing = strict ? replace(/(?<![ \t])[ \t]+(?=\r\n|\n|\r|$)/g, () => '') : [];
  if (trailing[0] !== undefined) {
    const { startLine, startCharacter, endCharacter } = trailing[0].range;
    add(
      lines.offset(startLine, startCharacter),
      lines.offset(startLine, endCharacter),
      'A line ends with blanks, which editors remove.',
      'Remove blanks at the ends of lines',
      trailing,
    );
  }
  return hits;
}
