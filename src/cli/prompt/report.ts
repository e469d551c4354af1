import type { Command } from 'commander';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { isSourceError, UserError } from '../../core/errors';
import { compilePrompt } from '../../core/prompts/compile';
import type { Workload } from '../../core/prompts/economics';
import { lockFileName } from '../../core/prompts/lock';
import { measurePrompt } from '../../core/prompts/measure';
import type { MeasuredPrompt } from '../../core/prompts/measure';
import { fullVariant, variantNames } from '../../core/prompts/model';
import { summaryOf } from '../../core/prompts/report/draw/body';
import { reportHtml, reportSvg } from '../../core/prompts/report/draw/exports';
import { breakText, providerName } from '../../core/prompts/report/draw/prefixBar';
import { exact, percent } from '../../core/prompts/report/draw/words';
import { lockRevisions } from '../../core/prompts/report/lockHistory';
import type { PromptReport, ReportVariant } from '../../core/prompts/report/model';
import { promptReport } from '../../core/prompts/report/promptReport';
import { PromptSnapshots } from '../../core/prompts/versions/snapshots';
import { openHistory } from '../cache/runPlan';
import { reportFindings, shownPath } from '../findings';
import type { CliContext, ExitCode } from '../io';
import { formatJson } from '../json';
import type { OutputValue } from '../json';
import type { ActionRunner } from '../actions';
import { formatTable } from '../text';
import { addPromptOptions } from './options';
import type { PromptOptions } from './options';
import { addWorkloadOptions, workloadOf } from './workload';
import { openCounter, openPrompt, openProviders, readText } from './workspace';

interface ReportOptions extends PromptOptions, Workload {
  readonly model: readonly string[];
  readonly variant: string;
  readonly lock?: string;
  readonly html?: string;
  readonly svg?: string;
}

/** `prompt report`: what fills the window, the prefix, the history and the cost, as a page, a picture, JSON or text. */
export function addReportCommand(prompt: Command, run: ActionRunner): void {
  const command = prompt
    .command('report')
    .description('show what fills the window, what stays cached, how the size changed and what it costs')
    .argument('<file>', 'a manifest, *.prompt.yaml')
    .option('--html <file>', 'write a self-contained page, without scripts')
    .option('--svg <file>', 'write the charts of one variant as a picture')
    .option('--variant <name>', 'the variant of the picture and of the text', fullVariant)
    .option('--lock <file>', 'the lock file whose commits are the history; default: the one beside the manifest')
    .option(
      '--model <id>',
      'a model; can be repeated; default: those of the manifest',
      (id: string, ids: readonly string[]) => [...ids, id],
      [],
    );
  addPromptOptions(addWorkloadOptions(command)).action(run(report));
}

async function report(context: CliContext, file: string, options: ReportOptions): Promise<ExitCode> {
  const opened = await openPrompt(context, file, options);
  reportFindings(context, opened.findings);
  const providers = await openProviders(context, options);
  const unknown = options.model.find((model) => providers.forModel(model) === undefined);
  if (unknown !== undefined) {
    throw new UserError(`No rules are known for the model '${unknown}'.`, 'Add it to a file for --providers.');
  }
  const { manifest, prompt, location } = opened;
  const counter = openCounter(context);
  try {
    const { signal } = context;
    const measure = async (variant: string): Promise<MeasuredPrompt> =>
      measurePrompt(compilePrompt(prompt, variant, { values: options.set }), counter, options.encoding, { signal });
    const [first, ...rest] = variantNames(manifest);
    const variants: [MeasuredPrompt, ...MeasuredPrompt[]] = [await measure(first!)];
    for (const variant of rest) {
      variants.push(await measure(variant));
    }
    const lock = resolve(context.cwd, options.lock ?? join(dirname(location), lockFileName(manifest.name)));
    const text = await lockTextAt(lock, options.lock !== undefined);
    const snapshots = await new PromptSnapshots(openHistory(context)).revisions(location);
    const result = await promptReport(
      {
        prompt,
        variants,
        counter,
        providers,
        workload: workloadOf(options),
        revisions: [...(await lockRevisions(lock, text, signal)), ...snapshots],
        ...(options.model.length > 0 ? { models: options.model } : {}),
      },
      { signal },
    );
    const variant = result.variants.find(({ name }) => name === options.variant);
    if (variant === undefined) {
      const names = result.variants.map(({ name }) => name).join(', ');
      throw new UserError(`'${manifest.name}' has no variant '${options.variant}'.`, `Use one of ${names}.`);
    }
    const written = [
      ...(options.html === undefined ? [] : [await write(context, options.html, reportHtml(result))]),
      ...(options.svg === undefined ? [] : [await write(context, options.svg, reportSvg(result, variant))]),
    ];
    if (context.json) {
      context.out(formatJson(result as unknown as OutputValue));
    } else if (written.length === 0) {
      context.out(tell(result, variant));
    }
    written.forEach((path) => {
      context.message(`Wrote ${path}`);
    });
    return 0;
  } finally {
    counter.dispose();
  }
}

/** A lock file that is named must be there; without one there is no history. */
async function lockTextAt(path: string, isNamed: boolean): Promise<string | undefined> {
  try {
    return await readText(path);
  } catch (error) {
    if (!isNamed && isSourceError(error, 'not-found')) {
      return undefined;
    }
    throw error;
  }
}

async function write(context: CliContext, file: string, text: string): Promise<string> {
  const path = resolve(context.cwd, file);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  return shownPath(context, path);
}

function tell(result: PromptReport, variant: ReportVariant): string {
  const { parts, prefix, tokens } = variant;
  return [
    `${result.name}: ${summaryOf(result)}`,
    '',
    formatTable(
      ['part', 'tokens', 'share', 'from', 'block'],
      parts.map(({ id, tokens: own, added, offset, block, stability }) => [
        id,
        exact(own),
        percent(added, tokens),
        exact(offset),
        block === null ? 'not cached' : `${block}, ${stability}`,
      ]),
    ),
    breakText(prefix),
    formatTable(
      ['cached at', 'other conversation', 'next request', 'minimum', 'method'],
      prefix.providers.map((provider) => [
        providerName(provider),
        exact(provider.sharedTokens),
        exact(provider.sessionTokens),
        exact(provider.minimumTokens),
        provider.method,
      ]),
    ),
    ...result.notes,
    `Rules and prices as of ${result.pricesAsOf}. --html writes the whole report, with its history and cost.`,
    '',
  ].join('\n');
}
