import type { PrefixAnalysis } from '../../core/prompts/prefix/analyse';
import type { VersionComparison } from '../../core/prompts/versions/promptVersion';
import { escapeMarkdown, formatExact } from '../format';
import { breakBlocks } from './breakPage';
import { markdownTable } from './markdownTable';

/** Two versions of a prompt as a Markdown page: what each part gained or lost, and what stays cached. */
export function versionsPage(
  name: string,
  comparison: VersionComparison,
  analysis: PrefixAnalysis | undefined,
  asOf: string,
): string {
  const { left, right, variant, delta, parts, firstChange } = comparison;
  const changed = parts.filter(({ change }) => change !== 'same');
  const blocks = [
    `# ${escapeMarkdown(name)} (${escapeMarkdown(variant)}): ${escapeMarkdown(left.label)} and ${escapeMarkdown(right.label)}`,
    delta === undefined
      ? `${formatExact(left.tokens)} and ${formatExact(right.tokens)} tokens, counted in different encodings: they can't be compared.`
      : `**${signed(delta)} tokens**: ${formatExact(left.tokens)} before, ${formatExact(right.tokens)} after.`,
    firstChange === undefined
      ? 'Nothing changed.'
      : `The first part that changed is \`${firstChange.replace(/`/g, '')}\`: from there on nothing is read from a cache that the left version filled.`,
    changed.length === 0
      ? ''
      : markdownTable(
          ['Part', 'Change', 'Before', 'After', 'Difference'],
          ['left', 'left', 'right', 'right', 'right'],
          changed.map((part) => [
            escapeMarkdown(part.id),
            part.change,
            part.left === undefined ? '–' : formatExact(part.left),
            part.right === undefined ? '–' : formatExact(part.right),
            delta === undefined ? '' : signed((part.right ?? 0) - (part.left ?? 0)),
          ]),
        ),
    parts.length === changed.length
      ? ''
      : `${formatExact(parts.length - changed.length)} of ${formatExact(parts.length)} parts are the same.`,
    ...(analysis === undefined
      ? ['A lock file holds no text: where in the part the prefix breaks, two versions with texts tell.']
      : breakBlocks(analysis, asOf)),
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}

function signed(difference: number): string {
  return difference === 0 ? '0' : `${difference > 0 ? '+' : '−'}${formatExact(Math.abs(difference))}`;
}
