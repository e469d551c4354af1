import type { InstructionFormat } from './format';
import { baseName, withoutExtension } from './places';

/** Kilo Code's rules. */
export const kiloRules: InstructionFormat = {
  id: 'kilo-rules',
  title: 'Kilo rule',
  hasFrontMatter: false,
  userPlaces: ['.kilocode/rules'],
  locate: ({ path, rootKind }) =>
    (rootKind === 'workspace' || rootKind === 'user') && /^\.kilocode\/rules\/(?:.*\/)?[^./][^/]*$/i.test(path)
      ? { base: '', home: '.kilocode', name: withoutExtension(baseName(path)) }
      : undefined,
  facts: () => ({ mode: 'always' }),
};
