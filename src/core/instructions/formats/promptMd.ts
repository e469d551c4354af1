import { stringField } from './fields';
import type { InstructionFormat } from './format';
import { locateAtRoot } from './places';

/** A prompt that a person starts by name. */
export const promptMd: InstructionFormat = {
  id: 'prompt-md',
  title: '*.prompt.md',
  hasFrontMatter: true,
  locate: (place) => {
    const location = locateAtRoot(place, '.github/prompts', /\.prompt\.md$/);
    return location === undefined ? undefined : { ...location, name: location.name.replace(/\.prompt$/i, '') };
  },
  facts: (input) => ({
    mode: 'manual',
    name: stringField(input, 'name'),
    description: stringField(input, 'description'),
  }),
};
