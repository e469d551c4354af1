import { stringField } from './fields';
import type { InstructionFormat } from './format';
import { locateBelow } from './places';

/** A custom agent: its description is always in the catalogue, its text is loaded when it is chosen. */
export const agent: InstructionFormat = {
  id: 'agent',
  title: 'Agent',
  hasFrontMatter: true,
  userPlaces: ['.claude/agents', '.copilot/agents'],
  locate: (place) => {
    for (const home of ['.github', '.claude', '.copilot']) {
      const location = locateBelow(place, `${home}/agents`, /\.md$/);
      if (location !== undefined && !/\/readme$/i.test(`/${location.name}`)) {
        return { ...location, name: location.name.replace(/\.agent$/i, '') };
      }
    }
    return undefined;
  },
  facts: (input) => {
    const description = stringField(input, 'description');
    if (description === undefined && input.frontMatter.state !== 'broken') {
      const fix = 'Add a `description` that says what the agent does and when to choose it.';
      input.report('description', 'warning', 'The agent has no `description`, so nothing can choose it.', fix);
    }
    return { mode: 'onDemand', name: stringField(input, 'name'), description };
  },
};
