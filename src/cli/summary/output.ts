import { mkdir } from 'node:fs/promises';
import { usableKey } from '../../core/cache/keys';
import { describeError } from '../../core/errors';
import type { UserError } from '../../core/errors';
import { SummaryError } from '../../core/summaries/model';
import type { SummaryModel, SummarySource } from '../../core/summaries/model';
import type { SummaryEffort } from '../../core/summaries/makeSummary';
import { missText } from '../../core/summaries/lookUp';
import type { MissReason } from '../../core/summaries/lookUp';
import type { SummaryOutcome } from '../../core/summaries/summarizer';
import type { OpenedCache } from '../cache/runPlan';
import type { CliContext } from '../io';
import { formatTable } from '../text';

/** One summary that is to be made. */
export interface PlannedSummary {
  readonly source: SummarySource;
  readonly reason: MissReason;
  readonly effort: SummaryEffort;
  readonly known?: boolean;
}

/** Where a summary is kept, as `cache show` takes it. */
export function keyOf({ scope, originalKey }: SummarySource): string {
  return `${scope}/${usableKey(originalKey)}`;
}

export function plannedText(planned: readonly PlannedSummary[]): string {
  return formatTable(
    ['SOURCE', 'TOKENS', 'QUESTIONS', 'SENT AND RECEIVED', 'WHY', 'KEPT AS'],
    planned.map(({ source, effort, reason }) => [
      source.label,
      effort.tokensBefore,
      effort.questions,
      effort.tokens,
      missText(reason),
      keyOf(source),
    ]),
  );
}

export function plannedOutput({ source, reason, effort, known }: PlannedSummary) {
  return { label: source.label, kind: source.kind, key: keyOf(source), reason, ...effort, known: known ?? null };
}

/** The question before something is sent; it names the place and the amount. */
export function sendingQuestion(planned: readonly PlannedSummary[], { destination }: SummaryModel): string {
  const tokens = planned.reduce((sum, { effort }) => sum + effort.tokens, 0);
  const what = planned.length === 1 ? planned[0]!.source.label : `${planned.length} sources`;
  return `Send ${what} to ${destination} (about ${tokens} tokens in all)?`;
}

export function outcomeOutput(source: SummarySource, outcome: SummaryOutcome) {
  const base = { label: source.label, kind: source.kind, key: keyOf(source), outcome: outcome.kind };
  return outcome.kind === 'short'
    ? { ...base, summary: outcome.text }
    : {
        ...base,
        summary: outcome.text,
        tokensBefore: outcome.tokensBefore,
        tokensAfter: outcome.tokensAfter,
        ...(outcome.kind === 'made'
          ? {
              model: outcome.model,
              questions: outcome.questions,
              tokensSpent: outcome.tokensSpent,
              missed: outcome.missed,
              operationId: outcome.operationId ?? null,
            }
          : {}),
      };
}

export function failureOutput(source: SummarySource, failure: UserError) {
  return {
    label: source.label,
    kind: source.kind,
    key: keyOf(source),
    outcome: 'failed',
    problem: failure instanceof SummaryError ? failure.problem : 'code' in failure ? String(failure.code) : null,
    message: describeError(failure),
  };
}

/** Makes the folder of a cache that does not exist yet, right before the first write. */
export function preparing(cache: OpenedCache): () => Promise<void> {
  return async () => {
    if (cache.isNew && cache.folder !== undefined) {
      await mkdir(cache.folder, { recursive: true });
    }
  };
}

/** True when the person agrees; says what to do when nobody could. */
export async function agreed(context: CliContext, yes: boolean, plan: string, question: string): Promise<boolean> {
  if (yes) {
    return true;
  }
  context.message(plan.trimEnd());
  if (await context.confirm(question)) {
    return true;
  }
  context.message('Nothing was sent. Answer y at a terminal, or pass --yes.');
  return false;
}
