import type { PrefixAnalysis } from '../../core/prompts/prefix/analyse';
import { escapeMarkdown, formatExact, plural } from '../format';
import { markdownTable } from './markdownTable';

/** An analysis of two prefixes as a Markdown page. */
export function breakPage(analysis: PrefixAnalysis, asOf: string): string {
  const { left, right } = analysis;
  const heading = `# ${escapeMarkdown(left.label)} and ${escapeMarkdown(right.label)}`;
  return `${[heading, ...breakBlocks(analysis, asOf)].filter((block) => block !== '').join('\n\n')}\n`;
}

/** The blocks of such a page below its heading; some are empty. */
export function breakBlocks(analysis: PrefixAnalysis, asOf: string): string[] {
  const { left, right, divergence, commonTokens, cause, providers, encoding } = analysis;
  const rule = cause?.ruleId === undefined ? '' : `**${cause.ruleId}**: `;
  return [
    divergence === undefined
      ? `Both are the same: ${plural(left.tokens, 'token')}.`
      : `They part ways after **${formatExact(commonTokens)} tokens** (exact, ${encoding}) and ${formatExact(divergence.commonBytes)} bytes.`,
    cause === undefined ? '' : `${rule}${escapeMarkdown(cause.message)}`,
    divergence === undefined
      ? ''
      : markdownTable(
          ['', 'Tokens', 'Line', 'Column', 'Part', 'Text'],
          ['left', 'right', 'right', 'right', 'left', 'left'],
          ([divergence.left, divergence.right] as const).map((point, index) => {
            const side = index === 0 ? left : right;
            return [
              escapeMarkdown(side.label),
              formatExact(side.tokens),
              formatExact(point.line + 1),
              formatExact(point.character + 1),
              escapeMarkdown(point.partId ?? ''),
              escapeMarkdown(point.excerpt),
            ];
          }),
        ),
    '## What stays in the cache',
    markdownTable(
      ['Provider', 'From the cache', 'Paid anew', 'Minimum', 'How'],
      ['left', 'right', 'right', 'right', 'left'],
      providers.map((provider) => [
        escapeMarkdown(provider.model ?? provider.label),
        formatExact(provider.survivingTokens),
        formatExact(provider.paidTokens),
        `${formatExact(provider.minimumTokens)}${provider.uncertain.includes('minimumTokens') ? ' (?)' : ''}`,
        provider.method,
      ]),
    ),
    `At best, while the entry lives; rules as of ${asOf}.`,
  ];
}
