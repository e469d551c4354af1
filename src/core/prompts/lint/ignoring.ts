import { TextLines } from '../../instructions/textLines';
import type { TextEdit } from './finding';
import type { RuleId } from './rules';
import { contains, zonesOf } from './zones';

/** How a kind of file writes a comment. */
type CommentStyle = 'hash' | 'slashes' | 'markup';

/** The comment that switches a rule off for one line of a file, or for the whole file; undefined for JSON. */
export function ignoreEdit(
  path: string,
  text: string,
  line: number,
  ruleId: RuleId,
  reach: 'line' | 'file',
): TextEdit | undefined {
  const style = styleOf(path);
  if (style === undefined) {
    return undefined;
  }
  const lines = new TextLines(text);
  const insert = (offset: number, newText: string): TextEdit => ({ range: lines.range(offset, offset), newText });
  const start = lines.offset(line, 0);
  const { frontMatter, fences } = zonesOf(text);
  const inFrontMatter = style === 'markup' && frontMatter !== undefined && start < frontMatter.end;
  if (reach === 'file' || (style === 'markup' && contains(fences, start)) || (inFrontMatter && line === 0)) {
    const gap = text === '' || /[\r\n]$/.test(text) ? '' : '\n';
    return insert(text.length, `${gap}${written(style, `context-cache-ignore-file ${ruleId}`)}\n`);
  }
  if (style === 'markup' && !inFrontMatter) {
    // On a line of its own it would end a list or a table.
    const content = text.slice(start, lines.offset(line + 1, 0)).trimEnd();
    return insert(start + content.length, ` ${written(style, `context-cache-ignore ${ruleId}`)}`);
  }
  const indent = /^[ \t]*/.exec(text.slice(start))![0];
  const comment = written(inFrontMatter ? 'hash' : style, `context-cache-ignore-next-line ${ruleId}`);
  return insert(start, `${indent}${comment}\n`);
}

function written(style: CommentStyle, text: string): string {
  return style === 'markup' ? `<!-- ${text} -->` : `${style === 'hash' ? '#' : '//'} ${text}`;
}

function styleOf(path: string): CommentStyle | undefined {
  if (/\.(?:ya?ml|py|pyi|toml|sh|rb)$/i.test(path)) {
    return 'hash';
  }
  if (/\.json$/i.test(path)) {
    return undefined;
  }
  return /\.(?:[cm]?[tj]sx?|jsonc|java|go|rs|cs|kt|swift)$/i.test(path) ? 'slashes' : 'markup';
}
