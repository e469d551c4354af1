import type { Command } from 'commander';
import { resolve } from 'node:path';
import type { JsonValue } from '../../core/cache/model';
import { UserError } from '../../core/errors';
import { compilePrompt } from '../../core/prompts/compile';
import { fullVariant } from '../../core/prompts/model';
import { analysePrefix } from '../../core/prompts/prefix/analyse';
import type { PrefixAnalysis } from '../../core/prompts/prefix/analyse';
import { compiledDocument, textDocument } from '../../core/prompts/prefix/document';
import type { PrefixDocument } from '../../core/prompts/prefix/document';
import type { DivergencePoint } from '../../core/prompts/prefix/divergence';
import { isRequest, requestDocument } from '../../core/prompts/prefix/requests';
import type { CliContext, ExitCode } from '../io';
import { formatJson } from '../json';
import type { OutputValue } from '../json';
import type { ActionRunner } from '../actions';
import { formatTable, printable } from '../text';
import { addPromptOptions } from './options';
import type { PromptOptions } from './options';
import { openCounter, openPrompt, openProviders, readText } from './workspace';

interface PrefixOptions extends PromptOptions {
  readonly model: readonly string[];
}

/** `prompt prefix`: where two prompts or requests part ways, and what of the cache survives. */
export function addPrefixCommand(prompt: Command, run: ActionRunner): void {
  const command = prompt
    .command('prefix')
    .description('find where two texts, variants or recorded requests part ways, and what stays in the cache')
    .argument('<a>', 'a text, a recorded request (JSON), or a manifest with a variant: FILE.prompt.yaml#streamlined')
    .argument('<b>', 'the same')
    .option(
      '--model <id>',
      'by the rules of this model; can be repeated',
      (id: string, ids: readonly string[]) => [...ids, id],
      [],
    );
  addPromptOptions(command).action(run(prefix));
}

async function prefix(context: CliContext, a: string, b: string, options: PrefixOptions): Promise<ExitCode> {
  const table = await openProviders(context, options);
  for (const model of options.model) {
    if (table.forModel(model) === undefined) {
      throw new UserError(`No rules are known for the model '${model}'.`, 'Add it to a file for --providers.');
    }
  }
  const left = await openDocument(context, a, options);
  const right = await openDocument(context, b, options);
  const ids = openCounter(context);
  try {
    const input = { ids, encoding: options.encoding, table, models: options.model };
    const analysis = await analysePrefix(left, right, input, { signal: context.signal });
    context.out(context.json ? formatJson(describe(analysis, table.asOf)) : tell(analysis, table.asOf));
    return 0;
  } finally {
    ids.dispose();
  }
}

async function openDocument(context: CliContext, place: string, options: PrefixOptions): Promise<PrefixDocument> {
  const manifest = /^(.*\.prompt\.ya?ml)(?:#(.+))?$/i.exec(place);
  if (manifest !== null) {
    const opened = await openPrompt(context, manifest[1]!, options);
    return compiledDocument(compilePrompt(opened.prompt, manifest[2] ?? fullVariant, { values: options.set }));
  }
  const text = await readText(resolve(context.cwd, place));
  if (/\.json$/i.test(place)) {
    const value = parse(text, place);
    return isRequest(value) ? requestDocument(place, value) : textDocument(place, text);
  }
  return textDocument(place, text);
}

function parse(text: string, place: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch (error) {
    throw new UserError(`${place} is not JSON: ${(error as Error).message}.`, 'Give a recorded request.', {
      cause: error,
    });
  }
}

function describe(analysis: PrefixAnalysis, asOf: string): OutputValue {
  const { left, right, encoding, equal, divergence, commonTokens, cause, providers } = analysis;
  return {
    left: { ...left },
    right: { ...right },
    encoding,
    method: 'exact',
    equal,
    commonBytes: divergence?.commonBytes ?? null,
    commonTokens,
    divergence: divergence === undefined ? null : { left: place(divergence.left), right: place(divergence.right) },
    cause: cause === undefined ? null : { rule: cause.ruleId ?? null, message: cause.message },
    rulesAsOf: asOf,
    providers: providers.map((provider) => ({
      ...provider,
      model: provider.model ?? null,
      uncertain: [...provider.uncertain],
    })),
  };
}

function place(point: DivergencePoint): OutputValue {
  const { partId, line, character, partLine, excerpt } = point;
  return { part: partId ?? null, line: line + 1, column: character + 1, partLine: partLine + 1, excerpt };
}

function tell(analysis: PrefixAnalysis, asOf: string): string {
  const { left, right, divergence, commonTokens, cause, providers, encoding } = analysis;
  const head =
    divergence === undefined
      ? `Both are the same: ${left.tokens} tokens.\n`
      : [
          `They part ways after ${divergence.commonBytes} bytes and ${commonTokens} tokens (${encoding}, exact).`,
          ...[divergence.left, divergence.right].map((point, side) => {
            const { label, tokens } = side === 0 ? left : right;
            const where = `line ${point.line + 1}, column ${point.character + 1}${point.partId === undefined ? '' : `, in ${point.partId}`}`;
            return `  ${label} (${tokens} tokens): ${where}: ${JSON.stringify(point.excerpt)}`;
          }),
          '',
        ]
          .map(printable)
          .join('\n');
  const rows = providers.map((provider) => [
    provider.model ?? provider.label,
    provider.survivingTokens,
    provider.paidTokens,
    `${provider.minimumTokens}${provider.uncertain.includes('minimumTokens') ? ' (?)' : ''}`,
  ]);
  const why = cause === undefined ? '' : `${cause.ruleId === undefined ? '' : `${cause.ruleId}: `}${cause.message}\n`;
  return `${head}${why}\n${formatTable(['provider', 'from the cache', 'paid anew', 'minimum'], rows)}\nAt best, while the entry lives; rules as of ${asOf}.\n`;
}
