import { toGlob } from '../globs';
import { patternsField, stringField } from './fields';
import type { FormatInput, InstructionFormat } from './format';
import { baseName, withoutExtension } from './places';
import type { LoadMode } from '../model';

const modes: Readonly<Record<string, LoadMode>> = {
  always: 'always',
  glob: 'glob',
  ondemand: 'onDemand',
  manual: 'manual',
};

/** The library of Context Cache: instructions that are seeded into sandboxes and fetched by their tag. */
export const library: InstructionFormat = {
  id: 'library',
  title: 'Library instruction',
  hasFrontMatter: true,
  locate: ({ path, rootKind, libraryFolders }) => {
    const inLibrary =
      rootKind === 'library' ||
      (rootKind === 'workspace' && libraryFolders.some((folder) => folder === '' || path.startsWith(`${folder}/`)));
    return inLibrary && /\.md$/i.test(path) && !/^readme\.md$/i.test(baseName(path))
      ? { base: '', home: '', name: tagOfFileName(baseName(path)) }
      : undefined;
  },
  facts: (input) => {
    checkTtl(input);
    const name = stringField(input, 'tag') ?? stringField(input, 'name');
    const description = stringField(input, 'description');
    const globs = patternsField(input, 'globs')?.map((pattern) => toGlob(pattern, 'name-anywhere'));
    return { mode: libraryMode(input), name, description, ...(globs === undefined ? {} : { globs }) };
  },
};

/** The tag of a file that names none: `research.md` and `research_instructions.md` are both `research`. */
export function tagOfFileName(fileName: string): string {
  return withoutExtension(fileName).replace(/(?<=.)_instructions$/i, '');
}

function libraryMode(input: FormatInput): LoadMode {
  const written = stringField(input, 'mode');
  const mode = written === undefined ? 'onDemand' : modes[written.toLowerCase().replace(/[-_ ]/g, '')];
  if (mode === undefined) {
    const fix = 'Use `always`, `glob`, `onDemand` or `manual`.';
    input.report('mode', 'warning', `\`mode: ${written!}\` is not known; it counts as onDemand.`, fix);
  }
  return mode ?? 'onDemand';
}

function checkTtl(input: FormatInput): void {
  const { ttlHours } = input.frontMatter.data;
  const valid = typeof ttlHours === 'number' && Number.isFinite(ttlHours) && ttlHours > 0;
  if (ttlHours !== undefined && ttlHours !== null && !valid) {
    input.report('ttlHours', 'warning', '`ttlHours` is not a number above 0 and is ignored.', 'Write `ttlHours: 168`.');
  }
}
