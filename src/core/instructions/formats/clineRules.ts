import { toGlob } from '../globs';
import { patternsField, stringField } from './fields';
import type { InstructionFormat } from './format';
import { baseName, locateAtRoot, withoutExtension } from './places';

/** Cline's rules: a folder, or one file of the same name. */
export const clineRules: InstructionFormat = {
  id: 'cline-rules',
  title: 'Cline rule',
  hasFrontMatter: true,
  locate: (place) => {
    if (place.rootKind !== 'workspace') {
      return undefined;
    }
    if (place.path === '.clinerules') {
      return { base: '', home: '', name: '.clinerules' };
    }
    // Workflows, hooks and skills of Cline lie in folders of the same place and are no rules.
    const location = locateAtRoot(place, '.clinerules', /^(?!(?:workflows|hooks|skills)\/).*\.(?:md|txt)$/);
    return location === undefined ? undefined : { ...location, name: withoutExtension(baseName(place.path)) };
  },
  facts: (input) => {
    const description = stringField(input, 'description');
    const globs = patternsField(input, 'paths')?.map((pattern) => toGlob(pattern, 'relative'));
    return globs === undefined ? { mode: 'always', description } : { mode: 'glob', globs, description };
  },
};
