import type { Finding } from '../findings';
import type { DiscoveredFile } from './discover';
import type { InstructionRoot } from './instructionRoot';
import { defaultLibraryFolders } from './instructionRoot';
import type { FormatInput } from './formats/format';
import { parseFrontMatter } from './frontMatter';
import type { FrontMatter } from './frontMatter';
import { folderGlob } from './globs';
import { fileId } from './model';
import type { InstructionFile } from './model';
import type { ReadFile } from './readText';
import { TextLines } from './textLines';

/** An instruction before its tokens are counted and its imports looked up. */
export type DescribedFile = Omit<InstructionFile, 'rawTokens' | 'imports'>;

const noFrontMatter: FrontMatter = {
  state: 'absent',
  data: {},
  bodyStart: 0,
  findings: [],
  rangeOf: () => undefined,
};

/** What a file is, from its path and text alone. Never throws. */
export function describeFile(root: InstructionRoot, discovered: DiscoveredFile, read: ReadFile): DescribedFile {
  const { format, location: place, path } = discovered;
  const { source } = read;
  const { text } = source;
  const location = root.files.locate(path);
  const problems: Finding[] = [...source.problems];
  const frontMatter = format.hasFrontMatter
    ? parseFrontMatter(text, { location, acceptUnquotedPatterns: format.acceptUnquotedPatterns === true })
    : noFrontMatter;
  problems.push(...frontMatter.findings);

  const input: FormatInput = {
    location: place,
    place: { path, rootKind: root.kind, libraryFolders: root.libraryFolders ?? defaultLibraryFolders },
    frontMatter,
    body: text.slice(frontMatter.bodyStart),
    report: (field, severity, message, fix) => {
      if (source.status === 'valid') {
        const range = frontMatter.rangeOf(field) ?? { startLine: 0, startCharacter: 0, endLine: 0, endCharacter: 0 };
        problems.push({ id: 'front-matter-field', severity, message, fix, path: location, range });
      }
    },
  };
  const facts = format.facts(input);
  const lines = new TextLines(text);
  const bodyRange = lines.range(frontMatter.bodyStart, text.length);
  if (place.properName !== undefined) {
    problems.push({
      id: 'file-name-case',
      severity: 'warning',
      message: `\`${path}\` is found only on file systems that ignore case.`,
      fix: `Rename it to \`${place.properName}\`.`,
      path: location,
    });
  }
  const bodyLines = bodyRange.endLine - bodyRange.startLine + (bodyRange.endCharacter === 0 ? 0 : 1);
  if (format.advisedLines !== undefined && bodyLines > format.advisedLines) {
    problems.push({
      id: 'long-file',
      severity: 'information',
      message: `The text has ${bodyLines} lines; ${format.advisedLines} are advised for a ${format.title}.`,
      fix: 'Move what is seldom needed into files that are loaded on demand.',
      path: location,
    });
  }
  // What is always loaded from a folder below the root is loaded only when a file there is in play.
  const scoped = facts.mode === 'always' && place.base !== '';
  return {
    id: fileId(root.id, path),
    rootId: root.id,
    rootKind: root.kind,
    path,
    location,
    realPath: read.realPath,
    shownPath: `${root.shownPrefix ?? ''}${path}`,
    format: format.id,
    mode: scoped ? 'glob' : facts.mode,
    globs: scoped ? [folderGlob(place.base)] : (facts.globs ?? []),
    base: place.base,
    home: place.home,
    name: facts.name ?? place.name,
    description: facts.description,
    frontMatter: frontMatter.data,
    bodyStart: frontMatter.bodyStart,
    bodyRange,
    source,
    modifiedMs: read.modifiedMs,
    problems,
  };
}
