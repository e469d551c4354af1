import type { Command } from 'commander';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { UserError } from '../../core/errors';
import { convertPrompt } from '../../core/prompts/convert';
import type { ConvertedPrompt } from '../../core/prompts/convert';
import type { EncodingName } from '../../core/tokens/counter';
import { shownPath } from '../findings';
import type { CliContext, ExitCode } from '../io';
import { formatJson } from '../json';
import type { ActionRunner } from '../actions';
import { formatTable } from '../text';
import { addEncodingOption } from './options';
import { openCounter, readText } from './workspace';

interface ConvertOptions {
  readonly encoding: EncodingName;
  readonly name?: string;
  readonly out?: string;
  readonly force?: true;
}

/** `prompt convert`: a long prompt as a manifest with its parts. */
export function addConvertCommand(prompt: Command, run: ActionRunner): void {
  const command = prompt
    .command('convert')
    .description(
      'split a Markdown file, or the long string of a Python or TypeScript file, into a manifest and its parts',
    )
    .argument('<file>', 'the file')
    .option('--name <name>', 'the name of the prompt; default: the name of the file')
    .option('--out <dir>', 'write the manifest and its files into this folder; without it only the plan is shown')
    .option('--force', 'overwrite files that are there');
  addEncodingOption(command).action(run(convert));
}

async function convert(context: CliContext, file: string, options: ConvertOptions): Promise<ExitCode> {
  const location = resolve(context.cwd, file);
  const text = await readText(location);
  const counter = openCounter(context);
  try {
    const name =
      options.name ??
      (basename(file)
        .replace(/\.[^.]*$/, '')
        .replace(/[^A-Za-z0-9._-]+/g, '-')
        .replace(/^[^A-Za-z0-9]+/, '') ||
        'prompt');
    const converted = await convertPrompt({ text, fileName: basename(file), name }, counter, options.encoding, {
      signal: context.signal,
    });
    const written =
      options.out === undefined ? [] : await write(context, converted, options.out, options.force === true);
    const total = converted.sections.reduce((sum, { tokens }) => sum + tokens, 0);
    if (context.json) {
      context.out(
        formatJson({
          name: converted.name,
          encoding: options.encoding,
          tokens: total,
          sections: converted.sections.map((section) => ({ ...section })),
          variables: converted.variables.map((variable) => ({ ...variable })),
          ...(options.out === undefined
            ? { files: converted.files.map(({ path, text: content }) => ({ path, text: content })) }
            : { written }),
        }),
      );
    } else {
      const rows = converted.sections.map(({ id, tokens, onDemand, reason }) => [
        id,
        tokens,
        onDemand ? 'on demand' : 'stays',
        reason,
      ]);
      context.out(formatTable(['part', 'tokens', 'suggestion', 'why'], rows));
      const waiting = converted.sections
        .filter(({ onDemand }) => onDemand)
        .reduce((sum, { tokens }) => sum + tokens, 0);
      context.out(`\n${waiting} of ${total} tokens could be fetched on demand (${options.encoding}, exact).\n`);
      written.forEach((path) => {
        context.message(`Wrote ${path}`);
      });
    }
    return 0;
  } finally {
    counter.dispose();
  }
}

async function write(context: CliContext, converted: ConvertedPrompt, out: string, force: boolean): Promise<string[]> {
  const folder = resolve(context.cwd, out);
  const targets = converted.files.map(({ path, text }) => ({ target: join(folder, ...path.split('/')), text }));
  const present = force ? undefined : targets.find(({ target }) => existsSync(target));
  if (present !== undefined) {
    throw new UserError(`\`${present.target}\` is there already.`, 'Give another folder, or --force to overwrite.');
  }
  for (const { target, text } of targets) {
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, text, { flag: force ? 'w' : 'wx' });
  }
  return targets.map(({ target }) => shownPath(context, target));
}
