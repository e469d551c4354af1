import { commands } from 'vscode';
import { UserError } from '../../../core/errors';
import { readableUri } from '../documents/cacheFileSystem';
import { pickEntry } from '../pickers';
import { targetEntries, targetNodes } from '../targets';
import type { EntryTarget } from '../targets';
import type { SandboxCommand } from './sandboxCommand';

const mostAtOnce = 20;

/** Opens values read-only, made for reading. */
export const openEntry: SandboxCommand = {
  id: 'contextCache.openEntry',
  run: async (tools, clicked, selected) => {
    const targets = (await targetEntries(tools, clicked, selected)).filter(hasValue);
    if (targets.length === 0) {
      const picked = await pickEntry(tools, { title: 'Open Cache Entry', placeHolder: 'Which entry?' }, hasValue);
      targets.push(...(picked === undefined ? [] : [picked]));
    }
    if (targets.length > mostAtOnce) {
      throw new UserError(`${targets.length} entries are too many to open at once.`, `Select up to ${mostAtOnce}.`);
    }
    // Whoever walks through the rows of the view stays there.
    const preserveFocus = targetNodes(tools, clicked, selected).length > 0;
    for (const { sandbox, entry } of targets) {
      const options = { preview: targets.length === 1, preserveFocus };
      await commands.executeCommand('vscode.open', readableUri(sandbox, entry), options);
    }
  },
};

function hasValue({ entry }: EntryTarget): boolean {
  return entry.fileBytes !== undefined;
}
