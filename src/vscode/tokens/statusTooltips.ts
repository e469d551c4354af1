import { MarkdownString } from 'vscode';
import type { TextEditor } from 'vscode';
import type { CommandId } from '../../contributions';
import { loadModes } from '../../core/instructions/model';
import type { TokenCount } from '../../core/tokens/counter';
import { escapeMarkdown, formatExact, formatShare, formatTokens, plural } from '../format';
import { harnessLabel } from '../instructions/harnesses';
import { modeLabels, modeMeanings } from '../instructions/rows';
import type { InstructionsSnapshot } from '../instructions/snapshot';
import { sparkline } from './history';
import type { HistorySample } from './history';
import { describeMethod, exactCount, shortCount } from './target';
import type { CountingTarget } from './target';

/** The files that the tooltip names. */
const namedFiles = 5;

const links: readonly (readonly [command: CommandId, label: string])[] = [
  ['contextCache.pickTokenModel', 'Model'],
  ['contextCache.setTokenBudget', 'Budget'],
  ['contextCache.pickHarness', 'Harness'],
];

/** How many tokens the document has, and what the number is worth. */
export function documentTooltip(
  editor: TextEditor,
  target: CountingTarget,
  count: TokenCount,
  selection: TokenCount | undefined,
): MarkdownString {
  const { document } = editor;
  // A cursor without a selection selects nothing.
  const selections = editor.selections.filter(({ isEmpty }) => !isEmpty).length;
  return markdown(
    [
      `**${exactCount(count)} tokens** in ${plural(document.lineCount, 'line')}`,
      ...(selection === undefined
        ? []
        : [
            `${exactCount(selection)} selected (${formatShare(selection.tokens, count.tokens)}) in ${plural(selections, 'selection')}`,
          ]),
      escapeMarkdown(describeMethod(count, target)),
    ],
    [['contextCache.explainTokenCount', 'Explain'], ...links.slice(0, 1)],
  );
}

/** What the always-on total is made of, how it went, and what comes on top. */
export function budgetTooltip(
  snapshot: InstructionsSnapshot,
  budget: number,
  samples: readonly HistorySample[],
): MarkdownString {
  const { totals, target, harness } = snapshot;
  const largest = snapshot.rows
    .filter(({ mode }) => mode === 'always')
    .sort((a, b) => b.cost.tokens - a.cost.tokens)
    .slice(0, namedFiles);
  const table = [
    '| | tokens | share |',
    '| :--- | ---: | ---: |',
    ...loadModes.map(
      (mode) =>
        `| ${modeLabels[mode]}, ${modeMeanings[mode]} | ${exactCount(totals[mode])} | ${
          mode === 'always' ? formatShare(totals[mode].tokens, budget) : ''
        } |`,
    ),
  ].join('\n');
  const parts = [
    ...largest.map((row) => `| ${escapeMarkdown(row.shownPath)} | ${exactCount(row.cost)} |`),
    ...(snapshot.overhead.total.tokens === 0
      ? []
      : [`| Index and catalogue | ${exactCount(snapshot.overhead.total)} |`]),
  ];
  return markdown(
    [
      `**${shortCount(totals.always)} of ${formatTokens(budget)}** always in context for ${escapeMarkdown(harnessLabel(harness))}`,
      table,
      ...(parts.length === 0 ? [] : [['| largest | tokens |', '| :--- | ---: |', ...parts].join('\n')]),
      ...trend(samples),
      escapeMarkdown(describeMethod(totals.always, target)),
    ],
    links,
  );
}

function trend(samples: readonly HistorySample[]): string[] {
  const line = sparkline(samples.map(({ tokens }) => tokens));
  const first = samples[0];
  const last = samples.at(-1);
  if (line === '' || first === undefined || last === undefined) {
    return [];
  }
  const change = last.tokens - first.tokens;
  const sign = change > 0 ? '+' : change < 0 ? '−' : '±';
  return [`${line} ${sign}${formatExact(Math.abs(change))} since ${new Date(first.atMs).toISOString().slice(0, 10)}`];
}

function markdown(
  paragraphs: readonly string[],
  commands: readonly (readonly [command: CommandId, label: string])[],
): MarkdownString {
  const commandLinks = commands.map(([command, label]) => `[${label}](command:${command})`).join(' · ');
  const text = new MarkdownString([...paragraphs, commandLinks].join('\n\n'), true);
  text.isTrusted = { enabledCommands: commands.map(([command]) => command) };
  return text;
}
