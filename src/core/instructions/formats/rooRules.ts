import type { InstructionFormat } from './format';
import { baseName, withoutExtension } from './places';

/** Roo's rules, for all modes (`rules`) or for one (`rules-code`). */
export const rooRules: InstructionFormat = {
  id: 'roo-rules',
  title: 'Roo rule',
  hasFrontMatter: false,
  userPlaces: ['.roo'],
  locate: ({ path, rootKind }) =>
    (rootKind === 'workspace' || rootKind === 'user') && /^\.roo\/rules[^/]*\/(?:.*\/)?[^./][^/]*$/i.test(path)
      ? { base: '', home: '.roo', name: withoutExtension(baseName(path)) }
      : undefined,
  facts: () => ({ mode: 'always' }),
};
