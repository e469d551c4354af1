import type { Command } from 'commander';
import { isSourceError, UserError } from '../../core/errors';
import { lookUpSummary } from '../../core/summaries/lookUp';
import { estimateEffort } from '../../core/summaries/makeSummary';
import { shortestSource } from '../../core/summaries/model';
import type { SummaryModel, SummarySource } from '../../core/summaries/model';
import { TokenBudget } from '../../core/summaries/tokenBudget';
import { addSourceOption } from '../cache/options';
import { openCache } from '../cache/runPlan';
import type { OpenedCache } from '../cache/runPlan';
import type { CliContext, ExitCode } from '../io';
import { formatJson } from '../json';
import type { OutputValue } from '../json';
import type { ActionRunner } from '../actions';
import { printable, printableText } from '../text';
import { addInputs, readInputs } from './inputs';
import type { InputOptions } from './inputs';
import { addModelOptions, messagesOnly, openModel, openSummaryTools } from './options';
import type { ModelOptions, SummaryTools } from './options';
import { agreed, failureOutput, outcomeOutput, plannedOutput, plannedText, preparing, sendingQuestion } from './output';
import type { PlannedSummary } from './output';

type MakeOptions = ModelOptions & InputOptions;

/** `summary make`: the summaries that are kept, and what is missing from a model. */
export function addMakeCommand(summary: Command, run: ActionRunner): void {
  const command = summary
    .command('make')
    .description('print the summary that is kept for a source, or have a model make it and keep it');
  addModelOptions(addSourceOption(addInputs(command))).action(run(make));
}

async function make(context: CliContext, files: readonly string[], options: MakeOptions): Promise<ExitCode> {
  const cache = await openCache(context, options, { create: true });
  const tools = openSummaryTools(context);
  const sources = await readInputs(context, cache, files, options);
  const missing = await missingOf(context, cache, sources);
  // Without anything to make, no model need be named.
  const model = missing.length === 0 ? undefined : openModel(context, options);
  const planned = model === undefined ? [] : await plan(context, tools, missing, model);
  if (options.dryRun === true) {
    context.out(
      context.json
        ? formatJson({ source: cache.place, dryRun: true, summaries: planned.map(plannedOutput) })
        : planned.length === 0
          ? 'Nothing to make.\n'
          : plannedText(planned),
    );
    return 0;
  }
  if (
    model !== undefined &&
    !(await agreed(context, options.yes === true, plannedText(planned), sendingQuestion(planned, model)))
  ) {
    return 1;
  }
  return makeAll(context, cache, tools, sources, model, options);
}

type Missing = Pick<PlannedSummary, 'source' | 'reason'>;

async function missingOf(
  { signal }: CliContext,
  { tree, snapshot }: OpenedCache,
  sources: readonly SummarySource[],
): Promise<readonly Missing[]> {
  const missing: Missing[] = [];
  for (const source of sources) {
    const found = await lookUpSummary(source, snapshot, tree, { signal });
    if (found.kind === 'miss' && source.pieces.join('').trim().length >= shortestSource) {
      missing.push({ source, reason: found.reason });
    }
  }
  return missing;
}

async function plan(
  { signal }: CliContext,
  { counter }: SummaryTools,
  missing: readonly Missing[],
  model: SummaryModel,
): Promise<readonly PlannedSummary[]> {
  const planned: PlannedSummary[] = [];
  for (const one of missing) {
    planned.push({ ...one, effort: await estimateEffort(one.source, model, counter, { signal }) });
  }
  return planned;
}

async function makeAll(
  context: CliContext,
  cache: OpenedCache,
  { summarizer }: SummaryTools,
  sources: readonly SummarySource[],
  model: SummaryModel | undefined,
  options: MakeOptions,
): Promise<ExitCode> {
  const budget = new TokenBudget(options.budget);
  const results: OutputValue[] = [];
  let failed = false;
  for (const source of sources) {
    try {
      const outcome = await summarizer.summarize(cache.tree, source, model ?? nobody, {
        budget,
        signal: context.signal,
        progress: messagesOnly(context),
        prepare: preparing(cache),
      });
      results.push(outcomeOutput(source, outcome));
      if (!context.json) {
        context.out(`${printableText(outcome.text).trimEnd()}\n`);
      }
      if (outcome.kind === 'made') {
        const { tokensBefore, tokensAfter, tokensSpent, operationId = '' } = outcome;
        context.message(
          printable(
            `${source.label}: ${tokensBefore} tokens became ${tokensAfter}; ${tokensSpent} were sent and received. Take it back with: cache restore --operation ${operationId}`,
          ),
        );
      }
    } catch (error) {
      if (!(error instanceof UserError) || isSourceError(error, 'cancelled')) {
        throw error;
      }
      failed = true;
      results.push(failureOutput(source, error));
      context.message(printable(`${source.label}: nothing was stored. ${error.message} ${error.nextStep}`.trim()));
    }
  }
  if (context.json) {
    context.out(formatJson({ source: cache.place, dryRun: false, summaries: results }));
  }
  return failed ? 1 : 0;
}

/** Stands in where every summary is there; one that vanished meanwhile is not made behind the person's back. */
const nobody: SummaryModel = {
  id: 'none',
  destination: 'nobody',
  windowTokens: Number.MAX_SAFE_INTEGER,
  ask: async () => Promise.reject(new UserError('The summary is gone since it was looked up.', 'Run it again.')),
};
