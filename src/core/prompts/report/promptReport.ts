import type { CountOptions, TokenCounter } from '../../tokens/counter';
import { costOf } from '../economics';
import type { PromptShape, Workload } from '../economics';
import { shapeWithFetches } from '../fetches';
import { lockOf } from '../lock';
import type { MeasuredPrompt } from '../measure';
import { partRows } from '../partRows';
import type { ModelRules, ProviderRules, ProviderTable } from '../providers';
import type { ResolvedPrompt } from '../resolve';
import { historyOf } from './history';
import type { LockRevision } from './history';
import type { PromptReport, ReportPart, ReportVariant } from './model';
import { measurePrefix } from './prefix';
import { measureSections } from './sections';

export interface PromptReportInput {
  readonly prompt: ResolvedPrompt;
  /** All variants, measured in one encoding; the first one is what the others are set against. */
  readonly variants: readonly [MeasuredPrompt, ...MeasuredPrompt[]];
  readonly counter: TokenCounter;
  readonly providers: ProviderTable;
  readonly workload: Workload;
  /** Former sizes of this prompt, in any order. */
  readonly revisions: readonly LockRevision[];
  /** Instead of the models of the manifest. */
  readonly models?: readonly string[];
}

/** Gathers what the report shows. Rejects on cancellation, and when counting fails. */
export async function promptReport(input: PromptReportInput, options: CountOptions = {}): Promise<PromptReport> {
  const { prompt, variants, counter, providers, workload, revisions } = input;
  const { manifest } = prompt;
  const asked = input.models ?? manifest.models;
  const known = asked.flatMap((model) => providers.forModel(model) ?? []);
  const rules = known.length > 0 ? known : providers.providers;
  const shapes: PromptShape[] = [];
  const measured: ReportVariant[] = [];
  for (const variant of variants) {
    shapes.push(await shapeWithFetches(variant, prompt, counter, options));
    measured.push(await reportVariant(variant, rules, counter, options));
  }
  const history = historyOf(revisions, lockOf(variants));
  const { encoding } = variants[0];
  const unknown = asked.filter((model) => providers.forModel(model) === undefined);
  const others = history.filter((point) => point.encoding !== encoding).length;
  return {
    reportVersion: 1,
    name: manifest.name,
    description: manifest.description ?? null,
    encoding,
    variants: measured,
    history,
    costs: known.map((model) => costOf(shapes, model, workload, providers.asOf)),
    workload,
    pricesAsOf: providers.asOf,
    notes: [
      ...(unknown.length === 0 ? [] : [`No rules are known for ${unknown.join(', ')}.`]),
      ...(known.length > 0
        ? []
        : [
            'The manifest names no model whose rules are known: the prefix is shown for every provider, without a cost.',
          ]),
      ...(others === 0
        ? []
        : [
            `${others} earlier ${others === 1 ? 'size was' : 'sizes were'} counted in another encoding than ${encoding}.`,
          ]),
    ],
  };
}

async function reportVariant(
  measured: MeasuredPrompt,
  rules: readonly (ProviderRules | ModelRules)[],
  counter: TokenCounter,
  options: CountOptions,
): Promise<ReportVariant> {
  const sections = await measureSections(measured, counter, options);
  const parts = partRows(measured).map(({ piece, tokens, added, offset, stability, block }, index): ReportPart => ({
    id: piece.id,
    kind: piece.kind,
    source: piece.source ?? null,
    tokens,
    added,
    offset,
    stability,
    block: block ?? null,
    onDemand: piece.onDemand,
    sections: sections[index]!,
  }));
  return {
    name: measured.prompt.variant,
    tokens: measured.tokens,
    budget: measured.budget ?? null,
    parts,
    prefix: await measurePrefix(measured, rules, counter, options),
  };
}
