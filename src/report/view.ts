import { reportBody, summaryOf } from '../core/prompts/report/draw/body';
import { element } from '../core/prompts/report/draw/markup';
import type { PromptReport } from '../core/prompts/report/model';
import type { PanelState } from './protocol';

/** What is shown. */
export interface ReportView {
  readonly report: PromptReport;
  readonly variant: string;
}

/** Narrower charts scroll. Pixels. */
const leastWidth = 480;
const mostWidth = 1400;

/** Draws the whole report as wide as the panel is, with the tables open that were open. */
export function drawReport(root: HTMLElement, { report, variant }: ReportView, { tables }: PanelState): void {
  const width = Math.min(mostWidth, Math.max(leastWidth, Math.floor(root.clientWidth)));
  const shown = report.variants.filter(({ name }) => name === variant);
  // Every text of the report is escaped by `element`; the policy of the page forbids scripts and styles in it.
  root.innerHTML = element(
    'div',
    {},
    element('h1', {}, report.name),
    report.description === null ? '' : element('p', {}, report.description),
    element('p', { class: 'summary' }, summaryOf(report)),
    element(
      'div',
      { class: 'toolbar' },
      element('label', { for: 'variant' }, 'Variant'),
      element(
        'select',
        { id: 'variant' },
        report.variants.map(({ name }) => element('option', { value: name, selected: name === variant }, name)),
      ),
      element('button', { type: 'button', 'data-export': 'svg' }, 'Export as SVG'),
      element('button', { type: 'button', 'data-export': 'html' }, 'Export as HTML'),
    ),
    reportBody(report, shown, { width, isInteractive: true }),
  ).text;
  for (const details of root.querySelectorAll<HTMLDetailsElement>('details')) {
    details.open = tables.includes(details.dataset['table'] ?? '');
  }
}
