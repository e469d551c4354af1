import { toGlob } from '../globs';
import { booleanField, patternsField, stringField } from './fields';
import type { InstructionFormat } from './format';
import { locateBelow } from './places';

const legacyFile = '.cursorrules';

/** Cursor's rules, and the one file that came before them. */
export const cursorRules: InstructionFormat = {
  id: 'cursor-rules',
  title: 'Cursor rule',
  hasFrontMatter: true,
  acceptUnquotedPatterns: true,
  advisedLines: 500,
  locate: (place) =>
    place.path === legacyFile
      ? { base: '', home: '', name: legacyFile }
      : place.rootKind === 'workspace'
        ? locateBelow(place, '.cursor/rules', /\.mdc$/)
        : undefined,
  facts: (input) => {
    const description = stringField(input, 'description');
    if (input.place.path === legacyFile || booleanField(input, 'alwaysApply') === true) {
      return { mode: 'always', description };
    }
    const globs = patternsField(input, 'globs')?.map((pattern) =>
      toGlob(pattern, 'name-anywhere', input.location.base),
    );
    if (globs !== undefined) {
      return { mode: 'glob', globs, description };
    }
    return { mode: description === undefined ? 'manual' : 'onDemand', description };
  },
};
