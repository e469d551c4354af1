import type { PromptReport, ReportVariant } from '../model';
import { reportBody, summaryOf } from './body';
import { drawCost } from './costChart';
import { comparablePoints, drawHistory } from './historyChart';
import { drawIcicle } from './icicle';
import { element } from './markup';
import type { Chart } from './markup';
import { breakText, drawPrefix } from './prefixBar';
import { chartStyles, darkPalette, lightPalette, pageStyles, paletteProperties } from './styles';
import type { Palette } from './styles';

/** Pixels. */
const width = 1000;
const edge = 24;
const headHeight = 34;

/**
 * The report as one HTML file: no script, nothing from elsewhere, light or dark as the reader's system is. The same
 * report gives the same bytes.
 */
export function reportHtml(report: PromptReport): string {
  const head = element(
    'head',
    {},
    element('meta', { charset: 'utf-8' }),
    element('meta', { name: 'viewport', content: 'width=device-width, initial-scale=1' }),
    element('meta', {
      'http-equiv': 'Content-Security-Policy',
      content: "default-src 'none'; style-src 'unsafe-inline'",
    }),
    element('title', {}, `Prompt report: ${report.name}`),
  ).text.replace('</head>', `<style>\n${htmlStyles()}\n</style></head>`);
  const body = element(
    'body',
    {},
    element('main', {}, [
      element('h1', {}, report.name),
      report.description === null ? '' : element('p', {}, report.description),
      element('p', {}, summaryOf(report)),
      reportBody(report, report.variants, { width, isInteractive: false }),
    ]),
  );
  return `<!DOCTYPE html>\n<html lang="en">${head}${body.text}</html>\n`;
}

/** The charts of one variant as one SVG picture, light or dark as the reader's system is. */
export function reportSvg(report: PromptReport, variant: ReportVariant): string {
  const size = { width, isInteractive: false };
  const charts: readonly (readonly [heading: string, chart: Chart])[] = [
    [`What fills the window: ${variant.name}`, drawIcicle(variant, size)],
    [`The cached prefix: ${breakText(variant.prefix)}`, drawPrefix(variant, size)],
    ...(comparablePoints(report).length > 1 ? ([['Budget history', drawHistory(report, size)]] as const) : []),
    ...report.costs.map(
      (cost) =>
        [
          `One request with ${cost.model}, in ${cost.unit}; prices as of ${report.pricesAsOf}`,
          drawCost(cost, size),
        ] as const,
    ),
  ];
  let y = edge + headHeight + 22;
  const placed = charts.map(([heading, { svg, height }]) => {
    const title = element('text', { class: 'heading', x: 0, y: y + 16 }, heading);
    const chart = element('g', { transform: `translate(0 ${y + headHeight - 6})` }, svg);
    y += headHeight + height + edge;
    return element('g', { class: 'chart' }, title, chart);
  });
  const whole = element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${width + 2 * edge} ${y}`,
      width: width + 2 * edge,
      height: y,
      role: 'img',
      'aria-label': `Prompt report: ${report.name}, ${variant.name}`,
    },
    element('rect', { class: 'page', x: 0, y: 0, width: width + 2 * edge, height: y }),
    element(
      'g',
      { class: 'chart', transform: `translate(${edge} 0)` },
      element('text', { class: 'title', x: 0, y: edge + 16 }, report.name),
      element('text', { x: 0, y: edge + 38 }, summaryOf(report)),
      placed,
    ),
  ).text;
  return `${whole.replace('>', `><style>\n${svgStyles(lightPalette)}\n@media (prefers-color-scheme: dark) {\n${svgStyles(darkPalette)}\n}\n</style>`)}\n`;
}

function htmlStyles(): string {
  return [
    `:root { color-scheme: light dark; ${paletteProperties(lightPalette)} }`,
    `@media (prefers-color-scheme: dark) { :root { ${paletteProperties(darkPalette)} } }`,
    'body { font: 14px/1.5 system-ui, sans-serif; margin: 0; }',
    `main { max-width: ${width}px; margin: 0 auto; padding: 24px; }`,
    pageStyles(),
    chartStyles((name) => `var(--cc-${name})`),
  ].join('\n');
}

/** Pictures are read by programs that know no custom properties. */
function svgStyles(palette: Palette): string {
  return [
    `.page { fill: ${palette.background}; }`,
    chartStyles((name) => palette[name]),
    '.chart .title { font-size: 20px; font-weight: 600; }',
    '.chart .heading { font-size: 14px; font-weight: 600; }',
  ].join('\n');
}
