import type { ServerType } from '@hono/node-server';
import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import type { Precedence } from '../agent/agentCache';
import { UserError } from '../core/errors';
import type { Logger } from '../core/ports';
import { openAgentCache } from './agentCache';
import { dataFolderOf } from './dataFolder';
import type { CliContext, ExitCode } from './io';
import { packageVersion } from './packageFolder';
import type { ActionRunner } from './actions';
import { addSourceOptions } from './source';
import type { SourceChoice } from './source';

interface ServeOptions extends SourceChoice {
  readonly library?: string;
  readonly port: number;
  readonly id: string;
  readonly readOnly?: true;
  readonly prefer: Precedence;
}

/** A client that sends its request slower than this is cut off, in milliseconds. */
const headersTimeoutMs = 10_000;
const requestTimeoutMs = 60_000;

/** `serve`: the HTTP API of the original over one cache, on loopback, until it is interrupted. */
export function serveCommand(program: Command, run: ActionRunner): void {
  const command = program
    .command('serve')
    .description('answer the HTTP API of the sandbox cache on this machine, with a bearer token');
  addSourceOptions(command, 'a workspace, its kv-cache folder, or an address', '.')
    .option('--library <dir>', 'the instructions of this folder; the own and the workspace library unless given')
    .option('--port <number>', 'listen on this port of 127.0.0.1; 0 takes a free one', parsePort, 0)
    .option('--id <id>', 'the sandbox id in the addresses', 'local')
    .option('--read-only', 'refuse everything that changes the cache')
    .addOption(new Option('--prefer <place>').choices(['sandbox', 'library']).default('sandbox').hideHelp())
    .addHelpText(
      'after',
      '\nThe token is taken from CONTEXT_CACHE_TOKEN, or made anew and written to a file that only you can read;\nits path is printed. The OpenAPI description is at /openapi.json.',
    )
    .action(run(serve));
}

async function serve(context: CliContext, options: ServeOptions): Promise<ExitCode> {
  // Only this command needs the server: the others start faster without it.
  const [{ serve: listen }, { createHttpApi }] = await Promise.all([
    import('@hono/node-server'),
    import('../agent/http/app'),
  ]);
  const cache = await openAgentCache(context, options);
  const token = await obtainToken(context);
  const settings = {
    sandboxId: options.id,
    token: token.text,
    readOnly: options.readOnly === true,
    version: await packageVersion(),
    log: errorLog(context),
  };
  const app = createHttpApi(cache, settings);
  try {
    await new Promise<void>((resolve, reject) => {
      const server: ServerType = listen(
        {
          fetch: app.fetch,
          hostname: '127.0.0.1',
          port: options.port,
          serverOptions: { headersTimeout: headersTimeoutMs, requestTimeout: requestTimeoutMs },
        },
        (address) => {
          announce(context, options, address, token.file);
        },
      );
      server.once('error', (error: NodeJS.ErrnoException) => {
        reject(
          error.code === 'EADDRINUSE'
            ? new UserError(`Port ${options.port} is taken.`, 'Choose another one with --port.', { cause: error })
            : error,
        );
      });
      server.once('close', resolve);
      context.signal.addEventListener('abort', () => void server.close(), { once: true });
    });
    return 0;
  } finally {
    cache.counter.dispose();
    if (token.file !== undefined) {
      await rm(token.file, { force: true });
    }
  }
}

function announce(context: CliContext, options: ServeOptions, address: AddressInfo, file: string | undefined): void {
  const url = `http://127.0.0.1:${address.port}/api/sandboxes/${encodeURIComponent(options.id)}/kv-cache`;
  const tokenFile = file ?? null;
  context.out(
    context.json
      ? `${JSON.stringify({ url, port: address.port, sandboxId: options.id, tokenFile })}\n`
      : `Serving ${url}\nToken: ${file ?? 'from CONTEXT_CACHE_TOKEN'}\n`,
  );
}

/** The token from the environment, or a new one in a file of its own that nobody else can read. */
async function obtainToken(context: CliContext): Promise<{ readonly text: string; readonly file?: string }> {
  const given = context.env['CONTEXT_CACHE_TOKEN'];
  if (given !== undefined && given !== '') {
    if (given.length < 16) {
      throw new UserError('CONTEXT_CACHE_TOKEN has fewer than 16 characters.', 'Use a longer one, or leave it out.');
    }
    return { text: given };
  }
  const text = randomBytes(32).toString('base64url');
  const file = join(dataFolderOf(context), 'serve', `${process.pid}.token`);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await rm(file, { force: true });
  await writeFile(file, text, { mode: 0o600, flag: 'wx' });
  await chmod(file, 0o600);
  return { text, file };
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new InvalidArgumentError('Give a number from 0 to 65535.');
  }
  return port;
}

function errorLog(context: CliContext): Logger {
  const say = (message: string, error?: unknown): void => {
    context.message(`context-cache serve: ${message}${error instanceof Error ? `: ${error.message}` : ''}`);
  };
  return { debug: () => undefined, info: () => undefined, warn: say, error: say };
}
