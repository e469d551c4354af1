import { commands } from 'vscode';
import { UserError } from '../../../core/errors';
import { comparePrompts } from '../../../core/prompts/compare';
import type { PromptComparison } from '../../../core/prompts/compare';
import { fullVariant, streamlinedVariant } from '../../../core/prompts/model';
import { escapeMarkdown, formatExact, formatShare } from '../../format';
import { countFor, describeMethod, exactCount } from '../../tokens/target';
import type { CountingTarget } from '../../tokens/target';
import { markdownTable } from '../markdownTable';
import { clickedVariant, pickVariant, targetPrompt, textName } from '../pickers';
import { requireCompiled } from '../promptState';
import type { PromptCommand } from './promptCommand';

const title = 'Compare Variants';

/** Compare Variants: a table of the parts, and the diff of the two texts. Returns the comparison. */
export const compareVariants: PromptCommand = {
  id: 'contextCache.comparePromptVariants',
  run: async (tools, clicked) => {
    const prompt = await targetPrompt(tools, clicked, title);
    if (prompt === undefined) {
      return undefined;
    }
    const variants = requireCompiled(prompt);
    const place = { title: `${title}: ${prompt.name}`, placeHolder: 'The first variant' };
    const isPair = variants.length === 2;
    const left = await pickVariant(tools, variants, isPair ? fullVariant : clickedVariant(clicked), place);
    if (left === undefined) {
      return undefined;
    }
    const others = variants.filter((variant) => variant !== left);
    const right = await pickVariant(tools, others, isPair ? streamlinedVariant : undefined, {
      ...place,
      placeHolder: `Compare ${left.name} with`,
    });
    if (right === undefined) {
      return undefined;
    }
    if (left.measured.encoding !== right.measured.encoding) {
      throw new UserError('The variants were counted in different encodings.', 'Refresh the Prompts view.');
    }
    const comparison = comparePrompts(left.measured, right.measured);
    const { documents, services, model } = tools;
    const [before, after] = [left, right].map(({ measured }) =>
      documents.add(textName(measured.prompt), measured.prompt.text),
    );
    await services.reports.show(
      `${prompt.name} variants`,
      comparisonReport(prompt.name, comparison, model.snapshot.target),
    );
    await commands.executeCommand('vscode.diff', before, after, `${prompt.name}: ${left.name} ↔ ${right.name}`, {
      preview: false,
    });
    return comparison;
  },
};

function comparisonReport(name: string, comparison: PromptComparison, target: CountingTarget): string {
  const { left, right, savedTokens, savedShare, parts } = comparison;
  const show = (tokens: number | undefined): string =>
    tokens === undefined ? '–' : exactCount(countFor(target, tokens));
  const word = savedTokens >= 0 ? 'fewer' : 'more';
  const rows = parts.map(({ id, left: before, right: after }) => [
    escapeMarkdown(id),
    show(before),
    show(after),
    before === after
      ? ''
      : `${(after ?? 0) >= (before ?? 0) ? '+' : '−'}${formatExact(Math.abs((after ?? 0) - (before ?? 0)))}`,
  ]);
  return `${[
    `# ${escapeMarkdown(name)}: ${escapeMarkdown(left.variant)} and ${escapeMarkdown(right.variant)}`,
    `**${show(Math.abs(savedTokens))} tokens ${word}** (${formatShare(Math.abs(savedShare), 1)}): ${show(left.tokens)} in ${escapeMarkdown(left.variant)}, ${show(right.tokens)} in ${escapeMarkdown(right.variant)}.`,
    markdownTable(
      ['Part', escapeMarkdown(left.variant), escapeMarkdown(right.variant), 'Difference'],
      ['left', 'right', 'right', 'right'],
      [...rows, ['**All**', show(left.tokens), show(right.tokens), '']],
    ),
    'Parts are counted by themselves; the totals are those of the whole texts.',
    `*Tokens: ${escapeMarkdown(describeMethod(countFor(target, left.tokens), target))}.*`,
  ].join('\n\n')}\n`;
}
