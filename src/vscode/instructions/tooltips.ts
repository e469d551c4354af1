import { MarkdownString } from 'vscode';
import { formatById } from '../../core/instructions/formats/table';
import type { TokenCount } from '../../core/tokens/counter';
import { escapeMarkdown, formatBytes, formatExact, formatShare, plural } from '../format';
import { describeMethod, exactCount } from '../tokens/target';
import type { FileNode, InstructionNode } from './nodes';
import { modeLabels, modeMeanings } from './rows';
import type { InstructionsSnapshot } from './snapshot';
import type { DrawingContext } from './treeItems';

/** What a row says when the pointer rests on it: plain text from outside is escaped, and nothing in it is trusted. */
export function nodeTooltip(
  node: InstructionNode,
  snapshot: InstructionsSnapshot,
  context: DrawingContext,
): MarkdownString {
  switch (node.kind) {
    case 'file':
      return markdown(fileLines(node, snapshot, context));
    case 'group':
      return markdown([
        `**${escapeMarkdown(node.group.label)}**`,
        ...(node.group.rows[0] !== undefined && context.grouping === 'mode'
          ? [`Loaded ${modeMeanings[node.group.rows[0].mode]}.`]
          : []),
        `${exactCount(node.group.total)} tokens in ${plural(node.group.rows.length, 'file')}, ${formatShare(node.group.total.tokens, context.budget)} of the budget of ${formatExact(context.budget)}.`,
        method(node.group.total, snapshot),
      ]);
    case 'overhead':
      return markdown([
        '**Index and catalogue**',
        'What the harness adds to every request besides the files themselves.',
        snapshot.overhead.parts
          .map(({ label, count }) => `- ${escapeMarkdown(label)}: ${exactCount(count)}`)
          .join('\n'),
        method(snapshot.overhead.total, snapshot),
      ]);
    case 'problem':
      return markdown([escapeMarkdown(node.message)]);
  }
}

function fileLines({ row }: FileNode, snapshot: InstructionsSnapshot, { budget }: DrawingContext): string[] {
  const facts = [
    `${exactCount(row.cost)} tokens when loaded, ${formatShare(row.cost.tokens, budget)} of the budget of ${formatExact(budget)}`,
    ...(row.raw.tokens === row.cost.tokens ? [] : [`${exactCount(row.raw)} tokens on disk`]),
    ...(row.catalogue.tokens === 0
      ? []
      : [`${exactCount(row.catalogue)} tokens always, for its entry in the harness's index`]),
    ...(row.droppedBytes === 0 ? [] : [`**${formatBytes(row.droppedBytes)} dropped** by a cap of the harness`]),
    `${modeLabels[row.mode]}: ${escapeMarkdown(row.why)}`,
  ];
  return [
    `**${escapeMarkdown(row.shownPath)}** — ${escapeMarkdown(formatById(row.format).title)}`,
    ...(row.description === undefined ? [] : [escapeMarkdown(shorten(row.description))]),
    facts.map((fact) => `- ${fact}`).join('\n'),
    ...(row.problems.length === 0
      ? []
      : [
          row.problems
            .map(({ message, fix }) => `- $(warning) ${escapeMarkdown(`${message} ${fix ?? ''}`)}`)
            .join('\n'),
        ]),
    method(row.cost, snapshot),
  ];
}

function method(count: TokenCount, { target }: InstructionsSnapshot): string {
  return `*Tokens: ${escapeMarkdown(describeMethod(count, target))}.*`;
}

const longestDescription = 300;

function shorten(text: string): string {
  return text.length <= longestDescription ? text : `${text.slice(0, longestDescription - 1)}…`;
}

function markdown(paragraphs: readonly string[]): MarkdownString {
  return new MarkdownString(paragraphs.filter((paragraph) => paragraph !== '').join('\n\n'), true);
}
