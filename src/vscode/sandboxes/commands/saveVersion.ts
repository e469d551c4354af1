import { Uri, workspace } from 'vscode';
import { UserError } from '../../../core/errors';
import { formatBytes } from '../../format';
import { isKept, pickVersion, versionsOf } from '../versionPicks';
import type { SandboxCommand } from './sandboxCommand';
import { oneEntry } from './showVersions';

const title = 'Save Version As';

/** Writes a version of an entry, to the byte, into a file. */
export const saveVersion: SandboxCommand = {
  id: 'contextCache.saveVersion',
  run: async (tools, clicked, selected) => {
    const { prompts, trust } = tools.services;
    trust.require('Saving a version');
    const target = await oneEntry(tools, clicked, selected, title);
    if (target === undefined) {
      return;
    }
    const kept = (await versionsOf(tools, target)).filter(isKept);
    const version = await pickVersion(tools, target, kept, {
      title: `${title} of ${target.entry.originalKey}`,
      placeHolder: 'Newest first; choose the one to save',
    });
    if (version === undefined) {
      return;
    }
    const bytes = await tools.history.content(version.content.sha256);
    if (bytes === undefined) {
      throw new UserError(`The content of version ${version.number} is not kept any more.`, 'Choose another version.');
    }
    const folder = workspace.workspaceFolders?.[0]?.uri;
    const file = await prompts.saveDialog({
      title,
      ...(folder === undefined ? {} : { defaultUri: Uri.joinPath(folder, target.entry.key) }),
    });
    if (file !== undefined) {
      await workspace.fs.writeFile(file, bytes);
      void prompts.tell(
        'information',
        `Saved version ${version.number}, ${formatBytes(bytes.byteLength)}, to ${file.path}.`,
      );
    }
  },
};
