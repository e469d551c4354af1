import type { Harness } from './harness';
import { planFile } from './support';

export const kilo: Harness = {
  id: 'kilo',
  title: 'Kilo Code',
  plan: (index) => ({
    files: index.files.filter((file) => file.format === 'kilo-rules').map((file) => planFile(file)),
    preambles: [],
    findings: [],
  }),
};
