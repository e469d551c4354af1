import { readFile, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Option } from 'commander';
import { SourceError, UserError, describeError, isSourceError } from '../core/errors';
import { countProviderFor } from '../core/tokens/countProviders';
import { encodingNames } from '../core/tokens/counter';
import type { CountMethod, EncodingName } from '../core/tokens/counter';
import { createTokenCounter } from '../core/tokens/localCounter';
import { countFromTokens, tokenizerForModel } from '../core/tokens/models';
import type { ModelTokenizer } from '../core/tokens/models';
import { ProviderCounter } from '../core/tokens/providerCounts';
import { dataFolderOf } from './dataFolder';
import type { CliContext, ExitCode } from './io';
import { formatJson } from './json';
import type { CommandGroup } from './actions';
import { formatTable, printable } from './text';

interface TokensOptions {
  readonly encoding?: EncodingName;
  readonly model?: string;
  readonly provider?: true;
  readonly providerAddress?: string;
}

interface FileCount {
  readonly tokens: number;
  readonly method: CountMethod;
  /** What was counted with: an encoding, or the provider's model. */
  readonly encoding?: EncodingName;
  readonly provider?: string;
  readonly model?: string;
  readonly band?: { readonly low: number; readonly high: number };
}

interface CountedFile extends FileCount {
  readonly path: string;
}

interface FileCounter {
  count(text: string): Promise<FileCount>;
  dispose(): void;
}

const maxBytes = 64 * 1024 * 1024;

export const tokensCommand: CommandGroup = (program, run) => {
  program
    .command('tokens')
    .description('Count the tokens of files; `-` is standard input.')
    .argument('<file...>', 'files of UTF-8 text, or `-`')
    .addOption(new Option('--encoding <name>', 'count in this encoding').choices(encodingNames))
    .addOption(new Option('--model <id>', 'count for this model; an estimate says so').conflicts('encoding'))
    .addOption(
      new Option(
        '--provider',
        'send the text to the provider of the model and let it count, with ANTHROPIC_API_KEY or GEMINI_API_KEY',
      ).conflicts('encoding'),
    )
    .option('--provider-address <url>', 'ask there in place of the provider’s own address')
    .action(run(countFiles));
};

async function countFiles(context: CliContext, files: readonly string[], options: TokensOptions): Promise<ExitCode> {
  const counter = options.provider === true ? providerCounter(context, options) : offlineCounter(context, options);
  const counted: CountedFile[] = [];
  let failed = false;
  try {
    for (const path of files) {
      try {
        const text = decode(path === '-' ? await context.readStdin() : await readBytes(resolve(context.cwd, path)));
        counted.push({ path, ...(await counter.count(text)) });
      } catch (error) {
        failed = true;
        context.message(printable(describeError(error)));
        // The next question would be answered in the same way.
        if (isSourceError(error, 'cancelled', 'auth', 'rate-limited', 'quota')) {
          break;
        }
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

function offlineCounter(context: CliContext, options: TokensOptions): FileCounter {
  const tokenizer: ModelTokenizer =
    options.model === undefined
      ? { kind: 'exact', encoding: options.encoding ?? 'o200k_base' }
      : tokenizerForModel(options.model);
  const counter = createTokenCounter({ dataFolder: dataFolderOf(context) });
  return {
    count: async (text) =>
      countFromTokens(await counter.count(text, tokenizer.encoding, { signal: context.signal }), tokenizer),
    dispose: () => {
      counter.dispose();
    },
  };
}

/** The key is read only here, when the provider was asked for. */
function providerCounter(context: CliContext, { model = '', providerAddress }: TokensOptions): FileCounter {
  const provider = countProviderFor(model);
  if (provider === undefined) {
    throw new UserError(
      model === '' ? '`--provider` needs a model.' : `No provider counts tokens for \`${model}\`.`,
      'Give one with `--model`, such as claude-opus-5 or gemini-3-pro.',
    );
  }
  const key = context.env[provider.keyVariable]?.trim() ?? '';
  if (key === '') {
    throw new UserError(`There is no key for ${provider.label}.`, `Set ${provider.keyVariable}.`);
  }
  const counter = new ProviderCounter({ dataFolder: dataFolderOf(context) });
  return {
    count: async (text) => {
      const counted = await counter.count(text, model, { key, address: providerAddress, signal: context.signal });
      return { tokens: counted.tokens, method: 'provider', provider: counted.provider, model: counted.model };
    },
    dispose: () => undefined,
  };
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
  band,
  ...file
}: CountedFile): Readonly<Record<string, string | number | { low: number; high: number } | undefined>> {
  return { ...file, band: band === undefined ? undefined : { ...band } };
}

function toTable(counted: readonly CountedFile[]): string {
  const hasBands = counted.some(({ band }) => band !== undefined);
  const bandOf = ({ band }: CountedFile): string => (band === undefined ? '' : `${band.low}–${band.high}`);
  const rows = counted.map((file) => [
    file.path,
    file.tokens,
    file.method,
    file.encoding ?? file.model ?? '',
    ...(hasBands ? [bandOf(file)] : []),
  ]);
  const table = formatTable(
    [
      'path',
      'tokens',
      'method',
      counted.some(({ model }) => model !== undefined) ? 'model' : 'encoding',
      ...(hasBands ? ['between'] : []),
    ],
    rows,
  );
  const total = counted.reduce((sum, { tokens }) => sum + tokens, 0);
  return counted.length > 1 ? `${table}\nTotal: ${total} tokens\n` : table;
}
