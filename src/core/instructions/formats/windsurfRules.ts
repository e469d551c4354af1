import { toGlob } from '../globs';
import { choiceField, patternsField, stringField } from './fields';
import type { InstructionFormat } from './format';
import { locateBelow } from './places';

const legacyFile = '.windsurfrules';
const windsurfGlobalRules = '.codeium/windsurf/memories/global_rules.md';

/** Rules of Windsurf and Devin. */
export const windsurfRules: InstructionFormat = {
  id: 'windsurf-rules',
  title: 'Windsurf or Devin rule',
  hasFrontMatter: true,
  acceptUnquotedPatterns: true,
  userPlaces: [windsurfGlobalRules],
  locate: (place) => {
    if (place.rootKind === 'user') {
      return place.path === windsurfGlobalRules ? { base: '', home: '.codeium', name: 'global_rules' } : undefined;
    }
    if (place.path === legacyFile) {
      return { base: '', home: '', name: legacyFile };
    }
    return locateBelow(place, '.windsurf/rules', /\.md$/) ?? locateBelow(place, '.devin/rules', /\.md$/);
  },
  facts: (input) => {
    const description = stringField(input, 'description');
    if (input.place.path === legacyFile || input.place.rootKind === 'user') {
      return { mode: 'always', description };
    }
    const trigger = choiceField(input, 'trigger', ['always_on', 'glob', 'model_decision', 'manual']);
    const patterns = patternsField(input, 'globs');
    const globs = (patterns ?? []).map((pattern) => toGlob(pattern, 'name-anywhere', input.location.base));
    switch (trigger) {
      case 'always_on':
        return { mode: 'always', description };
      case 'glob':
        if (globs.length === 0) {
          const message = 'The rule has `trigger: glob` without `globs`, so it is never loaded.';
          input.report('trigger', 'warning', message, 'Add `globs`, or choose another trigger.');
        }
        return { mode: 'glob', globs, description };
      case 'model_decision':
        if (description === undefined) {
          const message = 'The rule has `trigger: model_decision` without a `description` to decide by.';
          input.report('trigger', 'warning', message, 'Add a `description` that says when the rule applies.');
        }
        return { mode: 'onDemand', description };
      case 'manual':
        return { mode: 'manual', description };
      case undefined: {
        const message = 'The rule has no `trigger`; it is reckoned by its other fields, or as loaded always.';
        input.report('trigger', 'information', message, 'Say when the rule is loaded, such as `trigger: always_on`.');
        return globs.length > 0
          ? { mode: 'glob', globs, description }
          : { mode: description === undefined ? 'always' : 'onDemand', description };
      }
    }
  },
};
