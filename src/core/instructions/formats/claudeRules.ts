import { claudeImports } from '../importRules';
import { expandedCount, maxExpandedPatterns, toGlob } from '../globs';
import { patternsField, stringField } from './fields';
import type { InstructionFormat } from './format';
import { locateBelow } from './places';

/** Claude Code's rules, loaded always or for matching paths. */
export const claudeRules: InstructionFormat = {
  id: 'claude-rules',
  title: 'Claude rule',
  hasFrontMatter: true,
  imports: claudeImports,
  userPlaces: ['.claude/rules'],
  ancestorPlaces: ['.claude/rules'],
  readsBeyondRepository: true,
  locate: (place) => locateBelow(place, '.claude/rules', /\.md$/),
  facts: (input) => {
    const description = stringField(input, 'description');
    const patterns = patternsField(input, 'paths');
    if (patterns === undefined) {
      return { mode: 'always', description };
    }
    const expanded = patterns.reduce((sum, pattern) => sum + expandedCount(pattern), 0);
    if (expanded > maxExpandedPatterns) {
      const message = `\`paths\` expands to more than ${maxExpandedPatterns} patterns; Claude Code ignores the rest.`;
      input.report('paths', 'warning', message, 'Use wider patterns with fewer alternatives in braces.');
    }
    return {
      mode: 'glob',
      globs: patterns.map((pattern) => toGlob(pattern, 'relative', input.location.base)),
      description,
    };
  },
};
