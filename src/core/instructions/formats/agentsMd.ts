import { claudeImports } from '../importRules';
import type { InstructionFormat } from './format';
import { locateByName } from './places';

const names = ['AGENTS.md', 'AGENTS.override.md'];

/** AGENTS.md, in the root and in folders, and Codex's override. */
export const agentsMd: InstructionFormat = {
  id: 'agents-md',
  title: 'AGENTS.md',
  hasFrontMatter: false,
  imports: claudeImports,
  userPlaces: ['.codex/AGENTS.md', '.codex/AGENTS.override.md'],
  ancestorPlaces: names,
  locate: ({ path, rootKind }) => {
    if (rootKind !== 'user') {
      return locateByName(path, names);
    }
    const inside = path.startsWith('.codex/') ? locateByName(path.slice('.codex/'.length), names) : undefined;
    return inside?.base === '' ? { ...inside, home: '.codex' } : undefined;
  },
  facts: () => ({ mode: 'always' }),
};
