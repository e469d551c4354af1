import type { Harness } from './harness';
import { planFile } from './support';

/** Agents that fetch the library's instructions from a sandbox's cache, by an index of tags in their prompt. */
export const contextCache: Harness = {
  id: 'context-cache',
  title: 'Context Cache library',
  plan(index) {
    const files = index.files
      .filter((file) => file.format === 'library')
      .map((file) =>
        planFile(file, {
          // Seeded and fetched as the whole file.
          text: file.source.text,
          catalogText: file.mode === 'onDemand' ? `- \`${file.name}\`: ${file.description ?? file.name}\n` : '',
        }),
      );
    return { files, preambles: [], findings: [] };
  },
};
