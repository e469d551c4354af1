import { maxSourceBytes } from '../../../core/cache/summarySource';
import { isSourceError, UserError } from '../../../core/errors';
import type { InstructionFiles } from '../../../core/instructions/files';
import { isInside } from '../../../core/cache/summarySource';
import { projectSource } from '../../../core/summaries/sources';
import { plural } from '../../format';
import { pickMany, pickSandbox } from '../../sandboxes/pickers';
import { filesBelow, sourceFolder } from '../../sandboxes/sourceFiles';
import { targetPlace } from '../../sandboxes/targets';
import { makeSummaries } from '../makeSummaries';
import type { SummaryCommand } from './summaryCommand';

const title = 'Summarize Project';

/** Makes the project summary of a sandbox from the files that say what the project is. */
export const summarizeProject: SummaryCommand = {
  id: 'contextCache.summarizeProject',
  run: async (tools, clicked, selected) => {
    const { services, sandboxes } = tools;
    services.trust.require('Summarizing');
    const sandbox = targetPlace(sandboxes, clicked, selected)?.sandbox ?? (await pickSandbox(sandboxes, title));
    const folder = sandbox === undefined ? undefined : sourceFolder(sandbox);
    if (sandbox === undefined) {
      return undefined;
    }
    if (folder === undefined) {
      throw new UserError('No folder is open.', 'Open the folder of the project.');
    }
    const files = filesBelow(folder);
    const present = await presentFiles(files, services.settings.get('contextCache.summaries.projectFiles', folder));
    if (present.length === 0) {
      throw new UserError(
        `None of the files of contextCache.summaries.projectFiles is in ${folder.path}.`,
        'Name files that say what the project is.',
      );
    }
    const chosen = await pickMany(sandboxes, present, (path) => ({ label: path, picked: true }), {
      title: `${title} into ${sandbox.label}`,
      placeHolder: `What is ticked is summed up together (${plural(present.length, 'file')}).`,
      ignoreFocusOut: true,
    });
    if (chosen === undefined || chosen.length === 0) {
      return undefined;
    }
    const read = await Promise.all(
      chosen.map(async (path) => ({ path, bytes: await files.read(path, { maxBytes: maxSourceBytes }) })),
    );
    return makeSummaries(tools, sandbox, [projectSource(read)]);
  },
};

async function presentFiles(files: InstructionFiles, paths: readonly string[]): Promise<string[]> {
  const present: string[] = [];
  for (const path of new Set(paths.filter(isInside))) {
    try {
      if ((await files.stat(path)).kind === 'file') {
        present.push(path);
      }
    } catch (error) {
      if (!isSourceError(error, 'not-found')) {
        throw error;
      }
    }
  }
  return present;
}
