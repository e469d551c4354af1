import { commands, Uri } from 'vscode';
import { isSummary, summaryOrigin } from '../../../core/cache/summarySource';
import type { SummaryOrigin } from '../../../core/cache/summarySource';
import { isScopeName } from '../../../core/cache/scopes';
import { UserError } from '../../../core/errors';
import { plural } from '../../format';
import { cacheUri } from '../../sandboxes/documents/cacheUri';
import { showMultiDiff } from '../../sandboxes/multiDiff';
import { pickEntry } from '../../sandboxes/pickers';
import { sourceFolder } from '../../sandboxes/sourceFiles';
import type { Sandbox } from '../../sandboxes/sandbox';
import { activeEntry, targetEntries } from '../../sandboxes/targets';
import type { EntryTarget } from '../../sandboxes/targets';
import type { SummaryTools } from '../summaryTools';
import type { SummaryCommand } from './summaryCommand';

const title = 'Diff Summary with Source';

/** Opens a summary beside what it sums up, which can be edited there when it is a file; beside each of several. */
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
    const sources = sourceUris(tools, sandbox, entry.originalKey, summaryOrigin(entry.metadata));
    const summary = cacheUri(sandbox.id, entry.scope, entry.key);
    const state = entry.states.includes('stale') ? 'stale' : sandbox.label;
    const [source, ...others] = sources;
    if (others.length > 0) {
      const name = `${plural(sources.length, 'file')} ↔ their summary (${state})`;
      await showMultiDiff(
        name,
        sources.map((uri) => [uri, uri, summary]),
      );
    } else if (source !== undefined) {
      const name = source.path.slice(source.path.lastIndexOf('/') + 1);
      await commands.executeCommand('vscode.diff', source, summary, `${name} ↔ its summary (${state})`);
    }
  },
};

function hasSource({ entry }: EntryTarget): boolean {
  const { entry: place, files } = summaryOrigin(entry.metadata);
  return isSummary(entry) && entry.fileBytes !== undefined && (place !== undefined || files.length > 0);
}

/** What a summary says that it sums up; at least one. */
function sourceUris(
  tools: SummaryTools,
  sandbox: Sandbox,
  name: string,
  { entry, files }: SummaryOrigin,
): readonly Uri[] {
  if (entry !== undefined) {
    const scope = entry.slice(0, entry.indexOf('/'));
    const key = entry.slice(entry.indexOf('/') + 1);
    const place = isScopeName(scope) ? tools.sandboxes.store.entry(sandbox, scope, key) : undefined;
    if (place?.fileBytes === undefined) {
      throw new UserError(`${entry} is no longer in ${sandbox.label}.`, 'Invalidate the summary.');
    }
    return [cacheUri(sandbox.id, place.scope, place.key)];
  }
  const folder = sourceFolder(sandbox);
  if (files.length === 0 || folder === undefined) {
    throw new UserError(`${name} does not say where its source is.`, 'Sum its source up again.');
  }
  return files.map((path) => Uri.joinPath(folder, path));
}
