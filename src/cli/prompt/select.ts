import type { Command } from 'commander';
import { compilePrompt } from '../../core/prompts/compile';
import { fullVariant } from '../../core/prompts/model';
import { selectVariant } from '../../core/prompts/select';
import type { SelectInput, Selection } from '../../core/prompts/select';
import type { CliContext, ExitCode } from '../io';
import { formatJson } from '../json';
import type { ActionRunner } from '../actions';
import { addSourceOptions, namesSource } from '../source';
import type { SourceChoice } from '../source';
import { addPromptOptions, numberBetween } from './options';
import type { PromptOptions } from './options';
import { fetchSourceOf } from './verify';
import { verifyPrompt } from '../../core/prompts/verify';
import { openCounter, openPrompt } from './workspace';
import type { OpenedPrompt } from './workspace';

interface SelectOptions extends PromptOptions, SourceChoice {
  readonly flag?: string;
  readonly percentage?: number;
  readonly key?: string;
}

/** `prompt select`: the variant that a program should send now. */
export function addSelectCommand(prompt: Command, run: ActionRunner): void {
  const command = prompt
    .command('select')
    .description('choose the variant to send: by environment flag, else by percentage and key, else full')
    .argument('[file]', 'a manifest, whose `select:` rules count')
    .option(
      '--flag <name>',
      'an environment variable of your own, stronger than CONTEXT_CACHE_PROMPT and USE_KV_CACHE_PROMPT',
    )
    .option('--percentage <n>', 'the share of keys that get the streamlined prompt', numberBetween(0, 100))
    .option('--key <text>', 'what the decision holds for: a user, a conversation');
  addSourceOptions(
    command,
    'a workspace, kv-cache folder or address: full is chosen when it can not serve the instructions',
  );
  addPromptOptions(command).action(run(select));
}

async function select(context: CliContext, file: string | undefined, options: SelectOptions): Promise<ExitCode> {
  const opened = file === undefined ? undefined : await openPrompt(context, file, options);
  const rules = opened?.manifest.select;
  const input: SelectInput = {
    env: context.env,
    flag: options.flag ?? rules?.flag,
    percentage: options.percentage ?? rules?.percentage,
    key: options.key,
    salt: opened?.manifest.name,
    profiles: opened?.manifest.profiles.map(({ name }) => name),
  };
  const chosen = selectVariant(input);
  const selection =
    opened === undefined || !namesSource(options) || chosen.variant === fullVariant
      ? chosen
      : selectVariant({ ...input, available: await isServable(context, opened, chosen, options) });
  if (context.json) {
    context.out(formatJson({ ...selection }));
  } else {
    context.out(`${selection.variant}\n`);
  }
  return 0;
}

async function isServable(
  context: CliContext,
  opened: OpenedPrompt,
  chosen: Selection,
  options: SelectOptions,
): Promise<boolean> {
  const counter = openCounter(context);
  try {
    const { servable } = await verifyPrompt(
      {
        prompt: opened.prompt,
        full: compilePrompt(opened.prompt, fullVariant, { values: options.set }),
        streamlined: compilePrompt(opened.prompt, chosen.variant, { values: options.set }),
        source: await fetchSourceOf(context, options),
        counter,
        encoding: options.encoding,
        location: opened.location,
      },
      { signal: context.signal },
    );
    return servable;
  } finally {
    counter.dispose();
  }
}
