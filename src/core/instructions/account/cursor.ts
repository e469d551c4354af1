import { planAgentsFiles } from './agentsFiles';
import type { Harness } from './harness';
import { planSkills } from './skills';
import { catalogEntry, planFile } from './support';

const homes = ['.cursor', '.agents', '.claude', '.codex'];

export const cursor: Harness = {
  id: 'cursor',
  title: 'Cursor',
  plan(index) {
    const skills = planSkills(index, { harnessTitle: 'Cursor', homes, userHomes: homes });
    const rules = index.files
      .filter((file) => file.format === 'cursor-rules')
      .map((file) =>
        planFile(file, {
          catalogText:
            file.mode === 'onDemand'
              ? catalogEntry('rule', { path: file.shownPath, description: file.description })
              : '',
        }),
      );
    return { files: [...rules, ...planAgentsFiles(index), ...skills.files], preambles: [], findings: skills.findings };
  },
};
