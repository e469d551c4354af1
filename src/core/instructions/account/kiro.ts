import { takeTurn } from '../../turns';
import { kiroImports } from '../importRules';
import { expandImports } from '../imports';
import type { Harness, PlannedFile } from './harness';
import { bodyOf, catalogEntry, planFile } from './support';

export const kiro: Harness = {
  id: 'kiro',
  title: 'Kiro',
  async plan(index, options) {
    const files: PlannedFile[] = [];
    for (const file of index.files.filter(({ format }) => format === 'kiro-steering')) {
      await takeTurn(options);
      files.push(
        planFile(file, {
          text: expandImports(bodyOf(file), file, kiroImports, index).text,
          catalogText:
            file.mode === 'onDemand'
              ? catalogEntry('steering', { name: file.name, description: file.description })
              : '',
        }),
      );
    }
    return { files, preambles: [], findings: [] };
  },
};
