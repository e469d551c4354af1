import type { Command } from 'commander';
import { missText } from '../../core/summaries/lookUp';
import type { Lookup } from '../../core/summaries/lookUp';
import type { SummarySource } from '../../core/summaries/model';
import { addSourceOption } from '../cache/options';
import { openCache } from '../cache/runPlan';
import type { SourceOptions } from '../cache/options';
import type { CliContext, ExitCode } from '../io';
import { formatJson } from '../json';
import type { ActionRunner } from '../actions';
import { printable, printableText } from '../text';
import { addInputs, readInputs } from './inputs';
import type { InputOptions } from './inputs';
import { openSummaryTools } from './options';
import { keyOf } from './output';

type GetOptions = SourceOptions & InputOptions;

/** `summary get`: the summaries that are kept; no model is asked. */
export function addGetCommand(summary: Command, run: ActionRunner): void {
  const command = summary
    .command('get')
    .description('print the summary that is kept for a source; exit code 1 when there is none that counts');
  addSourceOption(addInputs(command)).action(run(get));
}

async function get(context: CliContext, files: readonly string[], options: GetOptions): Promise<ExitCode> {
  const cache = await openCache(context, options);
  const { summarizer } = openSummaryTools(context);
  const found: { source: SummarySource; lookup: Lookup }[] = [];
  for (const source of await readInputs(context, cache, files, options)) {
    found.push({ source, lookup: await summarizer.get(cache.tree, source, { signal: context.signal }) });
  }
  if (context.json) {
    context.out(formatJson({ source: cache.place, summaries: found.map(lookupOutput) }));
  }
  for (const { source, lookup } of found) {
    if (lookup.kind === 'miss') {
      context.message(printable(`${source.label}: no summary: ${missText(lookup.reason)}.`));
    } else if (!context.json) {
      context.out(`${printableText(lookup.cached.text).trimEnd()}\n`);
    }
  }
  return found.every(({ lookup }) => lookup.kind === 'hit') ? 0 : 1;
}

function lookupOutput({ source, lookup }: { readonly source: SummarySource; readonly lookup: Lookup }) {
  const hit = lookup.kind === 'hit';
  return {
    label: source.label,
    kind: source.kind,
    key: keyOf(source),
    hit,
    reason: hit ? null : lookup.reason,
    summary: hit ? lookup.cached.text : null,
    metadata: hit ? lookup.cached.entry.metadata : null,
  };
}
