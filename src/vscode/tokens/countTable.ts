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

/** Rows by tokens, most first; equal ones by label. */
export function sortBySize<Row extends CountRow>(rows: readonly Row[]): Row[] {
  return [...rows].sort(
    (a, b) => b.count.tokens - a.count.tokens || (a.label < b.label ? -1 : a.label > b.label ? 1 : 0),
  );
}

/** A Markdown table of counts, largest first, with what was left out below. */
export function countTable(
  title: string,
  target: CountingTarget,
  total: TokenCount,
  rows: readonly CountRow[],
  skipped: readonly SkippedRow[],
): string {
  const lines = [
    `# ${escapeMarkdown(title)}`,
    '',
    `${plural(rows.length, 'file')}, ${exactCount(total)} tokens (${describeMethod(total, target)}).`,
    '',
    '| Tokens | Share | Size | File |',
    '| ---: | ---: | ---: | :--- |',
    ...sortBySize(rows).map(
      ({ label, count, bytes }) =>
        `| ${exactCount(count)} | ${formatShare(count.tokens, total.tokens)} | ${formatBytes(bytes)} | ${escapeMarkdown(label)} |`,
    ),
  ];
  if (skipped.length > 0) {
    lines.push('', `## Not counted: ${formatExact(skipped.length)}`, '');
    lines.push(...skipped.map(({ label, reason }) => `- ${escapeMarkdown(label)}: ${escapeMarkdown(reason)}`));
  }
  return `${lines.join('\n')}\n`;
}
