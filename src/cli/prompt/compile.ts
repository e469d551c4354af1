import { Option } from 'commander';
import type { Command } from 'commander';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { sha256Hex } from '../../core/cache/fingerprint';
import { compilePrompt } from '../../core/prompts/compile';
import { compiledFileName, formatPrompt, outputFormats } from '../../core/prompts/formats';
import type { OutputFormat } from '../../core/prompts/formats';
import { lockFileName, lockOf, lockText } from '../../core/prompts/lock';
import { measurePrompt } from '../../core/prompts/measure';
import type { MeasuredPrompt } from '../../core/prompts/measure';
import { fullVariant, variantNames } from '../../core/prompts/model';
import { reportFindings, shownPath } from '../findings';
import type { CliContext, ExitCode } from '../io';
import { formatJson } from '../json';
import type { OutputValue } from '../json';
import type { ActionRunner } from '../actions';
import { addPromptOptions } from './options';
import type { PromptOptions } from './options';
import { openCounter, openPrompt, openProviders } from './workspace';

interface CompileCommandOptions extends PromptOptions {
  readonly variant: string;
  readonly format: OutputFormat;
  readonly model?: string;
  readonly out?: string;
}

/** `prompt compile`: one variant as text or as a provider's request; with `--out` also the lock file. */
export function addCompileCommand(prompt: Command, run: ActionRunner): void {
  const command = prompt
    .command('compile')
    .description('compile one variant of a prompt, to standard output or with its lock file into a folder')
    .argument('<file>', 'a manifest, *.prompt.yaml')
    .option('--variant <name>', 'full, streamlined, or a profile of the manifest', fullVariant)
    .addOption(new Option('--format <name>', 'what to write').choices(outputFormats).default('text'))
    .option('--model <id>', 'write for this model instead of the first of the manifest that speaks the format')
    .option('--out <dir>', 'write the compiled prompt and the lock file into this folder');
  addPromptOptions(command).action(run(compile));
}

async function compile(context: CliContext, file: string, options: CompileCommandOptions): Promise<ExitCode> {
  const opened = await openPrompt(context, file, options);
  reportFindings(context, opened.findings);
  const providers = await openProviders(context, options);
  const counter = openCounter(context);
  try {
    const signal = { signal: context.signal };
    const compiled = compilePrompt(opened.prompt, options.variant, { values: options.set });
    const measured = await measurePrompt(compiled, counter, options.encoding, signal);
    const text = formatPrompt(compiled, options.format, {
      providers,
      model: options.model,
      staticTokens: measured.pieces
        .filter(({ piece }) => piece.prefixStability === 'static')
        .reduce((sum, { added }) => sum + added, 0),
    });
    const written: string[] = [];
    if (options.out !== undefined) {
      const all: MeasuredPrompt[] = [];
      for (const variant of variantNames(opened.manifest)) {
        const other = compilePrompt(opened.prompt, variant, { values: options.set });
        all.push(await measurePrompt(other, counter, options.encoding, signal));
      }
      const folder = resolve(context.cwd, options.out);
      await mkdir(folder, { recursive: true });
      const outputs = [
        { name: compiledFileName(compiled, options.format), text },
        { name: lockFileName(compiled.name), text: lockText(lockOf(all)) },
      ];
      for (const output of outputs) {
        await writeFile(join(folder, output.name), output.text);
        written.push(shownPath(context, join(folder, output.name)));
      }
    }
    const overBudget = measured.budget !== undefined && measured.tokens > measured.budget;
    if (overBudget) {
      context.message(`'${options.variant}' has ${measured.tokens} tokens; its budget is ${measured.budget}.`);
    }
    if (context.json) {
      context.out(formatJson(describe(measured, options, text, written)));
    } else if (options.out === undefined) {
      context.out(text);
    } else {
      written.forEach((path) => {
        context.message(`Wrote ${path}`);
      });
    }
    return overBudget ? 1 : 0;
  } finally {
    counter.dispose();
  }
}

function describe(
  measured: MeasuredPrompt,
  options: CompileCommandOptions,
  text: string,
  written: readonly string[],
): OutputValue {
  const { prompt, tokens, method, encoding, budget, pieces } = measured;
  return {
    name: prompt.name,
    variant: prompt.variant,
    format: options.format,
    tokens,
    method,
    encoding,
    budget: budget ?? null,
    sha256: sha256Hex(new TextEncoder().encode(text)),
    parts: pieces.map(({ piece, tokens: own, offset, added }) => ({
      id: piece.id,
      kind: piece.kind,
      source: piece.source ?? null,
      tokens: own,
      offset,
      added,
      stability: piece.prefixStability,
      variables: [...piece.variables],
      onDemand: [...piece.onDemand],
    })),
    ...(options.out === undefined ? { text } : { files: [...written] }),
  };
}
