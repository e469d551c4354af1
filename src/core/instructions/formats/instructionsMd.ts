import { toGlob } from '../globs';
import { patternsField, stringField } from './fields';
import type { InstructionFormat } from './format';
import { locateAtRoot } from './places';

/** `applyTo` patterns that mean every request. */
const everyFile: ReadonlySet<string> = new Set(['**', '**/*', '*']);

/** Copilot's `*.instructions.md`. */
export const instructionsMd: InstructionFormat = {
  id: 'instructions-md',
  title: '*.instructions.md',
  hasFrontMatter: true,
  acceptUnquotedPatterns: true,
  userPlaces: ['.copilot/instructions'],
  locate: (place) => {
    const home = place.rootKind === 'user' ? '.copilot' : '.github';
    const location = locateAtRoot(place, `${home}/instructions`, /\.instructions\.md$/);
    return location === undefined ? undefined : { ...location, name: location.name.replace(/\.instructions$/i, '') };
  },
  facts: (input) => {
    const name = stringField(input, 'name');
    const description = stringField(input, 'description');
    const patterns = patternsField(input, 'applyTo');
    if (patterns !== undefined) {
      const mode = patterns.some((pattern) => everyFile.has(pattern)) ? 'always' : 'glob';
      return { mode, globs: patterns.map((pattern) => toGlob(pattern, 'anywhere')), name, description };
    }
    return { mode: description === undefined ? 'manual' : 'onDemand', name, description };
  },
};
