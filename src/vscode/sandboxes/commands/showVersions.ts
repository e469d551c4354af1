import { commands } from 'vscode';
import { pickEntry } from '../pickers';
import { activeEntry, targetEntries } from '../targets';
import type { EntryTarget } from '../targets';
import type { SandboxTools } from '../sandboxTools';
import { pickVersion, versionsOf, versionUri } from '../versionPicks';
import type { SandboxCommand } from './sandboxCommand';

/** Lists the contents of a key that were seen or written, and opens the chosen one. */
export const showVersions: SandboxCommand = {
  id: 'contextCache.showVersions',
  run: async (tools, clicked, selected) => {
    const target = await oneEntry(tools, clicked, selected, 'Show Versions');
    if (target === undefined) {
      return undefined;
    }
    const versions = await versionsOf(tools, target);
    const version = await pickVersion(tools, target, versions, {
      title: `Versions of ${target.entry.originalKey}`,
      placeHolder: 'Newest first; choose one to open it',
    });
    if (version !== undefined) {
      await commands.executeCommand('vscode.open', versionUri(target, version), { preview: true });
    }
    return versions;
  },
};

/** The entry that a command about one entry is given, or that a person picks. */
export async function oneEntry(
  tools: SandboxTools,
  clicked: unknown,
  selected: unknown,
  title: string,
): Promise<EntryTarget | undefined> {
  const [target] = await targetEntries(tools, clicked, selected);
  return target ?? (await activeEntry(tools)) ?? (await pickEntry(tools, { title, placeHolder: 'Of which entry?' }));
}
