import { toGlob } from '../globs';
import { booleanField, patternsField, stringField } from './fields';
import type { FormatInput, InstructionFormat } from './format';
import { locateBelow } from './places';

/** Continue's rules. */
export const continueRules: InstructionFormat = {
  id: 'continue-rules',
  title: 'Continue rule',
  hasFrontMatter: true,
  acceptUnquotedPatterns: true,
  userPlaces: ['.continue/rules'],
  locate: (place) => locateBelow(place, '.continue/rules', /\.md$/),
  facts: (input) => {
    const name = stringField(input, 'name');
    const description = stringField(input, 'description');
    const alwaysApply = booleanField(input, 'alwaysApply');
    const globs = patternsField(input, 'globs')?.map((pattern) =>
      toGlob(pattern, 'name-anywhere', input.location.base),
    );
    if (alwaysApply === true) {
      return { mode: 'always', name, description };
    }
    if (globs !== undefined) {
      return { mode: 'glob', globs, name, description };
    }
    // A rule by the content of files is loaded with any file until its text is known.
    if (hasRegex(input)) {
      return { mode: 'glob', globs: [toGlob('**', 'relative', input.location.base)], name, description };
    }
    if (alwaysApply === undefined) {
      return { mode: 'always', name, description };
    }
    return { mode: description === undefined ? 'manual' : 'onDemand', name, description };
  },
};

function hasRegex(input: FormatInput): boolean {
  const value = input.frontMatter.data['regex'];
  const patterns: readonly unknown[] = Array.isArray(value) ? value : [value];
  let found = false;
  for (const pattern of patterns) {
    if (typeof pattern !== 'string' || pattern === '') {
      continue;
    }
    found = true;
    try {
      new RegExp(pattern);
    } catch {
      const message = `\`regex: ${pattern}\` is not a regular expression, so the rule is never loaded by it.`;
      input.report('regex', 'warning', message, 'Correct the expression, or use `globs`.');
    }
  }
  return found;
}
