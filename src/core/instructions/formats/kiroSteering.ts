import { kiroImports } from '../importRules';
import { toGlob } from '../globs';
import { choiceField, patternsField, stringField } from './fields';
import type { InstructionFormat } from './format';
import { locateAtRoot } from './places';

/** Kiro's steering files. */
export const kiroSteering: InstructionFormat = {
  id: 'kiro-steering',
  title: 'Kiro steering file',
  hasFrontMatter: true,
  imports: kiroImports,
  userPlaces: ['.kiro/steering'],
  locate: (place) => locateAtRoot(place, '.kiro/steering', /\.md$/),
  facts: (input) => {
    const name = stringField(input, 'name');
    const description = stringField(input, 'description');
    switch (choiceField(input, 'inclusion', ['always', 'fileMatch', 'auto', 'manual'])) {
      case 'fileMatch': {
        const globs = (patternsField(input, 'fileMatchPattern') ?? []).map((pattern) =>
          toGlob(pattern, 'name-anywhere'),
        );
        if (globs.length === 0) {
          const message = 'The file has `inclusion: fileMatch` without `fileMatchPattern`, so it is never loaded.';
          input.report('inclusion', 'warning', message, 'Add `fileMatchPattern`, or choose another inclusion.');
        }
        return { mode: 'glob', globs, name, description };
      }
      case 'auto':
        if (description === undefined) {
          const message = 'The file has `inclusion: auto` without a `description` to decide by.';
          input.report('inclusion', 'warning', message, 'Add `name` and `description`.');
        }
        return { mode: 'onDemand', name, description };
      case 'manual':
        return { mode: 'manual', name, description };
      case 'always':
      case undefined:
        return { mode: 'always', name, description };
    }
  },
};
