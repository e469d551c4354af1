import type { Command } from 'commander';
import { kvFindings } from '../../core/workersKv/findings';
import { manifestFindings } from '../../core/workersKv/manifests';
import { describeFinding } from '../findings';
import type { CliContext, ExitCode } from '../io';
import { formatJson } from '../json';
import type { ActionRunner } from '../actions';
import { addKvOptions, listKv, openKv } from './options';
import type { KvOptions } from './options';

/** `kv findings`: what is wrong; exit code 1 when an error or a warning is found. */
export function addFindingsCommand(kv: Command, run: ActionRunner): void {
  const command = kv
    .command('findings')
    .description('broken manifests, orphan chunks, expired entries, drift between versions, limits that are near');
  addKvOptions(command).option('--manifests', 'read the manifests of entries in chunks, too').action(run(findings));
}

interface FindingsOptions extends KvOptions {
  readonly manifests?: true;
}

async function findings(context: CliContext, options: FindingsOptions): Promise<ExitCode> {
  const cache = openKv(context, options);
  const snapshot = await listKv(context, cache);
  const manifests = options.manifests === true ? await manifestFindings(cache.api, snapshot, context.signal) : [];
  const found = [...manifests, ...kvFindings(snapshot)];
  if (context.json) {
    context.out(
      formatJson({
        source: cache.place,
        findings: found.map(({ id, severity, message, fix, key }) => ({
          id,
          severity,
          message,
          fix: fix ?? null,
          key: key ?? null,
        })),
      }),
    );
  } else {
    context.out(
      found.length === 0
        ? 'Nothing is wrong.\n'
        : found.map((finding) => `${describeFinding(finding, context.cwd)}\n`).join(''),
    );
  }
  return found.some(({ severity }) => severity !== 'information') ? 1 : 0;
}
