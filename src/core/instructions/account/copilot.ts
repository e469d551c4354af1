import type { InstructionIndex } from '../instructionIndex';
import type { InstructionFile } from '../model';
import { isOverride } from './agentsFiles';
import type { Harness, PlannedFile, Preamble } from './harness';
import { planAgent, planSkills } from './skills';
import type { SkillRules } from './skills';
import { catalogEntry, planFile } from './support';

/** Measured on Copilot Chat: what stands around the list of instruction files, in tokens of o200k_base. */
const listPreambleTokens = 159;

export const copilotSkills: Omit<SkillRules, 'harnessTitle'> = {
  homes: ['.github', '.claude', '.agents'],
  userHomes: ['.copilot', '.claude', '.agents'],
  limits: { fullCharacters: 15_000, nameCharacters: 5_000 },
};

/** GitHub Copilot in VS Code. */
export const copilot: Harness = {
  id: 'copilot',
  title: 'GitHub Copilot in VS Code',
  plan(index) {
    const skills = planSkills(index, { harnessTitle: 'GitHub Copilot', ...copilotSkills });
    const instructions = planInstructionsMd(index);
    const agentsFiles = index.files
      .filter((file) => file.format === 'agents-md' && file.rootKind === 'workspace' && !isOverride(file.path))
      .map(planAgentsMd);
    const files = [
      ...index.files.filter((file) => file.format === 'copilot-instructions').map((file) => planFile(file)),
      ...instructions,
      ...agentsFiles,
      ...index.files.filter((file) => file.format === 'prompt-md').map((file) => planFile(file)),
      ...index.files.filter(isCopilotAgent).map(planAgent),
      ...skills.files,
    ];
    return { files, preambles: listPreamble([...instructions, ...agentsFiles]), findings: skills.findings };
  },
};

/** Every `*.instructions.md` costs an entry in the list, whether or not its text is loaded. */
export function planInstructionsMd(index: InstructionIndex): readonly PlannedFile[] {
  return index.files
    .filter((file) => file.format === 'instructions-md')
    .map((file) =>
      planFile(file, {
        catalogText: catalogEntry('instruction', {
          description: file.description,
          file: file.shownPath,
          applyTo: file.globs.map(({ written }) => written).join(','),
        }),
      }),
    );
}

export function listPreamble(candidates: readonly PlannedFile[]): readonly Preamble[] {
  const because = candidates.filter(({ catalogText }) => catalogText !== '');
  return because.length === 0
    ? []
    : [{ title: 'Text around the list of instruction files', tokens: listPreambleTokens, because }];
}

export function isCopilotAgent(file: InstructionFile): boolean {
  return file.format === 'agent' && (file.home !== '.claude' || /\.agent\.md$/i.test(file.path));
}

function planAgentsMd(file: InstructionFile): PlannedFile {
  return file.base === ''
    ? planFile(file)
    : planFile(file, {
        mode: 'onDemand',
        catalogText: catalogEntry('instruction', { file: file.shownPath }),
        why: 'Listed by its path; the text is loaded when it is needed.',
      });
}
