import type { Uri } from 'vscode';
import { UserError } from '../../../core/errors';
import type { SummarySource } from '../../../core/summaries/model';
import { commandUris } from '../../commandTargets';
import { cacheScheme } from '../../sandboxes/documents/cacheUri';
import { pickSandbox } from '../../sandboxes/pickers';
import { bySandbox, targetEntries, targetNodes } from '../../sandboxes/targets';
import type { EntryTarget } from '../../sandboxes/targets';
import { makeSummaries } from '../makeSummaries';
import { activeSelection, entrySources, fileSources } from '../sources';
import type { SummaryTools } from '../summaryTools';
import type { SummaryCommand } from './summaryCommand';

const title = 'Summarize into Cache';

/** Sums up files, conversations as JSON, or values of a cache, and keeps the summaries in a cache. */
export const summarize: SummaryCommand = {
  id: 'contextCache.summarize',
  run: async (tools, clicked, selected) => {
    tools.services.trust.require('Summarizing');
    if (targetNodes(tools.sandboxes, clicked, selected).length > 0) {
      return summarizeEntries(tools, await targetEntries(tools.sandboxes, clicked, selected));
    }
    const uris = commandUris(clicked, selected);
    const cached = uris.filter(({ scheme }) => scheme === cacheScheme);
    if (cached.length > 0) {
      const targets = await Promise.all(cached.map(async (uri) => targetEntries(tools.sandboxes, uri, undefined)));
      return summarizeEntries(tools, targets.flat());
    }
    return summarizeFiles(tools, uris);
  },
};

/** Sums up what is selected in the active editor. */
export const summarizeSelection: SummaryCommand = {
  id: 'contextCache.summarizeSelection',
  run: async (tools) => {
    tools.services.trust.require('Summarizing');
    const source = activeSelection();
    const sandbox = await pickSandbox(tools.sandboxes, title);
    return sandbox === undefined ? undefined : makeSummaries(tools, sandbox, [source]);
  },
};

async function summarizeEntries(tools: SummaryTools, targets: readonly EntryTarget[]): Promise<unknown> {
  const results: unknown[] = [];
  for (const [sandbox, entries] of bySandbox(targets)) {
    const sources = await entrySources(entries.map((entry) => ({ sandbox, entry })));
    results.push(...((await makeSummaries(tools, sandbox, sources)) ?? []));
  }
  return results;
}

async function summarizeFiles(tools: SummaryTools, uris: readonly Uri[]): Promise<unknown> {
  if (uris.length === 0) {
    throw new UserError('There is no file to sum up.', 'Open one, or choose one in the Explorer.');
  }
  const sandbox = await pickSandbox(tools.sandboxes, title);
  if (sandbox === undefined) {
    return undefined;
  }
  const sources: SummarySource[] = [];
  for (const uri of uris) {
    const ofFile = await fileSources(tools, sandbox, uri);
    if (ofFile === undefined) {
      return undefined;
    }
    sources.push(...ofFile);
  }
  return makeSummaries(tools, sandbox, sources);
}
