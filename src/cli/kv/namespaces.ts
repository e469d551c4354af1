import type { Command } from 'commander';
import { listNamespaces } from '../../core/workersKv/kvApi';
import type { CliContext, ExitCode } from '../io';
import { formatJson } from '../json';
import type { ActionRunner } from '../actions';
import { formatTable } from '../text';
import { UserError } from '../../core/errors';

interface NamespacesOptions {
  readonly account?: string;
  readonly base?: string;
}

/** `kv namespaces`: the namespaces of an account, to choose from. */
export function addNamespacesCommand(kv: Command, run: ActionRunner): void {
  kv.command('namespaces')
    .description('list the namespaces of an account, or of a local server')
    .option('--account <id>', 'the account at Cloudflare; CLOUDFLARE_ACCOUNT_ID unless given')
    .option('--base <address>', 'the API to ask in place of Cloudflare’s; CONTEXT_CACHE_KV_BASE unless given')
    .action(run(namespaces));
}

async function namespaces(context: CliContext, options: NamespacesOptions): Promise<ExitCode> {
  const { env } = context;
  const account = options.account ?? env['CLOUDFLARE_ACCOUNT_ID'];
  const baseUrl = options.base ?? env['CONTEXT_CACHE_KV_BASE'];
  if (account === undefined && baseUrl === undefined) {
    throw new UserError('The account is not named.', 'Give its id with --account, or a local server with --base.');
  }
  const found = await listNamespaces(
    account,
    { baseUrl, token: async () => Promise.resolve(env['CLOUDFLARE_API_TOKEN']) },
    context.signal,
  );
  context.out(
    context.json
      ? formatJson({ namespaces: found.map(({ id, title }) => ({ id, title })) })
      : formatTable(
          ['NAMESPACE', 'TITLE'],
          found.map(({ id, title }) => [id, title]),
        ),
  );
  return 0;
}
