import type { Harness } from './harness';
import { catalogEntry, planFile } from './support';

export const continueDev: Harness = {
  id: 'continue',
  title: 'Continue',
  plan(index) {
    const files = index.files
      .filter((file) => file.format === 'continue-rules')
      .map((file) =>
        planFile(file, {
          catalogText:
            file.mode === 'onDemand' ? catalogEntry('rule', { name: file.name, description: file.description }) : '',
        }),
      );
    return { files, preambles: [], findings: [] };
  },
};
