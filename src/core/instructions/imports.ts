import type { TextRange } from '../findings';
import { candidatePaths, findMentions, joinInside, meansFile, withoutTail } from './mentions';
import type { Mention } from './mentions';
import { scanMarkdown, withoutRanges } from './markdownRegions';
import { fileId } from './model';
import type { FilePlace, ImportReference, ImportStatus, IndexedRoot, SourceText } from './model';
import type { ImportRules } from './formats/format';
import { folderOf } from './formats/places';
import { TextLines } from './textLines';

/** Where a mention leads: places to try in order, or nowhere inside the known roots. */
export function placesOfMention(
  mention: Mention,
  from: FilePlace,
  rules: Pick<ImportRules, 'syntax' | 'home'>,
  roots: readonly IndexedRoot[],
): readonly FilePlace[] {
  const { path } = mention;
  if (path.startsWith('~/')) {
    const home = rules.home ? roots.find((root) => root.kind === 'user') : undefined;
    const inside = joinInside('', withoutTail(path.slice(2)));
    return home === undefined || inside === undefined ? [] : [{ rootId: home.id, path: inside }];
  }
  const root = roots.find((candidate) => candidate.id === from.rootId);
  if (path.startsWith('/') && rules.syntax === 'at-path') {
    const top = root === undefined ? undefined : `${root.location.replace(/\/$/, '')}/`;
    const inside =
      top !== undefined && path.startsWith(top) ? joinInside('', withoutTail(path.slice(top.length))) : undefined;
    return inside === undefined ? [] : [{ rootId: from.rootId, path: inside }];
  }
  const candidates = candidatePaths(mention, folderOf(from.path), rules.syntax) ?? [];
  return candidates.map((candidate) => ({ rootId: from.rootId, path: candidate }));
}

export interface Expansion {
  /** What is loaded into the context. */
  readonly text: string;
  readonly imports: readonly ImportReference[];
}

/**
 * Puts the text of mentioned files in place, each file once, with a limit of depth and a guard against cycles. `loaded`
 * holds the ids of files that are in the context already and is added to.
 */
export function expandImports(
  text: string,
  from: FilePlace,
  rules: ImportRules,
  index: { readonly texts: ReadonlyMap<string, SourceText>; readonly roots: readonly IndexedRoot[] },
  loaded = new Set<string>([fileId(from.rootId, from.path)]),
): Expansion {
  const imports: ImportReference[] = [];
  const chain = [fileId(from.rootId, from.path)];

  const expand = (current: string, place: FilePlace, depth: number): string => {
    const mentions = findMentions(current, rules.syntax, rules.removesComments);
    const lines = mentions.length === 0 ? undefined : new TextLines(current);
    const pieces: string[] = [];
    const appended: string[] = [];
    let at = 0;
    for (const mention of mentions) {
      const isCertain = meansFile(mention, rules.syntax);
      const note = (status: ImportStatus, target?: string): void => {
        const range: TextRange = lines!.range(mention.start, mention.end);
        imports.push({ path: mention.path, target, status, range, depth, from: place, isCertain });
      };
      const places = placesOfMention(mention, place, rules, index.roots);
      const found = places.find((candidate) => readable(index.texts, candidate));
      if (found === undefined) {
        const told = places.map((candidate) => index.texts.get(fileId(candidate.rootId, candidate.path))?.status);
        const status = told.find(
          (candidate) => candidate !== undefined && candidate !== 'missing' && candidate !== 'valid',
        );
        if (isCertain || status !== undefined) {
          note(places.length === 0 ? 'outside' : ((status as ImportStatus | undefined) ?? 'missing'), places[0]?.path);
        }
        continue;
      }
      const id = fileId(found.rootId, found.path);
      const status = chain.includes(id)
        ? 'cycle'
        : loaded.has(id)
          ? 'duplicate'
          : depth > rules.maxDepth
            ? 'too-deep'
            : 'expanded';
      note(status, found.path);
      if (status !== 'expanded') {
        continue;
      }
      loaded.add(id);
      chain.push(id);
      const inner = expand(index.texts.get(id)!.text, found, depth + 1);
      chain.pop();
      if (rules.placement === 'append') {
        appended.push(inner);
      } else {
        const marked =
          rules.placement === 'replace'
            ? inner
            : `<!-- Imported from: ${mention.path} -->\n${inner}\n<!-- End of import from: ${mention.path} -->`;
        pieces.push(current.slice(at, mention.start), marked);
        at = mention.end;
      }
    }
    pieces.push(current.slice(at));
    // Texts that stay in place are cleaned as a whole; with `replace` the inner ones are clean already.
    const own = rules.removesComments ? withoutComments(pieces.join('')) : pieces.join('');
    return [own, ...appended].join(appended.length === 0 ? '' : '\n');
  };

  return { text: expand(text, { rootId: from.rootId, path: from.path }, 1), imports };
}

/** A text without the HTML comments that begin a line, except in code. */
export function withoutComments(text: string): string {
  return text.includes('<!--') ? withoutRanges(text, scanMarkdown(text).blockComments) : text;
}

function readable(texts: ReadonlyMap<string, SourceText>, place: FilePlace): boolean {
  return texts.get(fileId(place.rootId, place.path))?.status === 'valid';
}
