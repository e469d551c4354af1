import { scaleLinear } from 'd3-scale';
import type { ProviderPrefix, ReportPrefix, ReportVariant } from '../model';
import type { ChartOptions } from './icicle';
import { element } from './markup';
import type { Chart, Markup } from './markup';
import { exact, fit, percent, tokensText } from './words';

/** Pixels. */
const barHeight = 30;
const rowHeight = 34;
const top = 40;
const axisHeight = 34;

/** The prefix in the order of a request, with what each provider's cache keeps of it, and where it breaks. */
export function drawPrefix(variant: ReportVariant, { width }: Pick<ChartOptions, 'width'>): Chart {
  const { prefix } = variant;
  const labels = Math.min(220, Math.max(150, width * 0.22));
  const x = scaleLinear()
    .domain([0, Math.max(1, prefix.tokens)])
    .range([labels, width - 12]);
  const height = top + barHeight + 14 + prefix.providers.length * rowHeight + axisHeight;
  const bottom = height - axisHeight;
  const svg = element(
    'svg',
    {
      class: 'chart prefix',
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: 'img',
      'aria-label': `The prefix of ${variant.name} as it is sent, ${tokensText(prefix.tokens)}. ${breakText(prefix)} The table below has the same numbers.`,
    },
    element('text', { x: 0, y: top + 20, class: 'name' }, 'as it is sent'),
    prefix.segments.map((segment) => {
      const from = x(segment.start);
      const wide = x(segment.end) - from;
      const said = `${segment.id}: ${tokensText(segment.end - segment.start)}, ${segment.stability}${segment.marker ? ', cache marker at its end' : ''}`;
      return element(
        'g',
        { class: `segment stability-${segment.stability}` },
        element('title', {}, said),
        element('rect', { x: from, y: top, width: Math.max(0.5, wide - 1), height: barHeight }),
        wide > 34 ? element('text', { x: from + 5, y: top + 19 }, fit(segment.id, wide)) : '',
        segment.marker ? element('path', { class: 'marker', d: `M${short(from + wide)},${top - 4}l-5,-8h10z` }) : '',
      );
    }),
    prefix.providers.map((provider, index) =>
      drawProvider(provider, prefix, x, top + barHeight + 14 + index * rowHeight, labels),
    ),
    drawAxis(x, bottom),
    prefix.breakPoint === null ? '' : drawBreak(prefix.breakPoint.tokens, x, bottom, width),
  );
  return { svg, height };
}

/** Where the shared prefix ends, in a sentence. */
export function breakText({ breakPoint }: ReportPrefix): string {
  if (breakPoint === null) {
    return 'Nothing of it changes.';
  }
  const { id, tokens, reason, lostTokens } = breakPoint;
  const why = reason === '' ? '' : ` (${reason})`;
  const lost = lostTokens === 0 ? '' : ` ${tokensText(lostTokens)} behind it never change and are not shared.`;
  return `What all requests share ends after ${tokensText(tokens)}, in ${id}${why}.${lost}`;
}

/** The name of a row: the model, else the provider. */
export function providerName({ model, label }: ProviderPrefix): string {
  return model ?? label;
}

type Scale = (tokens: number) => number;

function drawProvider(provider: ProviderPrefix, prefix: ReportPrefix, x: Scale, y: number, labels: number): Markup {
  const { sharedTokens, sessionTokens } = provider;
  const bar = (tokens: number, kind: string, from = 0): Markup =>
    element('rect', { class: kind, x: x(from), y, width: Math.max(0, x(tokens) - x(from)), height: 20 });
  const said = `${providerName(provider)}: another conversation reads ${tokensText(sharedTokens)}, the next request of the same one ${tokensText(sessionTokens)}`;
  const note = sessionTokens === 0 ? `not cached: under ${exact(provider.minimumTokens)} tokens` : '';
  return element(
    'g',
    { class: 'provider' },
    element('title', {}, said),
    element('text', { x: 0, y: y + 14, class: 'name' }, fit(providerName(provider), labels)),
    bar(prefix.tokens, 'paid'),
    bar(sharedTokens, 'shared'),
    sessionTokens > sharedTokens ? bar(sessionTokens, 'session', sharedTokens) : '',
    element(
      'text',
      { x: x(0) + 5, y: y + 14 },
      note === ''
        ? fit(
            `${percent(sharedTokens, prefix.tokens)} in another conversation, ${percent(sessionTokens, prefix.tokens)} in the next request`,
            x(prefix.tokens) - x(0),
          )
        : note,
    ),
  );
}

function drawAxis(x: ReturnType<typeof scaleLinear<number, number>>, y: number): Markup {
  return element(
    'g',
    { class: 'axis' },
    x
      .ticks(5)
      .map((tick) => [
        element('line', { x1: x(tick), x2: x(tick), y1: y, y2: y + 5 }),
        element('text', { x: x(tick), y: y + 19, 'text-anchor': 'middle' }, exact(tick)),
      ]),
  );
}

function drawBreak(tokens: number, x: Scale, bottom: number, width: number): Markup {
  const at = x(tokens);
  const isRight = at > width * 0.6;
  return element(
    'g',
    { class: 'break' },
    element('line', { x1: at, x2: at, y1: 18, y2: bottom }),
    element(
      'text',
      { x: at + (isRight ? -6 : 6), y: 16, 'text-anchor': isRight ? 'end' : 'start' },
      `shared until here: ${exact(tokens)}`,
    ),
  );
}

function short(value: number): string {
  return String(Math.round(value * 10) / 10);
}
