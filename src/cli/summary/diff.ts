import type { Command } from 'commander';
import { diffValues } from '../../core/cache/diffValues';
import { summaryOrigin } from '../../core/cache/summarySource';
import { UserError } from '../../core/errors';
import { lookUpSummary, missText } from '../../core/summaries/lookUp';
import { sourceOf } from '../../core/summaries/refresh';
import { addSourceOption } from '../cache/options';
import type { SourceOptions } from '../cache/options';
import { openCache } from '../cache/runPlan';
import type { CliContext, ExitCode } from '../io';
import { formatJson } from '../json';
import type { ActionRunner } from '../actions';
import { printableText } from '../text';
import { workspaceReader } from './inputs';
import { summaryEntry } from './summaryEntry';

/** `summary diff`: a summary beside its source, and whether it still counts. */
export function addDiffCommand(summary: Command, run: ActionRunner): void {
  const command = summary
    .command('diff')
    .description('compare a summary with its source; exit code 1 when the source changed since')
    .argument('<key>', 'such as summary_<id>, task/summary_<id> or project/summary');
  addSourceOption(command).action(run(diff));
}

async function diff(context: CliContext, key: string, options: SourceOptions): Promise<ExitCode> {
  const { signal } = context;
  const cache = await openCache(context, options);
  const entry = summaryEntry(cache.snapshot, key);
  const origin = summaryOrigin(entry.metadata);
  if (origin.entry === undefined && origin.files.length === 0) {
    throw new UserError(
      `${entry.scope}/${entry.key} does not say where its source is.`,
      'Sum its source up again, or show it with "cache show".',
    );
  }
  const source = await sourceOf(entry, origin, cache.tree, workspaceReader(cache), cache.snapshot, { signal });
  const found = await lookUpSummary(source, cache.snapshot, cache.tree, { signal });
  const left = { label: source.label, bytes: Buffer.from(source.pieces.join('')) };
  const bytes = await cache.tree.read(`${entry.scope}/${entry.key}`, { signal });
  const right = { label: `${entry.scope}/${entry.key}`, bytes };
  const difference = diffValues(left, right);
  const state =
    found.kind === 'hit' ? 'The summary is that of the source as it is.' : `Out of date: ${missText(found.reason)}.`;
  if (context.json) {
    const reason = found.kind === 'hit' ? null : found.reason;
    context.out(
      formatJson({ summary: right.label, sourceLabel: left.label, fresh: found.kind === 'hit', reason, ...difference }),
    );
  } else {
    context.message(state);
    context.out(printableText(difference.patch));
  }
  return found.kind === 'hit' ? 0 : 1;
}
