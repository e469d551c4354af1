import type { Command } from 'commander';
import { UserError } from '../../core/errors';
import { compilePrompt } from '../../core/prompts/compile';
import { costOf } from '../../core/prompts/economics';
import type { Amount, CostReport, PromptShape, Workload } from '../../core/prompts/economics';
import { shapeWithFetches } from '../../core/prompts/fetches';
import { measurePrompt } from '../../core/prompts/measure';
import { fullVariant, streamlinedVariant } from '../../core/prompts/model';
import { reportFindings } from '../findings';
import type { CliContext, ExitCode } from '../io';
import { formatJson } from '../json';
import type { ActionRunner } from '../actions';
import { formatTable } from '../text';
import { addPromptOptions } from './options';
import type { PromptOptions } from './options';
import { addWorkloadOptions, workloadOf } from './workload';
import { openCounter, openPrompt, openProviders } from './workspace';

interface CostOptions extends PromptOptions, Workload {
  readonly model: readonly string[];
  readonly variant: string;
}

/** `prompt cost`: what the full prompt and a smaller variant cost with a model and a workload. */
export function addCostCommand(prompt: Command, run: ActionRunner): void {
  const command = prompt
    .command('cost')
    .description('reckon what a prompt costs, cold and warm, full against streamlined')
    .argument('<file>', 'a manifest, *.prompt.yaml')
    .option(
      '--model <id>',
      'a model; can be repeated; default: those of the manifest',
      (id: string, ids: readonly string[]) => [...ids, id],
      [],
    )
    .option('--variant <name>', 'the variant to set against the full one', streamlinedVariant);
  addPromptOptions(addWorkloadOptions(command)).action(run(cost));
}

async function cost(context: CliContext, file: string, options: CostOptions): Promise<ExitCode> {
  const opened = await openPrompt(context, file, options);
  reportFindings(context, opened.findings);
  const table = await openProviders(context, options);
  const models = options.model.length > 0 ? options.model : opened.manifest.models;
  if (models.length === 0) {
    throw new UserError('No model is given.', 'Use --model, or name `models:` in the manifest.');
  }
  const counter = openCounter(context);
  try {
    const signal = { signal: context.signal };
    const shapes: PromptShape[] = [];
    for (const variant of [fullVariant, options.variant]) {
      const compiled = compilePrompt(opened.prompt, variant, { values: options.set });
      const measured = await measurePrompt(compiled, counter, options.encoding, signal);
      shapes.push(await shapeWithFetches(measured, opened.prompt, counter, signal));
    }
    const workload = workloadOf(options);
    const reports = models.map((model) => {
      const rules = table.forModel(model);
      if (rules === undefined) {
        throw new UserError(`No rules are known for the model '${model}'.`, 'Add it to a file for --providers.');
      }
      return costOf(shapes, rules, workload, table.asOf);
    });
    if (context.json) {
      context.out(
        formatJson({
          name: opened.manifest.name,
          encoding: options.encoding,
          workload: { ...workload },
          reports: reports.map(describe),
        }),
      );
    } else {
      context.out(reports.map(tell).join('\n'));
    }
    return 0;
  } finally {
    counter.dispose();
  }
}

function describe(report: CostReport): Parameters<typeof formatJson>[0] {
  return {
    ...report,
    variants: report.variants.map(({ promptTokens, cold, warm, perRequest, perDay, perMillionRequests, ...rest }) => ({
      ...rest,
      promptTokens: { ...promptTokens },
      cold: { ...cold },
      warm: { ...warm },
      perRequest: { ...perRequest },
      perDay: { ...perDay },
      perMillionRequests: { ...perMillionRequests },
    })),
    basis: [...report.basis],
  };
}

function tell(report: CostReport): string {
  const show = ({ value, low, high }: Amount): string =>
    low === high ? money(value) : `~${money(value)} (${money(low)}–${money(high)})`;
  const headings = ['', ...report.variants.map(({ variant }) => variant)];
  const row = (title: string, pick: (variant: CostReport['variants'][number]) => string): string[] => [
    title,
    ...report.variants.map(pick),
  ];
  const rows = [
    row('prompt, tokens', ({ promptTokens }) => show(promptTokens)),
    row('one request, cold', ({ cold }) => show(cold)),
    row('one request, warm', ({ warm }) => show(warm)),
    row('one request, expected', ({ perRequest }) => show(perRequest)),
    row('a day', ({ perDay }) => show(perDay)),
    row('a million requests', ({ perMillionRequests }) => show(perMillionRequests)),
    row('long enough to be cached', ({ cacheable }) => (cacheable ? 'yes' : 'no')),
  ];
  const fetches =
    report.fetchBreakEven === null
      ? ''
      : `The variants cost the same at ${report.fetchBreakEven.toFixed(1)} fetches per conversation.\n`;
  return [
    `${report.model} (${report.provider}), in ${report.unit}\n`,
    formatTable(headings, rows),
    `Caching pays from request ${report.cacheBreakEvenRequests} within one lifetime.\n`,
    fetches,
    ...report.basis.map((sentence) => `- ${sentence}\n`),
  ].join('');
}

function money(value: number): string {
  return value === 0 ? '0' : value >= 100 ? value.toFixed(0) : value >= 1 ? value.toFixed(2) : value.toPrecision(3);
}
