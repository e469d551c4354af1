import type { Command } from 'commander';
import { join } from 'node:path';
import { VersionStore } from '../../core/versions/versionStore';
import { KvApi } from '../../core/workersKv/kvApi';
import type { KvSnapshot } from '../../core/workersKv/model';
import { PurgeJournal } from '../../core/workersKv/purgeJournal';
import { readKvSnapshot } from '../../core/workersKv/snapshot';
import { kvPlace, parseKvTarget } from '../../core/workersKv/target';
import type { KvTarget } from '../../core/workersKv/target';
import { dataFolderOf } from '../dataFolder';
import type { CliContext } from '../io';

/** How a command is told which namespaces it works on. */
export interface KvOptions {
  readonly account?: string;
  readonly namespace: string;
  readonly versionsNamespace?: string;
  readonly base?: string;
  readonly zone?: string;
}

/** A cache in Workers KV, ready to be asked. */
export interface OpenedKv {
  readonly api: KvApi;
  readonly target: KvTarget;
  /** Where it is, for output. */
  readonly place: string;
  readonly history: VersionStore;
  readonly journal: PurgeJournal;
  readonly clock: CliContext['clock'];
}

const help = `
The API token comes from CLOUDFLARE_API_TOKEN. A server of this machine, such as a running wrangler dev with
  --base http://127.0.0.1:8787/cdn-cgi/explorer/api
needs neither an account nor a token. Workers KV is eventually consistent: what was written or deleted in the last
minute may be listed wrongly.`;

/** The options that name the namespaces; all but the first are optional. */
export function addKvOptions(command: Command): Command {
  return command
    .requiredOption('--namespace <id>', 'the namespace of the entries')
    .option('--account <id>', 'the account at Cloudflare; CLOUDFLARE_ACCOUNT_ID unless given')
    .option('--versions-namespace <id>', 'the namespace of the versions')
    .option('--zone <id>', 'the zone whose edge cache is purged along; it is left alone unless given')
    .option('--base <address>', 'the API to ask in place of Cloudflare’s; CONTEXT_CACHE_KV_BASE unless given')
    .addHelpText('after', help);
}

export function openKv(context: CliContext, options: KvOptions): OpenedKv {
  const { env } = context;
  const target = parseKvTarget({
    name: options.namespace,
    namespace: options.namespace,
    account: options.account ?? env['CLOUDFLARE_ACCOUNT_ID'],
    versionsNamespace: options.versionsNamespace,
    zone: options.zone,
    baseUrl: options.base ?? env['CONTEXT_CACHE_KV_BASE'],
  });
  const folder = dataFolderOf(context);
  return {
    api: new KvApi(target, { token: async () => Promise.resolve(env['CLOUDFLARE_API_TOKEN']) }),
    target,
    place: kvPlace(target),
    history: new VersionStore(join(folder, 'versions'), { clock: context.clock }),
    journal: new PurgeJournal(join(folder, 'workers-kv', 'purges')),
    clock: context.clock,
  };
}

export async function listKv(context: CliContext, { api }: OpenedKv): Promise<KvSnapshot> {
  return readKvSnapshot(api, { signal: context.signal, nowMs: context.clock.now() });
}
