import { usableKey } from '../../core/cache/keys';
import { describeError, isSourceError, UserError } from '../../core/errors';
import { estimateEffort } from '../../core/summaries/makeSummary';
import { lookUpSummary, missText } from '../../core/summaries/lookUp';
import type { MissReason } from '../../core/summaries/lookUp';
import { shortestSource } from '../../core/summaries/model';
import type { SummaryModel, SummarySource } from '../../core/summaries/model';
import type { SummaryOutcome } from '../../core/summaries/summarizer';
import { TokenBudget } from '../../core/summaries/tokenBudget';
import { executeCommand } from '../commands';
import { formatExact, plural } from '../format';
import { withProgress } from '../progress';
import { requireWritable } from '../sandboxes/applyAndTell';
import { cacheUri } from '../sandboxes/documents/cacheUri';
import { freshSource } from '../sandboxes/planSource';
import { liveTree } from '../sandboxes/sandbox';
import type { Sandbox } from '../sandboxes/sandbox';
import { mayBeSent } from './consent';
import type { SummaryTools } from './summaryTools';
import { undoAll } from './undoSummaries';

interface Made {
  readonly source: SummarySource;
  readonly outcome: SummaryOutcome;
}

/**
 * Sums up sources into a sandbox, cache first: only what has no summary that counts is sent to a model, after a
 * person agreed to it. Tells what was done, with Undo. undefined when the person gives up.
 */
export async function makeSummaries(
  tools: SummaryTools,
  sandbox: Sandbox,
  sources: readonly SummarySource[],
): Promise<readonly Made[] | undefined> {
  const { services, sandboxes, summarizer } = tools;
  requireWritable(sandboxes, sandbox, 'Summarizing');
  const missing = await missingOf(tools, sandbox, sources);
  const replaced = missing.filter(({ reason, source }) => source.kind === 'project' && reason === 'unknown-source');
  if (replaced.length > 0 && !(await mayReplace(tools, sandbox))) {
    return undefined;
  }
  const model = missing.length === 0 ? unusedModel : await tools.models.current();
  if (model === undefined || (missing.length > 0 && !(await agree(tools, sandbox, missing, model)))) {
    return undefined;
  }
  const budget = new TokenBudget(services.settings.get('contextCache.summaries.budget'));
  const made: Made[] = [];
  const failures: string[] = [];
  const title = `Summarizing ${sources.length === 1 ? sources[0]!.label : plural(sources.length, 'source')}`;
  try {
    await withProgress({ title }, async ({ signal, progress }) => {
      for (const [index, source] of sources.entries()) {
        progress.report({ done: index, total: sources.length, message: source.label });
        try {
          const options = { budget, signal, ...(sources.length === 1 ? { progress } : {}) };
          made.push({ source, outcome: await summarizer.summarize(liveTree(sandbox), source, model, options) });
        } catch (error) {
          if (!(error instanceof UserError) || isSourceError(error, 'cancelled') || sources.length === 1) {
            throw error;
          }
          services.log.error(`Summarizing ${source.label}`, error);
          failures.push(`${source.label}: ${describeError(error)}`);
        }
      }
    });
  } finally {
    // Whatever was made is shown, also after a cancellation.
    await sandboxes.store.refresh(sandbox);
  }
  tell(tools, sandbox, made, failures);
  return made;
}

interface Missing {
  readonly source: SummarySource;
  readonly reason: MissReason;
}

async function missingOf(
  { sandboxes }: SummaryTools,
  sandbox: Sandbox,
  sources: readonly SummarySource[],
): Promise<readonly Missing[]> {
  const { snapshot, tree } = await freshSource(sandboxes, sandbox);
  const missing: Missing[] = [];
  for (const source of sources) {
    const found = await lookUpSummary(source, snapshot, tree);
    if (found.kind === 'miss' && source.pieces.join('').trim().length >= shortestSource) {
      missing.push({ source, reason: found.reason });
    }
  }
  return missing;
}

async function agree(
  tools: SummaryTools,
  sandbox: Sandbox,
  missing: readonly Missing[],
  model: SummaryModel,
): Promise<boolean> {
  let tokens = 0;
  for (const { source } of missing) {
    tokens += (await estimateEffort(source, model, tools.services.counter)).tokens;
  }
  return mayBeSent(tools, model, { labels: missing.map(({ source }) => source.label), tokens, sandbox });
}

/** The project summary may be the work of an agent. */
async function mayReplace({ services }: SummaryTools, { label }: Sandbox): Promise<boolean> {
  return services.prompts.confirm({
    message: `Replace the project summary of ${label}?`,
    detail: 'The one that is there was written by somebody else, perhaps by an agent. This can be undone.',
    yes: 'Replace',
  });
}

function tell({ services }: SummaryTools, sandbox: Sandbox, made: readonly Made[], failures: readonly string[]): void {
  const operations = made.flatMap(({ outcome }) =>
    outcome.kind === 'made' && outcome.operationId !== undefined ? [outcome.operationId] : [],
  );
  const [only] = made;
  const openLabel = 'Open Summary';
  const undoLabel = 'Undo';
  const open = made.length === 1 && only !== undefined && only.outcome.kind !== 'short' ? [openLabel] : [];
  const text = [
    made.length === 1 && only !== undefined ? outcomeText(only, sandbox) : countText(made, sandbox),
    ...(failures.length === 0 ? [] : [`${plural(failures.length, 'source')} failed, the first: ${failures[0]!}`]),
  ].join(' ');
  const kind = failures.length > 0 ? 'warning' : 'information';
  void services.prompts
    .tell(kind, text, ...open, ...(operations.length > 0 ? [undoLabel] : []))
    .then(async (choice) => {
      if (choice === openLabel && only !== undefined) {
        const { scope, originalKey } = only.source;
        await executeCommand('contextCache.openEntry', cacheUri(sandbox.id, scope, usableKey(originalKey)));
      } else if (choice === undoLabel) {
        await undoAll(operations);
      }
    });
}

function outcomeText({ source, outcome }: Made, { label }: Sandbox): string {
  switch (outcome.kind) {
    case 'short':
      return `${source.label} is so short that it is its own summary; nothing was stored.`;
    case 'hit':
      return `The summary of ${source.label} in ${label} is that of its present content: ${formatExact(outcome.tokensBefore)} tokens as ${formatExact(outcome.tokensAfter)}.`;
    case 'made':
      return `Summarized ${source.label} into ${label}: ${formatExact(outcome.tokensBefore)} tokens became ${formatExact(outcome.tokensAfter)} (${missText(outcome.missed)}).`;
  }
}

function countText(made: readonly Made[], { label }: Sandbox): string {
  const count = (kind: SummaryOutcome['kind']): number => made.filter(({ outcome }) => outcome.kind === kind).length;
  return `Summarized ${plural(count('made'), 'source')} into ${label}; ${formatExact(count('hit'))} had a summary, ${formatExact(count('short'))} were too short for one.`;
}

/** Stands in where every summary is there; one that vanished meanwhile is not made without a question. */
const unusedModel: SummaryModel = {
  id: 'none',
  destination: 'nobody',
  windowTokens: Number.MAX_SAFE_INTEGER,
  ask: async () => Promise.reject(new UserError('The summary is gone since it was looked up.', 'Run it again.')),
};
