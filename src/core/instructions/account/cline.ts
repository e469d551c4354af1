import { planAgentsFiles } from './agentsFiles';
import type { Harness } from './harness';
import { planFile } from './support';

export const cline: Harness = {
  id: 'cline',
  title: 'Cline',
  plan(index) {
    const rules = index.files.filter((file) => file.format === 'cline-rules').map((file) => planFile(file));
    return { files: [...rules, ...planAgentsFiles(index)], preambles: [], findings: [] };
  },
};
