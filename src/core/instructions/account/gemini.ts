import type { Finding } from '../../findings';
import { takeTurn } from '../../turns';
import { geminiImports } from '../importRules';
import { expandImports } from '../imports';
import type { InstructionIndex } from '../instructionIndex';
import type { Harness, PlannedFile } from './harness';
import { planAgentsFiles } from './agentsFiles';
import { planSkills } from './skills';
import { planFile } from './support';

const homes = ['.gemini', '.agents'];
const maxFolders = 200;

export const gemini: Harness = {
  id: 'gemini',
  title: 'Gemini CLI',
  async plan(index, options) {
    const skills = planSkills(index, { harnessTitle: 'Gemini CLI', homes, userHomes: homes });
    const own = index.files
      .filter((file) => file.format === 'gemini-md' && readsName(index, file.rootId, 'GEMINI.md'))
      .map((file) => planFile(file));
    const byName = planAgentsFiles(index).filter(({ file }) => readsName(index, file.rootId, 'AGENTS.md'));
    const files: PlannedFile[] = [];
    for (const planned of [...own, ...byName]) {
      await takeTurn(options);
      const { text } = expandImports(planned.file.source.text, planned.file, geminiImports, index);
      files.push({ ...planned, text });
    }
    return {
      files: [...files, ...skills.files],
      preambles: [],
      findings: [...skills.findings, ...tooManyFolders(index)],
    };
  },
};

/** The names of context files are a setting of Gemini's; without it there is GEMINI.md alone. */
function readsName(index: InstructionIndex, rootId: string, name: string): boolean {
  const own = index.roots.find(({ id }) => id === rootId)?.geminiFileNames;
  const names = own ?? index.roots.find(({ kind }) => kind === 'user')?.geminiFileNames ?? ['GEMINI.md'];
  return names.includes(name);
}

function tooManyFolders(index: InstructionIndex): Finding[] {
  return index.roots.flatMap((root) => {
    const nested = index.files.find(
      (file) => file.format === 'gemini-md' && file.rootId === root.id && file.base !== '',
    );
    return nested === undefined || (root.folderCount ?? 0) <= maxFolders
      ? []
      : [
          {
            id: 'folder-limit',
            severity: 'information' as const,
            message: `Gemini CLI looks into ${maxFolders} folders; ${root.label} has ${root.folderCount!}, so it may miss files such as \`${nested.shownPath}\`.`,
            fix: 'Ignore folders without instructions in `.geminiignore`.',
            path: nested.location,
          },
        ];
  });
}
