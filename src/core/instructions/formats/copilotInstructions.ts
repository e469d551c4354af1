import { copilotCliImports } from '../importRules';
import type { InstructionFormat } from './format';

/** Copilot's file for a whole repository or person. */
export const copilotInstructions: InstructionFormat = {
  id: 'copilot-instructions',
  title: 'Copilot repository file',
  hasFrontMatter: false,
  imports: copilotCliImports,
  userPlaces: ['.copilot/copilot-instructions.md'],
  locate: ({ path, rootKind }) => {
    const home = rootKind === 'user' ? '.copilot' : '.github';
    return path.toLowerCase() === `${home}/copilot-instructions.md`
      ? { base: '', home, name: 'copilot-instructions' }
      : undefined;
  },
  facts: () => ({ mode: 'always' }),
};
