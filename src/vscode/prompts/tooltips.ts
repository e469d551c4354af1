import { MarkdownString } from 'vscode';
import { escapeMarkdown, formatExact, formatShare, plural } from '../format';
import { countFor, describeMethod, exactCount } from '../tokens/target';
import type { CountingTarget } from '../tokens/target';
import type { PartNode, PromptNode } from './nodes';
import { blockLabel } from '../../core/prompts/partRows';
import { variantBudget } from './promptState';
import { breakNote } from './treeItems';

/** What the kinds of variables and parts mean. */
export const meanings = {
  static: 'It is the same for every request.',
  session: 'It stays the same within one conversation.',
  turn: 'It changes with each request, so it is never cached.',
} as const;

/** What a row says when the pointer rests on it: plain text from outside is escaped, and nothing in it is trusted. */
export function nodeTooltip(node: PromptNode, target: CountingTarget): MarkdownString {
  switch (node.kind) {
    case 'prompt': {
      const { manifest, variants, path, problem } = node.prompt;
      return markdown([
        `**${escapeMarkdown(node.prompt.name)}** — ${escapeMarkdown(path)}`,
        escapeMarkdown(manifest?.description ?? ''),
        variants
          .map(
            ({ name, measured }) =>
              `- ${escapeMarkdown(name)}: ${exactCount(countFor(target, measured.tokens))} tokens`,
          )
          .join('\n'),
        escapeMarkdown(problem ?? ''),
        method(variants[0]?.measured.tokens ?? 0, target),
      ]);
    }
    case 'variant': {
      const { measured, name, rows } = node.variant;
      const { tokens } = measured;
      const budget = variantBudget(node.variant, target);
      const fetched = rows.flatMap(({ piece }) => piece.onDemand);
      return markdown([
        `**${escapeMarkdown(name)}** of ${escapeMarkdown(node.prompt.name)}`,
        `${exactCount(countFor(target, tokens))} tokens in ${plural(rows.length, 'part')}${budget === undefined ? '' : `, ${formatShare(countFor(target, tokens).tokens, budget.limit)} of its budget of ${formatExact(budget.limit)}`}.`,
        fetched.length === 0 ? '' : `Fetched on demand: ${escapeMarkdown(fetched.join(', '))}.`,
        method(tokens, target),
      ]);
    }
    case 'part':
      return markdown(partLines(node, target));
    case 'problem':
      return markdown([escapeMarkdown(node.message)]);
  }
}

/** A part in paragraphs, for its row and for hovers. */
export function partLines({ row, variant }: Pick<PartNode, 'row' | 'variant'>, target: CountingTarget): string[] {
  const { piece, tokens, offset, added, stability, prefixBreak } = row;
  const note = breakNote(row);
  const lost =
    prefixBreak?.kind === 'breaks'
      ? ` Move it behind what is static, and ${formatExact(prefixBreak.lostTokens)} tokens more can stay in the cache.`
      : '';
  return [
    `**${escapeMarkdown(piece.id)}** in ${escapeMarkdown(variant.name)}`,
    [
      `- ${exactCount(countFor(target, tokens))} tokens, ${formatShare(added, variant.measured.tokens)} of the prompt`,
      `- Begins at token ${exactCount(countFor(target, offset))}`,
      `- Cache ${escapeMarkdown(blockLabel(row))}. ${meanings[stability]}`,
      ...(piece.variables.length === 0 ? [] : [`- Variables: ${escapeMarkdown(piece.variables.join(', '))}`]),
      ...(note === '' ? [] : [`- It ${note}.${lost}`]),
    ].join('\n'),
    method(tokens, target),
  ];
}

function method(tokens: number, target: CountingTarget): string {
  return `*Tokens: ${escapeMarkdown(describeMethod(countFor(target, tokens), target))}.*`;
}

/** Paragraphs as Markdown without links that could run anything. */
export function markdown(paragraphs: readonly string[]): MarkdownString {
  return new MarkdownString(paragraphs.filter((paragraph) => paragraph !== '').join('\n\n'), true);
}
