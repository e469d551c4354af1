import { copilotCliImports } from '../importRules';
import { expandImports } from '../imports';
import type { InstructionIndex } from '../instructionIndex';
import type { InstructionFile } from '../model';
import { isOverride } from './agentsFiles';
import { copilotSkills, isCopilotAgent, listPreamble, planInstructionsMd } from './copilot';
import type { Harness, PlannedFile } from './harness';
import { planAgent, planSkills } from './skills';
import { planFile } from './support';

/** GitHub Copilot on the command line: reads the other agents' files at the root too, identical ones once. */
export const copilotCli: Harness = {
  id: 'copilot-cli',
  title: 'GitHub Copilot CLI',
  plan(index) {
    const skills = planSkills(index, { harnessTitle: 'GitHub Copilot CLI', ...copilotSkills });
    const instructions = planInstructionsMd(index);
    const files = [
      ...planRootFiles(index),
      ...instructions,
      ...index.files.filter(isCopilotAgent).map(planAgent),
      ...skills.files,
    ];
    return { files, preambles: listPreamble(instructions), findings: skills.findings };
  },
};

function planRootFiles(index: InstructionIndex): readonly PlannedFile[] {
  const firstWith = new Map<string, InstructionFile>();
  return index.files.filter(isRootFile).map((file) => {
    const text =
      file.format === 'copilot-instructions'
        ? expandImports(file.source.text, file, copilotCliImports, index).text
        : file.source.text;
    const first = firstWith.get(text);
    if (first !== undefined) {
      return planFile(file, { text: '', why: `The same text as \`${first.shownPath}\`, which is loaded once.` });
    }
    firstWith.set(text, file);
    return planFile(file, { text });
  });
}

function isRootFile(file: InstructionFile): boolean {
  switch (file.format) {
    case 'copilot-instructions':
      return true;
    case 'agents-md':
      return file.rootKind !== 'user' && file.base === '' && !isOverride(file.path);
    case 'claude-md':
      return file.rootKind === 'workspace' && file.base === '' && !/\.local\.md$/i.test(file.path);
    case 'gemini-md':
      return file.rootKind === 'workspace' && file.base === '';
    default:
      return false;
  }
}
