import { isSourceError } from '../errors';
import type { Finding } from '../findings';
import { mapLimited } from '../instructions/concurrency';
import type { InstructionFiles } from '../instructions/files';
import { folderOf } from '../instructions/formats/places';
import { isInside, scanMarkdown } from '../instructions/markdownRegions';
import { joinInside } from '../instructions/mentions';
import type { InstructionFile } from '../instructions/model';
import { TextLines } from '../instructions/textLines';
import type { WorkOptions } from '../ports';
import { takeTurn } from '../turns';

interface Link {
  readonly written: string;
  readonly start: number;
  readonly end: number;
  /** Relative to the root; the link is good when one of them is there. */
  readonly candidates: readonly string[];
}

const parallelLooks = 16;

/** Markdown links of instruction files to files of the workspace that are not there. */
export async function findDeadLinks(
  files: readonly InstructionFile[],
  filesOf: (rootId: string) => InstructionFiles | undefined,
  options: WorkOptions = {},
): Promise<Finding[]> {
  const known = new Map<string, Promise<boolean>>();
  const exists = async (file: InstructionFile, path: string): Promise<boolean> => {
    const id = `${file.rootId}\n${path}`;
    const looked = known.get(id) ?? isThere(filesOf(file.rootId), path, options);
    known.set(id, looked);
    return looked;
  };
  const found = await mapLimited(files, parallelLooks, async (file) => {
    await takeTurn(options);
    const { text } = file.source;
    const links = text.includes('](') ? linksOf(text, folderOf(file.path)) : [];
    const lines = links.length === 0 ? undefined : new TextLines(text);
    const findings: Finding[] = [];
    for (const { written, start, end, candidates } of links) {
      const there = await Promise.all(candidates.map(async (path) => exists(file, path)));
      await takeTurn(options);
      if (!there.includes(true)) {
        findings.push({
          id: 'dead-link',
          severity: 'warning',
          message: `\`${written}\` is linked, but there is no such file.`,
          fix: 'Correct the path, or remove the link.',
          path: file.location,
          range: lines!.range(start, end),
        });
      }
    }
    return findings;
  });
  return found.flat();
}

/** Links outside of code that surely mean a file inside the workspace. */
export function linksOf(text: string, folder: string): readonly Link[] {
  const { code } = scanMarkdown(text);
  const links: Link[] = [];
  for (const match of text.matchAll(/\]\((<[^<>\r\n]{1,500}>|[^\s()<>]{1,500})(?:[ \t][^()\r\n]{0,200})?\)/g)) {
    const start = match.index + 2;
    const written = match[1]!.replace(/^<|>$/g, '');
    const candidates = isInside(code, match.index) ? [] : candidatesOf(written, folder);
    if (candidates.length > 0) {
      links.push({ written, start, end: start + match[1]!.length, candidates });
    }
  }
  return links;
}

function candidatesOf(written: string, folder: string): readonly string[] {
  const path = decode(written.replace(/[?#].*$/, '')).replace(/^mdc:/, '/');
  // Addresses, headings, home folders, templates and examples are no files of the workspace.
  if (path === '' || path === '/' || /^[a-z][a-z0-9+.-]*:|^\/\/|^~|[{}<>*$|…]|\.\.\.|\bpath\/to\b/i.test(path)) {
    return [];
  }
  const places = path.startsWith('/') ? [joinInside('', path)] : [joinInside(folder, path), joinInside('', path)];
  // One that leads out may well be there: nothing is said about it.
  return places[0] === undefined ? [] : places.filter((place): place is string => place !== undefined);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

async function isThere(files: InstructionFiles | undefined, path: string, options: WorkOptions): Promise<boolean> {
  try {
    await files?.stat(path, options);
    return true;
  } catch (error) {
    if (isSourceError(error, 'not-found')) {
      return false;
    }
    if (isSourceError(error, 'cancelled')) {
      throw error;
    }
    // What can't be looked at may be there.
    return true;
  }
}
