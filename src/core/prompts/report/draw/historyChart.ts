import { scaleLinear, scalePoint } from 'd3-scale';
import { line } from 'd3-shape';
import type { HistoryPoint, PromptReport } from '../model';
import type { ChartOptions } from './icicle';
import { element } from './markup';
import type { Chart } from './markup';
import { dayOf, exact, fit, tokensText } from './words';

/** Pixels. */
const height = 260;
const margin = { left: 64, right: 130, top: 14, bottom: 34 };
/** Names of revisions closer than this would lie upon one another. */
const labelWidth = 84;

/** The points that can be drawn on one axis: those in the report's encoding. */
export function comparablePoints({ history, encoding }: PromptReport): readonly HistoryPoint[] {
  return history.filter((point) => point.encoding === encoding);
}

/** The size of each variant from revision to revision, with its budget of today. Needs at least two points. */
export function drawHistory(report: PromptReport, { width }: Pick<ChartOptions, 'width'>): Chart {
  const points = comparablePoints(report);
  const budgets = report.variants.flatMap(({ budget }) => budget ?? []);
  const sizes = points.flatMap(({ tokens }) => Object.values(tokens));
  const x = scalePoint<number>()
    .domain(points.map((_, index) => index))
    .range([margin.left, width - margin.right]);
  const y = scaleLinear()
    .domain([0, Math.max(1, ...sizes, ...budgets)])
    .nice()
    .range([height - margin.bottom, margin.top]);
  const svg = element(
    'svg',
    {
      class: 'chart history',
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: 'img',
      'aria-label': `The tokens of each variant over ${points.length} revisions. The table below has the same numbers.`,
    },
    element(
      'g',
      { class: 'axis' },
      y
        .ticks(5)
        .map((tick) => [
          element('line', { class: 'grid', x1: margin.left, x2: width - margin.right, y1: y(tick), y2: y(tick) }),
          element('text', { x: margin.left - 8, y: y(tick) + 4, 'text-anchor': 'end' }, exact(tick)),
        ]),
      spread(points, x.step()).map((index) =>
        element('text', { x: x(index) ?? 0, y: height - 12, 'text-anchor': 'middle' }, dayOf(points[index]!)),
      ),
    ),
    report.variants.map((variant, series) => {
      const own = points.flatMap(({ tokens }, index) => {
        const size = tokens[variant.name];
        return size === undefined ? [] : [{ index, size, point: points[index]! }];
      });
      const path = line<(typeof own)[number]>()
        .x(({ index }) => x(index) ?? 0)
        .y(({ size }) => y(size))(own);
      const last = own.at(-1);
      return element(
        'g',
        { class: `series series-${series % 6}` },
        variant.budget === null
          ? ''
          : element(
              'line',
              {
                class: 'budget',
                x1: margin.left,
                x2: width - margin.right,
                y1: y(variant.budget),
                y2: y(variant.budget),
              },
              element('title', {}, `Budget of ${variant.name}: ${tokensText(variant.budget)}`),
            ),
        element('path', { class: 'line', d: path ?? '' }),
        own.map(({ index, size, point }) =>
          element(
            'circle',
            { cx: x(index) ?? 0, cy: y(size), r: 4 },
            element('title', {}, `${dayOf(point)}, ${point.label}: ${variant.name} ${tokensText(size)}`),
          ),
        ),
        last === undefined
          ? ''
          : element(
              'text',
              { x: width - margin.right + 10, y: y(last.size) + 4 },
              fit(`${variant.name} ${exact(last.size)}`, margin.right),
            ),
      );
    }),
  );
  return { svg, height };
}

/** The indexes whose names have room: the last one always, then backwards. */
function spread(points: readonly HistoryPoint[], step: number): number[] {
  const every = step > 0 ? Math.ceil(labelWidth / step) : 1;
  return points.map((_, index) => index).filter((index) => (points.length - 1 - index) % every === 0);
}
