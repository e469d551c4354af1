import { isInside, scanMarkdown } from './markdownRegions';

/** A mention of another file in a text. */
export interface Mention {
  /** As written, without `@` or brackets, with escaped blanks resolved. */
  readonly path: string;
  /** Offsets (UTF-16) of all of the mention, the mark included. */
  readonly start: number;
  readonly end: number;
}

/** `at-path`: `@docs/guide.md`, outside of code. `file-link`: `#[[file:docs/guide.md]]`. */
export type MentionSyntax = 'at-path' | 'file-link';

const sentenceMarks: ReadonlySet<string> = new Set('.,;:!?)]}\'"*_>');
const textExtension = /\.(?:md|mdc|mdx|markdown|txt|rst|adoc|json|jsonc|json5|ya?ml|toml)$/i;

/** All mentions in a text, in order; those in code do not count, nor those in block comments where these are removed. */
export function findMentions(text: string, syntax: MentionSyntax, commentsRemoved = false): readonly Mention[] {
  const marker = syntax === 'at-path' ? '@' : '#[[file:';
  if (!text.includes(marker)) {
    return [];
  }
  const pattern = syntax === 'at-path' ? /(?<=^|\s)@((?:\\[^\r\n]|[^\s\\])+)/g : /#\[\[file:([^\]\r\n]+)\]\]/g;
  const mentions: Mention[] = [];
  const regions = scanMarkdown(text);
  for (const match of text.matchAll(pattern)) {
    const inComment = commentsRemoved && isInside(regions.blockComments, match.index);
    if (inComment || isInside(regions.code, match.index)) {
      continue;
    }
    const path = match[1]!.replace(/\\(.)/g, '$1').trim();
    if (syntax === 'file-link' || /^(?:~\/|\.{0,2}\/|[\p{L}\p{N}._-])/u.test(path)) {
      mentions.push({ path, start: match.index, end: match.index + match[0].length });
    }
  }
  return mentions;
}

/**
 * Whether a mention surely means a file. `@alice`, `@types/node` and `@/components` do not: harnesses try them too, but
 * nobody wants to hear that they are no files.
 */
export function meansFile(mention: Mention, syntax: MentionSyntax): boolean {
  const path = withoutTail(mention.path);
  return syntax === 'file-link' || /^(?:~|\.{1,2})\//.test(path) || textExtension.test(path);
}

/** Without a fragment and without the punctuation of the sentence around it. */
export function withoutTail(path: string): string {
  const file = path.replace(/#.*$/, '');
  let end = file.length;
  while (end > 0 && sentenceMarks.has(file[end - 1]!)) {
    end--;
  }
  return file.slice(0, end);
}

/**
 * The paths (relative to the root, `/`) that a mention may mean, best first; undefined when it points out of the root.
 */
export function candidatePaths(
  mention: Mention,
  fromFolder: string,
  syntax: MentionSyntax,
): readonly string[] | undefined {
  const bases = syntax === 'file-link' ? ['', fromFolder] : [fromFolder];
  const candidates = new Set<string>();
  for (const base of bases) {
    for (const path of [mention.path.replace(/#.*$/, ''), withoutTail(mention.path)]) {
      const joined = joinInside(base, path);
      if (joined !== undefined && joined !== '') {
        candidates.add(joined);
      }
    }
  }
  return candidates.size === 0 ? undefined : [...candidates];
}

/** Resolves `.` and `..`; undefined when the path leaves the root. Back slashes are separators, as people write them. */
export function joinInside(folder: string, path: string): string | undefined {
  const segments = folder === '' ? [] : folder.split('/');
  for (const segment of path.replace(/\\/g, '/').split('/')) {
    if (segment === '..') {
      if (segments.pop() === undefined) {
        return undefined;
      }
    } else if (segment !== '' && segment !== '.') {
      segments.push(segment);
    }
  }
  return segments.join('/');
}
