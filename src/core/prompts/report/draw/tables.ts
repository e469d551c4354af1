import type { CostReport, VariantCost, Workload } from '../../economics';
import { workloadLabels } from '../../workloadLabels';
import type { HistoryPoint, PromptReport, ReportVariant } from '../model';
import { element } from './markup';
import type { Child, Markup } from './markup';
import { providerName } from './prefixBar';
import { amount, exact, percent, sourceOf } from './words';

type Cell = Child | { readonly number: string };

/** What the icicle shows: parts, and below each its sections. */
export function partsTable({ parts, tokens, name }: ReportVariant): Markup {
  return table(
    `Parts of ${name}`,
    ['Part', 'What it is', 'Tokens', 'Adds', 'Share', 'Begins at', 'Cache block'],
    parts.flatMap((part) => [
      [
        part.id,
        sourceOf(part),
        number(part.tokens),
        number(part.added),
        { number: percent(part.added, tokens) },
        number(part.offset),
        part.block === null ? 'not cached' : `${part.block}, ${part.stability}`,
      ],
      ...part.sections.map(({ title, added }): readonly Cell[] => [
        element('span', { class: 'inner' }, title === '' ? '(before the first heading)' : title),
        `section of ${part.id}`,
        '',
        number(added),
        { number: percent(added, tokens) },
        '',
        '',
      ]),
    ]),
  );
}

/** What the bar of the prefix shows: its segments in the order of a request. */
export function segmentsTable({ prefix, name }: ReportVariant): Markup {
  return table(
    `The prefix of ${name} as it is sent`,
    ['Part', 'Zone', 'From token', 'To token', 'Changes', 'Cache marker'],
    prefix.segments.map(({ id, zone, start, end, stability, marker }) => [
      id,
      zone,
      number(start),
      number(end),
      { static: 'never', session: 'with each session', turn: 'with each request' }[stability],
      marker ? 'at its end' : '',
    ]),
  );
}

/** What each provider's cache gives back. */
export function providersTable({ prefix, name }: ReportVariant): Markup {
  return table(
    `What the providers' caches keep of ${name}, in tokens`,
    ['Provider', 'Another conversation reads', 'The next request of the same one reads', 'Paid anew', 'Minimum', 'How'],
    prefix.providers.map((provider) => [
      providerName(provider),
      number(provider.sharedTokens),
      number(provider.sessionTokens),
      number(prefix.tokens - provider.sessionTokens),
      { number: `${exact(provider.minimumTokens)}${provider.isUncertain ? ' (sources disagree)' : ''}` },
      provider.method,
    ]),
  );
}

export function historyTable({ history, variants }: PromptReport): Markup {
  return table(
    'Tokens by revision',
    ['When', 'Revision', ...variants.map(({ name }) => name), 'Encoding'],
    history.map((point) => [
      point.at ?? '',
      revisionName(point),
      ...variants.map(({ name }): Cell => number(point.tokens[name])),
      point.encoding,
    ]),
  );
}

/** A revision in words: `commit: Shorter method`. */
function revisionName({ origin, label }: HistoryPoint): string {
  return origin === 'now'
    ? 'the prompt as it is now'
    : origin === 'lock'
      ? 'the lock file as it is now'
      : `${origin}: ${label}`;
}

export function costTable({ model, provider, unit, variants }: CostReport): Markup {
  const row = (label: string, show: (cost: VariantCost) => string): readonly Cell[] => [
    label,
    ...variants.map((cost): Cell => ({ number: show(cost) })),
  ];
  return table(
    `Cost with ${model} (${provider}), in ${unit}`,
    ['', ...variants.map(({ variant }) => variant)],
    [
      row('Tokens of the prompt', ({ promptTokens: { value, low, high } }) =>
        low === high ? exact(value) : `~${exact(value)} (${exact(low)}–${exact(high)})`,
      ),
      row('One request, cold', ({ cold }) => amount(cold)),
      row('One request, warm', ({ warm }) => amount(warm)),
      row('One request, expected', ({ perRequest }) => amount(perRequest)),
      row('A day', ({ perDay }) => amount(perDay)),
      row('A million requests', ({ perMillionRequests }) => amount(perMillionRequests)),
      row('Long enough to be cached', ({ cacheable }) => (cacheable ? 'yes' : 'no')),
    ],
  );
}

export function workloadTable(workload: Workload): Markup {
  return table(
    'What the costs assume',
    ['Input', 'Value'],
    (Object.keys(workloadLabels) as (keyof typeof workloadLabels)[]).map((field) => [
      workloadLabels[field],
      { number: String(workload[field]) },
    ]),
  );
}

function number(value: number | undefined): Cell {
  return { number: value === undefined ? '' : exact(value) };
}

function table(caption: string, headings: readonly string[], rows: readonly (readonly Cell[])[]): Markup {
  return element(
    'table',
    {},
    element('caption', {}, caption),
    element(
      'thead',
      {},
      element(
        'tr',
        {},
        headings.map((heading) => element('th', { scope: 'col' }, heading)),
      ),
    ),
    element(
      'tbody',
      {},
      rows.map((cells) =>
        element(
          'tr',
          {},
          cells.map((cell, index) => {
            const isNumber = typeof cell === 'object' && 'number' in cell;
            const content = isNumber ? cell.number : cell;
            return index === 0
              ? element('th', { scope: 'row' }, content)
              : element('td', { class: isNumber ? 'number' : undefined }, content);
          }),
        ),
      ),
    ),
  );
}
