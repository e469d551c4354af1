import type { TokenCount } from '../../core/tokens/counter';
import { escapeMarkdown, formatBytes, formatExact, formatShare, plural } from '../format';
import { describeMethod, exactCount } from './target';
import type { CountingTarget } from './target';

/** One line of a table of counts. */
export interface CountRow {
  readonly label: string;
  readonly count: TokenCount;
  readonly bytes: number;
}

export interface SkippedRow {
  readonly label: string;
  readonly reason: string;
}

/** What was counted, and what could not be. */
export interface CountTable<Row extends CountRow = CountRow> {
  readonly title: string;
  readonly target: CountingTarget;
  readonly total: TokenCount;
  /** What a row is: `file`, `selection`. */
  readonly noun: string;
  readonly rows: readonly Row[];
  readonly skipped: readonly SkippedRow[];
}

export const rowOrders = ['tokens', 'density', 'size', 'name'] as const;
/** By tokens, tokens per byte or bytes, most first; or by label. Equal rows by label. */
export type RowOrder = (typeof rowOrders)[number];

const weights: Readonly<Record<Exclude<RowOrder, 'name'>, (row: CountRow) => number>> = {
  tokens: ({ count }) => count.tokens,
  density: ({ count, bytes }) => (bytes === 0 ? 0 : count.tokens / bytes),
  size: ({ bytes }) => bytes,
};

export function sortRows<Row extends CountRow>(rows: readonly Row[], order: RowOrder): Row[] {
  const weight = order === 'name' ? (): number => 0 : weights[order];
  return [...rows].sort((a, b) => weight(b) - weight(a) || (a.label < b.label ? -1 : a.label > b.label ? 1 : 0));
}

/** A Markdown table of counts, with what was left out below. */
export function markdownTable({ title, target, total, noun, rows, skipped }: CountTable, order: RowOrder): string {
  const name = `${noun.slice(0, 1).toUpperCase()}${noun.slice(1)}`;
  const lines = [
    `# ${escapeMarkdown(title)}`,
    '',
    `${plural(rows.length, noun)}, ${exactCount(total)} tokens (${escapeMarkdown(describeMethod(total, target))}).`,
    '',
    `| Tokens | Share | Size | ${name} |`,
    '| ---: | ---: | ---: | :--- |',
    ...sortRows(rows, order).map(
      ({ label, count, bytes }) =>
        `| ${exactCount(count)} | ${formatShare(count.tokens, total.tokens)} | ${unbroken(formatBytes(bytes))} | ${escapeMarkdown(label)} |`,
    ),
  ];
  if (skipped.length > 0) {
    lines.push('', `## Not counted: ${formatExact(skipped.length)}`, '');
    lines.push(...skipped.map(({ label, reason }) => `- ${escapeMarkdown(label)}: ${escapeMarkdown(reason)}`));
  }
  return `${lines.join('\n')}\n`;
}

/** A number beside its unit, on one line however narrow the column is. */
function unbroken(text: string): string {
  return text.replaceAll(' ', '\u00a0');
}

/** The same rows as comma-separated values (RFC 4180), with every number whole and the method in words. */
export function csvTable({ noun, rows }: CountTable, order: RowOrder): string {
  const lines = [
    [noun, 'tokens', 'low', 'high', 'method', 'encoding', 'bytes'],
    ...sortRows(rows, order).map(({ label, count, bytes }) => [
      label,
      String(count.tokens),
      String(count.band?.low ?? count.tokens),
      String(count.band?.high ?? count.tokens),
      count.method,
      count.encoding,
      String(bytes),
    ]),
  ];
  return lines.map((cells) => `${cells.map(csvCell).join(',')}\r\n`).join('');
}

function csvCell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
