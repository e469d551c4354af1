import { geminiImports } from '../importRules';
import type { InstructionFormat } from './format';
import { locateByName } from './places';

/** Gemini's GEMINI.md, in the workspace, the folders above it, and the home folder. */
export const geminiMd: InstructionFormat = {
  id: 'gemini-md',
  title: 'GEMINI.md',
  hasFrontMatter: false,
  imports: geminiImports,
  userPlaces: ['.gemini/GEMINI.md'],
  ancestorPlaces: ['GEMINI.md'],
  locate: ({ path, rootKind }) => {
    if (rootKind !== 'user') {
      return locateByName(path, ['GEMINI.md']);
    }
    return path === '.gemini/GEMINI.md' ? { base: '', home: '.gemini', name: 'GEMINI.md' } : undefined;
  },
  facts: () => ({ mode: 'always' }),
};
