import { commands, Uri } from 'vscode';
import { isSummary, summaryOrigin } from '../../../core/cache/summarySource';
import type { SummaryOrigin } from '../../../core/cache/summarySource';
import { isScopeName } from '../../../core/cache/scopes';
import { UserError } from '../../../core/errors';
import { cacheUri } from '../../sandboxes/documents/cacheUri';
import { pickEntry, pickOne } from '../../sandboxes/pickers';
import { sourceFolder } from '../../sandboxes/sourceFiles';
import type { Sandbox } from '../../sandboxes/sandbox';
import { activeEntry, targetEntries } from '../../sandboxes/targets';
import type { EntryTarget } from '../../sandboxes/targets';
import type { SummaryTools } from '../summaryTools';
import type { SummaryCommand } from './summaryCommand';

const title = 'Diff Summary with Source';

/** Opens a summary beside what it sums up, which can be edited there when it is a file. */
export const diffSummary: SummaryCommand = {
  id: 'contextCache.diffSummary',
  run: async (tools, clicked, selected) => {
    const { sandboxes } = tools;
    const [given] = await targetEntries(sandboxes, clicked, selected);
    const active = given === undefined && clicked === undefined ? await activeEntry(sandboxes) : undefined;
    const target =
      given ??
      (active !== undefined && isSummary(active.entry) ? active : undefined) ??
      (await pickEntry(sandboxes, { title, placeHolder: 'Which summary?' }, hasSource));
    if (target === undefined) {
      return;
    }
    const { sandbox, entry } = target;
    if (!isSummary(entry)) {
      throw new UserError(`${entry.originalKey} is no summary.`, 'Choose one of the scopes task or project.');
    }
    const source = await sourceUri(tools, sandbox, entry.originalKey, summaryOrigin(entry.metadata));
    if (source === undefined) {
      return;
    }
    const name = source.path.slice(source.path.lastIndexOf('/') + 1);
    const isStale = entry.states.includes('stale');
    await commands.executeCommand(
      'vscode.diff',
      source,
      cacheUri(sandbox.id, entry.scope, entry.key),
      `${name} ↔ its summary (${isStale ? 'stale' : sandbox.label})`,
    );
  },
};

function hasSource({ entry }: EntryTarget): boolean {
  const { entry: place, files } = summaryOrigin(entry.metadata);
  return isSummary(entry) && entry.fileBytes !== undefined && (place !== undefined || files.length > 0);
}

async function sourceUri(
  tools: SummaryTools,
  sandbox: Sandbox,
  name: string,
  { entry, files }: SummaryOrigin,
): Promise<Uri | undefined> {
  if (entry !== undefined) {
    const scope = entry.slice(0, entry.indexOf('/'));
    const key = entry.slice(entry.indexOf('/') + 1);
    const place = isScopeName(scope) ? tools.sandboxes.store.entry(sandbox, scope, key) : undefined;
    if (place?.fileBytes === undefined) {
      throw new UserError(`${entry} is no longer in ${sandbox.label}.`, 'Invalidate the summary.');
    }
    return cacheUri(sandbox.id, place.scope, place.key);
  }
  const folder = sourceFolder(sandbox);
  if (files.length === 0 || folder === undefined) {
    throw new UserError(`${name} does not say where its source is.`, 'Sum its source up again.');
  }
  const path =
    files.length === 1
      ? files[0]
      : await pickOne(tools.sandboxes, files, (file) => ({ label: file }), {
          title,
          placeHolder: `${name} sums up several files: which one?`,
        });
  return path === undefined ? undefined : Uri.joinPath(folder, path);
}
