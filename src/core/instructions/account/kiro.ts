import { kiroImports } from '../importRules';
import { expandImports } from '../imports';
import type { Harness } from './harness';
import { bodyOf, catalogEntry, planFile } from './support';

export const kiro: Harness = {
  id: 'kiro',
  title: 'Kiro',
  plan(index) {
    const files = index.files
      .filter((file) => file.format === 'kiro-steering')
      .map((file) =>
        planFile(file, {
          text: expandImports(bodyOf(file), file, kiroImports, index).text,
          catalogText:
            file.mode === 'onDemand'
              ? catalogEntry('steering', { name: file.name, description: file.description })
              : '',
        }),
      );
    return { files, preambles: [], findings: [] };
  },
};
