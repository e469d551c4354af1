import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Option } from 'commander';
import { SourceError, describeError } from '../core/errors';
import { encodingNames } from '../core/tokens/counter';
import type { EncodingName, TokenCount } from '../core/tokens/counter';
import { createTokenCounter } from '../core/tokens/localCounter';
import { countFromTokens, tokenizerForModel } from '../core/tokens/models';
import type { ModelTokenizer } from '../core/tokens/models';
import { dataFolderOf } from './instructions';
import type { CliContext, ExitCode } from './io';
import { formatJson } from './json';
import type { CommandGroup } from './program';
import { formatTable, printable } from './text';

interface TokensOptions {
  readonly encoding?: EncodingName;
  readonly model?: string;
}

interface CountedFile extends TokenCount {
  readonly path: string;
}

const maxBytes = 64 * 1024 * 1024;

export const tokensCommand: CommandGroup = (program, run) => {
  program
    .command('tokens')
    .description('Count the tokens of files; `-` is standard input.')
    .argument('<file...>', 'files of UTF-8 text, or `-`')
    .addOption(new Option('--encoding <name>', 'count in this encoding').choices(encodingNames))
    .addOption(new Option('--model <id>', 'count for this model; an estimate says so').conflicts('encoding'))
    .action(run(countFiles));
};

async function countFiles(context: CliContext, files: readonly string[], options: TokensOptions): Promise<ExitCode> {
  const tokenizer: ModelTokenizer =
    options.model === undefined
      ? { kind: 'exact', encoding: options.encoding ?? 'o200k_base' }
      : tokenizerForModel(options.model);
  const counter = createTokenCounter({ dataFolder: dataFolderOf(context) });
  const counted: CountedFile[] = [];
  let failed = false;
  try {
    for (const path of files) {
      try {
        const text = decode(path === '-' ? await context.readStdin() : await readBytes(resolve(context.cwd, path)));
        const tokens = await counter.count(text, tokenizer.encoding, { signal: context.signal });
        counted.push({ path, ...countFromTokens(tokens, tokenizer) });
      } catch (error) {
        failed = true;
        context.message(printable(describeError(error)));
      }
    }
  } finally {
    counter.dispose();
  }
  if (context.json) {
    context.out(formatJson(counted.map(toOutput)));
  } else {
    context.out(toTable(counted));
  }
  return failed ? 1 : 0;
}

/** A byte order mark stays: it costs a token like any other character. */
function decode(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    const facts = await stat(path);
    if (facts.isDirectory()) {
      throw new SourceError('unsupported', `\`${path}\` is a folder.`, { nextStep: 'Give the files in it.' });
    }
    if (facts.size > maxBytes) {
      throw new SourceError('too-large', `\`${path}\` has ${facts.size} bytes.`, {
        nextStep: `Give a file of at most ${maxBytes} bytes.`,
      });
    }
    return await readFile(path);
  } catch (error) {
    if (error instanceof SourceError) {
      throw error;
    }
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new SourceError(
      missing ? 'not-found' : 'forbidden',
      `\`${path}\` ${missing ? 'does not exist' : "can't be read"}.`,
      { nextStep: 'Check the path and your right to read it.', cause: error },
    );
  }
}

function toOutput({
  path,
  tokens,
  method,
  encoding,
  band,
}: CountedFile): Readonly<Record<string, string | number | { low: number; high: number } | undefined>> {
  return { path, tokens, method, encoding, band: band === undefined ? undefined : { ...band } };
}

function toTable(counted: readonly CountedFile[]): string {
  const hasBands = counted.some(({ band }) => band !== undefined);
  const bandOf = ({ band }: CountedFile): string => (band === undefined ? '' : `${band.low}–${band.high}`);
  const rows = counted.map((file) => [
    file.path,
    file.tokens,
    file.method,
    file.encoding,
    ...(hasBands ? [bandOf(file)] : []),
  ]);
  const table = formatTable(['path', 'tokens', 'method', 'encoding', ...(hasBands ? ['between'] : [])], rows);
  const total = counted.reduce((sum, { tokens }) => sum + tokens, 0);
  return counted.length > 1 ? `${table}\nTotal: ${total} tokens\n` : table;
}
