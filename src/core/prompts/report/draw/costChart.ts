import { scaleLinear } from 'd3-scale';
import type { Amount, CostReport, VariantCost } from '../../economics';
import type { ChartOptions } from './icicle';
import { element } from './markup';
import type { Chart } from './markup';
import { amount, fit } from './words';

/** Pixels. */
const rowHeight = 22;
const groupGap = 12;
const valueWidth = 210;

/** The costs of one request that are set side by side. */
const costRows: readonly (readonly [label: string, pick: (cost: VariantCost) => Amount])[] = [
  ['cold', ({ cold }) => cold],
  ['warm', ({ warm }) => warm],
  ['expected', ({ perRequest }) => perRequest],
];

/** One request of each variant with one model: cold, warm, and the mean of the workload. */
export function drawCost(report: CostReport, { width }: Pick<ChartOptions, 'width'>): Chart {
  const { variants, model, unit } = report;
  const labels = Math.min(190, Math.max(130, width * 0.2));
  const most = Math.max(...variants.flatMap((cost) => costRows.map(([, pick]) => pick(cost).high)), Number.MIN_VALUE);
  const x = scaleLinear()
    .domain([0, most])
    .range([labels, Math.max(labels + 40, width - valueWidth)]);
  const groupHeight = variants.length * rowHeight + groupGap;
  const height = costRows.length * groupHeight;
  const svg = element(
    'svg',
    {
      class: 'chart cost',
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: 'img',
      'aria-label': `The cost of one request with ${model} in ${unit}. The table below has the same numbers.`,
    },
    costRows.map(([label, pick], group) =>
      variants.map((cost, index) => {
        const y = group * groupHeight + index * rowHeight;
        const value = pick(cost);
        const end = x(value.value);
        return element(
          'g',
          { class: `series series-${index % 6}` },
          element('title', {}, `${cost.variant}, ${label}: ${amount(value)} ${unit}`),
          element('text', { x: 0, y: y + 14, class: 'name' }, fit(`${label}, ${cost.variant}`, labels)),
          element('rect', { class: 'bar', x: x(0), y: y + 2, width: Math.max(1, end - x(0)), height: rowHeight - 5 }),
          value.low === value.high
            ? ''
            : element('line', {
                class: 'band',
                x1: x(value.low),
                x2: x(value.high),
                y1: y + rowHeight / 2,
                y2: y + rowHeight / 2,
              }),
          element('text', { x: Math.max(end, x(value.high)) + 8, y: y + 14 }, amount(value)),
        );
      }),
    ),
  );
  return { svg, height };
}
