import type { Amount, CostReport, VariantCost } from '../../core/prompts/economics';
import { escapeMarkdown } from '../format';
import { markdownTable } from './markdownTable';

/** Reports of cost as a Markdown page: every number stands with its method. */
export function costPage(name: string, reports: readonly CostReport[]): string {
  return `${[`# What ${escapeMarkdown(name)} costs`, ...reports.flatMap(reportBlocks)].join('\n\n')}\n`;
}

function reportBlocks(report: CostReport): string[] {
  const row = (label: string, show: (variant: VariantCost) => string): string[] => [
    label,
    ...report.variants.map(show),
  ];
  const { cacheBreakEvenRequests: breakEven, fetchBreakEven } = report;
  return [
    `## ${escapeMarkdown(report.model)} (${escapeMarkdown(report.provider)}), in ${report.unit}`,
    markdownTable(
      ['', ...report.variants.map(({ variant }) => escapeMarkdown(variant))],
      ['left', ...report.variants.map(() => 'right' as const)],
      [
        row('Tokens of the prompt', ({ promptTokens }) => amount(promptTokens)),
        row('One request, cold', ({ cold }) => amount(cold)),
        row('One request, warm', ({ warm }) => amount(warm)),
        row('One request, expected', ({ perRequest }) => amount(perRequest)),
        row('A day', ({ perDay }) => amount(perDay)),
        row('A million requests', ({ perMillionRequests }) => amount(perMillionRequests)),
        row('Long enough to be cached', ({ cacheable }) => (cacheable ? 'yes' : 'no')),
      ],
    ),
    [
      Number.isFinite(breakEven)
        ? `Caching pays from request ${breakEven} within one lifetime.`
        : 'Caching never pays with this model.',
      ...(fetchBreakEven === null
        ? []
        : [
            `${escapeMarkdown(report.variants[0]!.variant)} and ${escapeMarkdown(report.variants[1]!.variant)} cost the same at ${fetchBreakEven.toFixed(1)} fetches per conversation.`,
          ]),
    ].join(' '),
    '### How the numbers came about',
    report.basis.map((sentence) => `- ${escapeMarkdown(sentence)}`).join('\n'),
  ];
}

/** An estimate carries its range. */
function amount({ value, low, high }: Amount): string {
  return low === high ? money(value) : `\\~${money(value)} (${money(low)}–${money(high)})`;
}

function money(value: number): string {
  return value === 0 ? '0' : value >= 100 ? value.toFixed(0) : value >= 1 ? value.toFixed(2) : value.toPrecision(3);
}
