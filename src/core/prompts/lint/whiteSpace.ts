import type { TextLines } from '../../instructions/textLines';
import type { Hit, QuickFix } from './finding';

/** Characters that nobody sees and that editors and tools drop; the joiner of emoji and scripts is not among them. */
const invisible = /[\u00AD\u200B\u2060\uFEFF]/g;

/**
 * CB09: what editors, Git and templating rewrite without telling, so that two machines send different bytes. One finding
 * for each kind, at its first place. Trailing blanks count only in
 * the parts of a manifest (`strict`): in Markdown files they are hard line breaks.
 */
export function whiteSpaceHits(text: string, lines: TextLines, strict: boolean): Hit[] {
  const hits: Hit[] = [];
  const add = (start: number, end: number, message: string, title: string, newText?: string): void => {
    const edits = newText === undefined ? {} : { edits: [{ range: lines.range(start, end), newText }] };
    const quickFix: QuickFix = { kind: 'normalise', title, ...edits };
    hits.push({ ruleId: 'CB09', start, end, message, fix: `${title}.`, quickFix });
  };
  if (text.startsWith('\uFEFF')) {
    add(0, 1, 'The text begins with a byte order mark, which some tools keep and some drop.', 'Remove it', '');
  }
  const breaks = [...text.matchAll(/\r\n|\n|\r/g)].map(([end]) => end);
  if (breaks.includes('\r\n') && breaks.includes('\n')) {
    const rarer = breaks.filter((end) => end === '\r\n').length * 2 > breaks.length ? /(?<!\r)\n/ : /\r\n/;
    const at = rarer.exec(text)!.index;
    add(at, at + 1, 'The lines end in two ways (LF and CRLF), and tools make them one.', 'Use LF everywhere');
  }
  const composed = text.normalize('NFC');
  if (composed !== text) {
    let at = 0;
    while (text[at] === composed[at]) {
      at++;
    }
    const end = at + 1;
    add(at, end, 'Some characters are not in the composed form (NFC), and tools compose them.', 'Compose them (NFC)');
  }
  const hidden = [...text.matchAll(invisible)].find(({ index }) => index > 0);
  if (hidden !== undefined) {
    const code = hidden[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
    add(hidden.index, hidden.index + 1, `An invisible character (U+${code}) stands here.`, 'Remove it', '');
  }
  const trailing = strict ? /[ \t]+$/m.exec(text.replace(/\r/g, '\n')) : null;
  if (trailing !== null) {
    const end = trailing.index + trailing[0].length;
    add(
      trailing.index,
      end,
      'A line ends with blanks, which editors remove.',
      'Remove blanks at the ends of lines',
      '',
    );
  }
  return hits;
}
