import type { RefreshResult, SourceReader, StaleSummary } from '../../../core/summaries/refresh';
import { planRefresh, refreshSummaries as refreshAll } from '../../../core/summaries/refresh';
import { maxSourceBytes } from '../../../core/cache/summarySource';
import { describeError, SourceError } from '../../../core/errors';
import { estimateEffort } from '../../../core/summaries/makeSummary';
import { missText } from '../../../core/summaries/lookUp';
import type { SummaryModel } from '../../../core/summaries/model';
import { TokenBudget } from '../../../core/summaries/tokenBudget';
import { formatExact, plural } from '../../format';
import { withProgress } from '../../progress';
import { requireWritable } from '../../sandboxes/applyAndTell';
import { pickMany, pickSandbox } from '../../sandboxes/pickers';
import { freshSource } from '../../sandboxes/planSource';
import { liveTree } from '../../sandboxes/sandbox';
import type { Sandbox } from '../../sandboxes/sandbox';
import { filesBelow, sourceFolder } from '../../sandboxes/sourceFiles';
import { targetPlace } from '../../sandboxes/targets';
import { mayBeSent } from '../consent';
import type { SummaryTools } from '../summaryTools';
import { undoAll } from '../undoSummaries';
import type { SummaryCommand } from './summaryCommand';

const title = 'Refresh Stale Summaries';

/** Makes summaries again whose sources changed: lists them first, within a budget of tokens, and can be stopped. */
export const refreshSummaries: SummaryCommand = {
  id: 'contextCache.refreshSummaries',
  run: async (tools, clicked, selected) => {
    const { services, sandboxes } = tools;
    services.trust.require('Refreshing summaries');
    const sandbox = targetPlace(sandboxes, clicked, selected)?.sandbox ?? (await pickSandbox(sandboxes, title));
    if (sandbox === undefined) {
      return undefined;
    }
    requireWritable(sandboxes, sandbox, 'Refreshing summaries');
    const { snapshot, tree } = await freshSource(sandboxes, sandbox);
    const { stale, left } = await planRefresh(tree, snapshot, sandboxes.history, readerOf(sandbox));
    for (const { entry, reason } of left) {
      services.log.warn(`${entry.scope}/${entry.key} can't be refreshed: ${reason}`);
    }
    if (stale.length === 0) {
      const more =
        left.length === 0
          ? ''
          : ` ${plural(left.length, 'summary', 'summaries')} can not be made again; the log says why.`;
      void services.prompts.tell('information', `No summary of ${sandbox.label} is to be refreshed.${more}`);
      return [];
    }
    const model = await tools.models.current();
    const chosen = model === undefined ? undefined : await choose(tools, sandbox, stale, model);
    if (model === undefined || chosen === undefined || chosen.length === 0) {
      return undefined;
    }
    const labels = chosen.map(({ summary }) => summary.source.label);
    const tokens = chosen.reduce((sum, one) => sum + one.tokens, 0);
    if (!(await mayBeSent(tools, model, { labels, tokens, sandbox }))) {
      return undefined;
    }
    return run(
      tools,
      sandbox,
      chosen.map(({ summary }) => summary),
      model,
    );
  },
};

interface Costed {
  readonly summary: StaleSummary;
  readonly tokens: number;
  readonly problem: string | undefined;
}

async function choose(
  tools: SummaryTools,
  sandbox: Sandbox,
  stale: readonly StaleSummary[],
  model: SummaryModel,
): Promise<readonly Costed[] | undefined> {
  const costed: Costed[] = [];
  for (const summary of stale) {
    try {
      const { tokens } = await estimateEffort(summary.source, model, tools.services.counter);
      costed.push({ summary, tokens, problem: undefined });
    } catch (error) {
      costed.push({ summary, tokens: 0, problem: describeError(error) });
    }
  }
  const budget = tools.services.settings.get('contextCache.summaries.budget');
  return pickMany(
    tools.sandboxes,
    costed,
    ({ summary, tokens, problem }) => ({
      label: summary.source.label,
      description: problem ?? `about ${formatExact(tokens)} tokens; ${missText(summary.reason)}`,
      // Which file is sent must not be for somebody in the sandbox to say.
      ...(summary.known
        ? {}
        : { detail: 'Not made on this machine: its index names this source. Tick it to send that.' }),
      picked: summary.known && problem === undefined,
    }),
    {
      title: `${title} of ${sandbox.label}`,
      placeHolder: `What is ticked is sent to ${model.destination}, up to ${formatExact(budget)} tokens in all.`,
      ignoreFocusOut: true,
    },
  );
}

async function run(
  tools: SummaryTools,
  sandbox: Sandbox,
  chosen: readonly StaleSummary[],
  model: SummaryModel,
): Promise<readonly RefreshResult[]> {
  const { services, sandboxes, summarizer } = tools;
  const budget = new TokenBudget(services.settings.get('contextCache.summaries.budget'));
  const { results, cancelled } = await withProgress({ title }, async (options) =>
    refreshAll(liveTree(sandbox), chosen, summarizer, model, { budget, ...options }),
  );
  await sandboxes.store.refresh(sandbox);
  tell(tools, sandbox, chosen.length, results, cancelled);
  return results;
}

function tell(
  { services }: SummaryTools,
  { label }: Sandbox,
  wanted: number,
  results: readonly RefreshResult[],
  cancelled: boolean,
): void {
  const failures = results.flatMap((result) => ('failure' in result ? [result] : []));
  for (const { summary, failure } of failures) {
    services.log.error(`Refreshing the summary of ${summary.source.label}`, failure);
  }
  const outcomes = results.flatMap((result) => ('outcome' in result ? [result.outcome] : []));
  const operations = outcomes.flatMap((outcome) =>
    outcome.kind === 'made' && outcome.operationId !== undefined ? [outcome.operationId] : [],
  );
  const [first] = failures;
  const text = [
    `Refreshed ${formatExact(outcomes.length)} of ${plural(wanted, 'summary', 'summaries')} of ${label}.`,
    cancelled ? 'Cancelled: the rest was left as it was.' : '',
    first === undefined ? '' : `${first.summary.source.label} was left as it is: ${describeError(first.failure)}`,
  ];
  const undo = 'Undo';
  const buttons = operations.length > 0 ? [undo] : [];
  void services.prompts
    .tell(failures.length > 0 ? 'warning' : 'information', text.filter(Boolean).join(' '), ...buttons)
    .then(async (choice) => {
      if (choice === undo) {
        await undoAll(operations);
      }
    });
}

function readerOf(sandbox: Sandbox): SourceReader {
  const folder = sourceFolder(sandbox);
  return {
    file: async (path, options) => {
      if (folder === undefined) {
        throw new SourceError('not-found', `'${path}' is in no open folder.`, {
          nextStep: 'Open the folder of the project.',
        });
      }
      return filesBelow(folder).read(path, { ...options, maxBytes: maxSourceBytes });
    },
  };
}
