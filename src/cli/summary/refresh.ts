import type { Command } from 'commander';
import { estimateEffort } from '../../core/summaries/makeSummary';
import { planRefresh, refreshSummaries } from '../../core/summaries/refresh';
import type { RefreshPlan, RefreshResult, StaleSummary } from '../../core/summaries/refresh';
import { TokenBudget } from '../../core/summaries/tokenBudget';
import { describeError } from '../../core/errors';
import { addSourceOption } from '../cache/options';
import { openCache } from '../cache/runPlan';
import type { CliContext, ExitCode } from '../io';
import { formatJson } from '../json';
import type { ActionRunner } from '../actions';
import { printable } from '../text';
import { workspaceReader } from './inputs';
import { addModelOptions, openModel, openSummaryTools } from './options';
import type { ModelOptions } from './options';
import { agreed, failureOutput, outcomeOutput, plannedOutput, plannedText, sendingQuestion } from './output';
import type { PlannedSummary } from './output';

interface RefreshOptions extends ModelOptions {
  readonly all?: true;
}

/** `summary refresh`: makes again what is out of date. */
export function addRefreshCommand(summary: Command, run: ActionRunner): void {
  const command = summary
    .command('refresh')
    .description('have a model make every summary again whose source changed, as far as the source is known')
    .option('--all', 'also those that were not made on this machine: their index alone names the files to be sent');
  addModelOptions(addSourceOption(command)).action(run(refresh));
}

async function refresh(context: CliContext, options: RefreshOptions): Promise<ExitCode> {
  const { signal } = context;
  const cache = await openCache(context, options);
  const { summarizer, history, counter } = openSummaryTools(context);
  const found = await planRefresh(cache.tree, cache.snapshot, history, workspaceReader(cache), { signal });
  for (const line of leftLines(found, options.all === true)) {
    context.message(printable(line));
  }
  const chosen = found.stale.filter(({ known }) => known || options.all === true);
  if (chosen.length === 0) {
    context.out(
      context.json
        ? formatJson({ source: cache.place, dryRun: options.dryRun === true, summaries: [] })
        : 'Nothing to refresh.\n',
    );
    return found.left.length === 0 ? 0 : 1;
  }
  const model = openModel(context, options);
  const planned: PlannedSummary[] = [];
  for (const one of chosen) {
    planned.push({ ...one, effort: await estimateEffort(one.source, model, counter, { signal }) });
  }
  if (options.dryRun === true) {
    const output = { source: cache.place, dryRun: true, summaries: planned.map(plannedOutput) };
    context.out(context.json ? formatJson(output) : plannedText(planned));
    return 0;
  }
  if (!(await agreed(context, options.yes === true, plannedText(planned), sendingQuestion(planned, model)))) {
    return 1;
  }
  const budget = new TokenBudget(options.budget);
  const { results, cancelled } = await refreshSummaries(cache.tree, chosen, summarizer, model, { budget, signal });
  tell(context, cache.place, results, chosen);
  return cancelled || results.length < chosen.length || results.some((result) => 'failure' in result) ? 1 : 0;
}

function leftLines({ stale, left }: RefreshPlan, all: boolean): string[] {
  const unknown = all ? [] : stale.filter(({ known }) => !known);
  return [
    ...left.map(({ entry, reason }) => `${entry.scope}/${entry.key}: left: ${reason}`),
    ...unknown.map(
      ({ entry, source }) =>
        `${entry.scope}/${entry.key}: left: its index names '${source.label}' as its source, and it was not made on this machine. Use --all to send that.`,
    ),
  ];
}

function tell(
  context: CliContext,
  place: string,
  results: readonly RefreshResult[],
  chosen: readonly StaleSummary[],
): void {
  for (const result of results) {
    if ('failure' in result) {
      context.message(printable(`${result.summary.source.label}: left as it is. ${describeError(result.failure)}`));
    }
  }
  const made = results.filter((result) => 'outcome' in result).length;
  const summaries = results.map((result) =>
    'failure' in result
      ? failureOutput(result.summary.source, result.failure)
      : outcomeOutput(result.summary.source, result.outcome),
  );
  context.out(
    context.json
      ? formatJson({ source: place, dryRun: false, summaries })
      : `Made ${made} of ${chosen.length} summaries again.\n`,
  );
}
