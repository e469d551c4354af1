import type { Command } from 'commander';
import { comparePrompts } from '../../core/prompts/compare';
import { compilePrompt } from '../../core/prompts/compile';
import { measurePrompt } from '../../core/prompts/measure';
import { fullVariant, streamlinedVariant } from '../../core/prompts/model';
import { reportFindings } from '../findings';
import type { CliContext, ExitCode } from '../io';
import { formatJson } from '../json';
import type { ActionRunner } from '../actions';
import { formatTable } from '../text';
import { addPromptOptions } from './options';
import type { PromptOptions } from './options';
import { openCounter, openPrompt } from './workspace';

interface CompareOptions extends PromptOptions {
  readonly left: string;
  readonly right: string;
}

/** `prompt compare`: what each part costs in two variants. */
export function addCompareCommand(prompt: Command, run: ActionRunner): void {
  const command = prompt
    .command('compare')
    .description('compare two variants of a prompt, part by part')
    .argument('<file>', 'a manifest, *.prompt.yaml')
    .option('--left <variant>', 'the one to compare with', fullVariant)
    .option('--right <variant>', 'the one to compare', streamlinedVariant);
  addPromptOptions(command).action(run(compare));
}

async function compare(context: CliContext, file: string, options: CompareOptions): Promise<ExitCode> {
  const opened = await openPrompt(context, file, options);
  reportFindings(context, opened.findings);
  const counter = openCounter(context);
  try {
    const measure = async (variant: string): ReturnType<typeof measurePrompt> =>
      measurePrompt(compilePrompt(opened.prompt, variant, { values: options.set }), counter, options.encoding, {
        signal: context.signal,
      });
    const comparison = comparePrompts(await measure(options.left), await measure(options.right));
    const { left, right, savedTokens, savedShare, parts } = comparison;
    if (context.json) {
      const shown = parts.map((part) => ({ id: part.id, left: part.left ?? null, right: part.right ?? null }));
      const share = Math.round(savedShare * 10_000) / 10_000;
      const head = { name: opened.manifest.name, method: 'exact', encoding: options.encoding };
      context.out(
        formatJson({ ...head, left: { ...left }, right: { ...right }, savedTokens, savedShare: share, parts: shown }),
      );
    } else {
      const rows = parts.map((part) => [part.id, part.left ?? '-', part.right ?? '-']);
      context.out(formatTable(['part', left.variant, right.variant], [...rows, ['all', left.tokens, right.tokens]]));
      context.out(
        `\n'${right.variant}' saves ${savedTokens} tokens, ${(savedShare * 100).toFixed(1)} % (${options.encoding}, exact).\n`,
      );
    }
    return 0;
  } finally {
    counter.dispose();
  }
}
