import { claudeImports } from '../importRules';
import type { InstructionFormat, Location } from './format';
import { folderOf, locateByName } from './places';

const names = ['CLAUDE.md', 'CLAUDE.local.md'];

/** Claude Code's CLAUDE.md, in folders and in their `.claude`. */
export const claudeMd: InstructionFormat = {
  id: 'claude-md',
  title: 'CLAUDE.md',
  hasFrontMatter: false,
  imports: claudeImports,
  advisedLines: 200,
  userPlaces: ['.claude/CLAUDE.md'],
  ancestorPlaces: [...names, '.claude/CLAUDE.md'],
  readsBeyondRepository: true,
  locate: ({ path, rootKind }) => {
    const inSettings = /^(?:(.*)\/)?\.claude\/([^/]+)$/.exec(path);
    if (inSettings !== null) {
      const location = locateByName(inSettings[2]!, ['CLAUDE.md']);
      return location === undefined ? undefined : { ...location, base: inSettings[1] ?? '', home: '.claude' };
    }
    return rootKind === 'user' ? undefined : inFolder(path);
  },
  facts: () => ({ mode: 'always' }),
};

function inFolder(path: string): Location | undefined {
  return /(?:^|\/)\.claude(?:\/|$)/.test(folderOf(path)) ? undefined : locateByName(path, names);
}
