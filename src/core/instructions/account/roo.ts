import type { Harness } from './harness';
import { planFile } from './support';

export const roo: Harness = {
  id: 'roo',
  title: 'Roo Code',
  plan: (index) => ({
    files: index.files.filter((file) => file.format === 'roo-rules').map((file) => planFile(file)),
    preambles: [],
    findings: [],
  }),
};
