import type { PromptReport, ReportVariant } from '../model';
import { drawCost } from './costChart';
import { comparablePoints, drawHistory } from './historyChart';
import { drawIcicle } from './icicle';
import type { ChartOptions } from './icicle';
import { element } from './markup';
import type { Child, Markup } from './markup';
import { breakText, drawPrefix } from './prefixBar';
import { costTable, historyTable, partsTable, providersTable, segmentsTable, workloadTable } from './tables';
import { exact, percent, tokensText } from './words';

/** The content of the report for some of its variants: each chart with its table. Without any script. */
export function reportBody(report: PromptReport, variants: readonly ReportVariant[], options: ChartOptions): Markup {
  return element(
    'div',
    { class: 'report' },
    report.notes.map((note) => element('p', { class: 'note' }, note)),
    variants.map((variant) => [
      fills(variant, variants.length > 1, options),
      prefix(variant, report, variants.length > 1, options),
    ]),
    history(report, options),
    costs(report, options),
  );
}

/** The sizes of all variants in one line. */
export function summaryOf({ variants, encoding }: PromptReport): string {
  const first = variants[0];
  const sizes = variants.map(({ name, tokens, budget }) => {
    const saved = first === undefined || name === first.name ? 0 : first.tokens - tokens;
    const change = saved === 0 ? '' : `, ${saved > 0 ? '−' : '+'}${percent(Math.abs(saved), first?.tokens ?? 0)}`;
    const limit =
      budget === null
        ? ''
        : `, ${tokens > budget ? 'over its' : `${percent(tokens, budget)} of its`} budget of ${exact(budget)}`;
    return `${name} ${tokensText(tokens)}${change}${limit}`;
  });
  return `${sizes.join(' · ')} (exact, ${encoding})`;
}

function fills(variant: ReportVariant, isNamed: boolean, options: ChartOptions): Markup {
  const waiting = variant.parts.flatMap(({ onDemand }) => onDemand);
  return section(
    `What fills the window${isNamed ? `: ${variant.name}` : ''}`,
    element('p', {}, 'The prompt, its parts and their sections, each as tall as its tokens.'),
    drawIcicle(variant, options).svg,
    options.isInteractive
      ? element(
          'p',
          { class: 'details', role: 'status', 'aria-live': 'polite' },
          'Arrow keys go from cell to cell; Enter or a double click opens the part.',
        )
      : '',
    legend(variant),
    waiting.length === 0 ? '' : element('p', {}, `Not in it, but fetched on demand: ${waiting.join(', ')}.`),
    details(`parts ${variant.name}`, partsTable(variant)),
  );
}

function legend({ parts }: ReportVariant): Markup {
  const kinds = [...new Set(parts.map(({ kind }) => kind))];
  return element(
    'ul',
    { class: 'legend', 'aria-hidden': 'true' },
    kinds.map((kind) =>
      element('li', { class: `kind-${kind}` }, kind === 'index' ? 'index of instructions on demand' : kind),
    ),
  );
}

function prefix(variant: ReportVariant, { pricesAsOf }: PromptReport, isNamed: boolean, options: ChartOptions): Markup {
  return section(
    `The cached prefix${isNamed ? `: ${variant.name}` : ''}`,
    element('p', {}, breakText(variant.prefix)),
    drawPrefix(variant, options).svg,
    element(
      'ul',
      { class: 'legend', 'aria-hidden': 'true' },
      [
        ['stability-static', 'never changes: read by every conversation'],
        ['stability-session', 'changes with the session: read within the conversation'],
        ['stability-turn', 'changes with each request'],
      ].map(([kind, text]) => element('li', { class: kind }, text!)),
    ),
    element(
      'p',
      { class: 'basis' },
      `At best, while the entry lives; rules as of ${pricesAsOf}. Triangles are cache markers, for providers that have them.`,
    ),
    details(`prefix ${variant.name}`, providersTable(variant), segmentsTable(variant)),
  );
}

function history(report: PromptReport, options: ChartOptions): Markup {
  const isDrawn = comparablePoints(report).length > 1;
  return section(
    'Budget history',
    isDrawn
      ? [
          element(
            'p',
            {},
            'Tokens by revision, from the lock file and saved snapshots. Dashed: the budget as it is now.',
          ),
          drawHistory(report, options).svg,
        ]
      : element(
          'p',
          {},
          'There is no earlier size yet. Write the lock file and commit it with each change of the prompt, or save a snapshot.',
        ),
    details('history', historyTable(report)),
  );
}

function costs(report: PromptReport, options: ChartOptions): Markup {
  return section(
    'Cost, before and after',
    report.costs.length === 0
      ? element('p', {}, 'Name a known model under `models:` in the manifest to see what the prompt costs.')
      : '',
    report.costs.map((cost) => [
      element(
        'h3',
        {},
        `${cost.model} (${cost.provider}): one request, in ${cost.unit}, ${cost.method === 'estimate' ? 'estimated' : cost.method}`,
      ),
      drawCost(cost, options).svg,
      element(
        'ul',
        { class: 'basis' },
        cost.basis.map((sentence) => element('li', {}, sentence)),
        cost.fetchBreakEven === null
          ? ''
          : element(
              'li',
              {},
              `${cost.variants[0]!.variant} and ${cost.variants[1]!.variant} cost the same at ${cost.fetchBreakEven.toFixed(1)} fetches per conversation.`,
            ),
      ),
    ]),
    report.costs.length === 0 ? '' : details('cost', report.costs.map(costTable), workloadTable(report.workload)),
  );
}

function section(heading: string, ...children: readonly Child[]): Markup {
  return element('section', {}, element('h2', {}, heading), ...children);
}

/** The same numbers as a table. */
function details(id: string, ...tables: readonly Child[]): Markup {
  return element(
    'details',
    { 'data-table': id },
    element('summary', {}, 'As a table'),
    element('div', { class: 'table' }, ...tables),
  );
}
