import { escapeMarkdown, formatBytes, formatExact, formatShare, plural } from '../format';
import type { Explanation } from './explanation';
import { maxMeasuredLength } from './measuredLength';
import { countFor, describeMethod, exactCount, shortMethod } from './target';
import { tokenKindNames } from './tokenKinds';

/** What a vendor counts for one of its models, through its endpoint or the editor, or why it gives no number. */
export type VendorCount = {
  /** Of the model. */
  readonly name: string;
  readonly by: string;
} & ({ readonly tokens: number } | { readonly failure: string });

/** A file's cost by the rules of one harness. */
export interface HarnessCost {
  readonly harness: string;
  readonly mode: string;
  readonly cost: string;
  readonly catalogue: string;
  readonly dropped: string;
}

/** An explanation as a Markdown page. */
export function explanationReport(
  title: string,
  explanation: Explanation,
  vendorCounts: readonly VendorCount[],
  harnessCosts: readonly HarnessCost[],
): string {
  const { target, tokens, characters, bytes } = explanation;
  const count = countFor(target, tokens);
  const perToken = tokens === 0 ? '' : `, ${(characters / tokens).toFixed(1)} characters per token`;
  const blocks = [
    `# Tokens of ${escapeMarkdown(title)}`,
    `**${exactCount(count)} tokens** (${escapeMarkdown(describeMethod(count, target))}) for ${plural(characters, 'character')}, ${formatBytes(bytes)}${perToken}.`,
    ...modelBlocks(explanation, vendorCounts),
    ...tokenKindBlocks(explanation),
    ...kindBlocks(explanation),
    ...sectionBlocks(explanation),
    ...lineBlocks(explanation),
    ...harnessBlocks(harnessCosts),
  ];
  return `${blocks.join('\n\n')}\n`;
}

function modelBlocks({ models }: Explanation, vendorCounts: readonly VendorCount[]): string[] {
  const bases = new Map<string, string[]>();
  for (const { target } of models) {
    if (target.tokenizer.kind === 'estimate') {
      const { basis } = target.tokenizer.rule;
      bases.set(basis, [...(bases.get(basis) ?? []), target.name]);
    }
  }
  return [
    '## By encoding and model',
    table(
      ['For', 'Tokens', 'Band', 'How'],
      ['left', 'right', 'right', 'left'],
      [
        ...models.map(({ target, count }) => [
          escapeMarkdown(target.name),
          exactCount(count),
          count.band === undefined ? '' : `${formatExact(count.band.low)}–${formatExact(count.band.high)}`,
          escapeMarkdown(shortMethod(target)),
        ]),
        ...vendorCounts.map((count) => [
          escapeMarkdown(count.name),
          'tokens' in count ? formatExact(count.tokens) : '–',
          '',
          escapeMarkdown(
            'tokens' in count ? `provider: counted by ${count.by}` : `not counted by ${count.by}: ${count.failure}`,
          ),
        ]),
      ],
    ),
    ...(bases.size === 0
      ? []
      : [
          [...bases]
            .map(([basis, names]) => `- Estimates for ${escapeMarkdown(names.join(', '))}: ${escapeMarkdown(basis)}.`)
            .join('\n'),
        ]),
  ];
}

function tokenKindBlocks({ tokenKinds, tokens, target }: Explanation): string[] {
  if (tokenKinds === undefined) {
    const limit = formatBytes(maxMeasuredLength);
    return [
      '## What it is made of',
      `With more than ${limit} of text it is counted, and not taken apart. Select a part and explain that.`,
    ];
  }
  const kinds = tokenKindNames.filter((kind) => tokenKinds[kind] > 0).sort((a, b) => tokenKinds[b] - tokenKinds[a]);
  if (kinds.length === 0) {
    return [];
  }
  return [
    `## What it is made of (${target.tokenizer.encoding})`,
    table(
      ['Tokens that are', 'Tokens', 'Share'],
      ['left', 'right', 'right'],
      kinds.map((kind) => [kind, formatExact(tokenKinds[kind]), formatShare(tokenKinds[kind], tokens)]),
    ),
  ];
}

function kindBlocks({ kinds, tokens }: Explanation): string[] {
  if (kinds.length === 0) {
    return [];
  }
  const sum = kinds.reduce((total, part) => total + part.tokens, 0);
  return [
    table(
      ['Lines that are', 'Tokens', 'Share'],
      ['left', 'right', 'right'],
      kinds.map((part) => [part.kind, formatExact(part.tokens), formatShare(part.tokens, tokens)]),
    ),
    ...(sum === tokens
      ? []
      : [`The lines add up to ${formatExact(sum)}: some tokens reach from one part into the next.`]),
  ];
}

function sectionBlocks({ sections, tokens }: Explanation): string[] {
  if (sections.length === 0) {
    return [];
  }
  return [
    '## By section',
    table(
      ['Section', 'Tokens', 'Share', 'Its own'],
      ['left', 'right', 'right', 'right'],
      sections.map(({ section, tokens: all, own }) => [
        `${'&nbsp;&nbsp;'.repeat(section.depth)}${escapeMarkdown(section.title)}`,
        formatExact(all),
        formatShare(all, tokens),
        formatExact(own),
      ]),
    ),
  ];
}

function lineBlocks({ lines, tokens }: Explanation): string[] {
  if (lines.length < 2) {
    return [];
  }
  return [
    '## Largest lines',
    table(
      ['Line', 'Tokens', 'Share', 'Text'],
      ['right', 'right', 'right', 'left'],
      lines.map((line) => [
        formatExact(line.line + 1),
        formatExact(line.tokens),
        formatShare(line.tokens, tokens),
        escapeMarkdown(line.text),
      ]),
    ),
  ];
}

function harnessBlocks(costs: readonly HarnessCost[]): string[] {
  if (costs.length === 0) {
    return [];
  }
  return [
    '## By harness',
    'After each harness’s own rules: imports put in place, front matter and comments dropped where it drops them, caps applied.',
    table(
      ['Harness', 'Mode', 'When loaded', 'Always, as an entry', 'Dropped'],
      ['left', 'left', 'right', 'right', 'right'],
      costs.map(({ harness, mode, cost, catalogue, dropped }) => [harness, mode, cost, catalogue, dropped]),
    ),
  ];
}

function table(
  header: readonly string[],
  alignment: readonly ('left' | 'right')[],
  rows: readonly (readonly string[])[],
): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(header), line(alignment.map((side) => (side === 'right' ? '---:' : ':---'))), ...rows.map(line)].join(
    '\n',
  );
}
