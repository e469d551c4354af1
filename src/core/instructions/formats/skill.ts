import { stringField } from './fields';
import type { InstructionFormat } from './format';
import { baseName, folderOf, locateBelow } from './places';

/** Settings folders with skills; which harness looks into which is the harness's matter. */
const skillHomes = ['.github', '.claude', '.agents', '.gemini', '.cursor', '.codex', '.copilot'] as const;

const maxNameLength = 64;
const maxDescriptionLength = 1024;

/** SKILL.md: name and description are always in the catalogue, the text is loaded when it is needed. */
export const skill: InstructionFormat = {
  id: 'skill',
  title: 'Skill',
  hasFrontMatter: true,
  advisedLines: 500,
  userPlaces: skillHomes.map((home) => `${home}/skills`),
  locate: (place) => {
    if (baseName(place.path).toLowerCase() !== 'skill.md') {
      return undefined;
    }
    for (const home of skillHomes) {
      const location = locateBelow(place, `${home}/skills`, /^.+\/skill\.md$/);
      if (location !== undefined) {
        const properName = baseName(place.path) === 'SKILL.md' ? {} : { properName: 'SKILL.md' };
        return { ...location, name: baseName(folderOf(place.path)), ...properName };
      }
    }
    return undefined;
  },
  facts: (input) => {
    const name = stringField(input, 'name');
    const description = stringField(input, 'description');
    if (input.frontMatter.state !== 'broken') {
      checkName(name, input);
      checkDescription(description, input);
    }
    return { mode: 'onDemand', name, description };
  },
};

function checkName(name: string | undefined, input: Parameters<InstructionFormat['facts']>[0]): void {
  const folder = input.location.name;
  if (name === undefined) {
    input.report('name', 'warning', 'The skill has no `name`.', `Add \`name: ${folder}\` to its front matter.`);
  } else if (codePoints(name) > maxNameLength) {
    const message = `The skill's name has ${codePoints(name)} characters; ${maxNameLength} are allowed.`;
    input.report('name', 'warning', message, 'Shorten it, and rename its folder to match.');
  } else if (name !== folder) {
    const message = `The skill is named \`${name}\`, but its folder \`${folder}\`.`;
    input.report('name', 'information', message, 'Give both the same name; some harnesses skip the skill otherwise.');
  }
}

function checkDescription(description: string | undefined, input: Parameters<InstructionFormat['facts']>[0]): void {
  if (description === undefined) {
    const fix = 'Add a `description` that says what the skill does and when to use it.';
    input.report('description', 'warning', 'The skill has no `description`, so no agent can choose it.', fix);
  } else if (codePoints(description) > maxDescriptionLength) {
    const length = codePoints(description);
    const message = `The skill's description has ${length} characters; ${maxDescriptionLength} are allowed.`;
    input.report(
      'description',
      'warning',
      message,
      'Keep what it does and when to use it; move the rest into its text.',
    );
  }
}

function codePoints(text: string): number {
  return Array.from(text).length;
}
