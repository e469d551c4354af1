import type { Command } from 'commander';
import { selectKv } from '../../core/workersKv/select';
import type { KvEntry } from '../../core/workersKv/model';
import type { CliContext, ExitCode } from '../io';
import { formatJson } from '../json';
import type { ActionRunner } from '../actions';
import { formatBytes, formatTable } from '../text';
import { addCriteria, criteriaOf } from './criteria';
import type { CriteriaOptions } from './criteria';
import { instantText, kvEntryOutput, versionText } from './entryOutput';
import { addKvOptions, listKv, openKv } from './options';
import type { KvOptions } from './options';

/** `kv ls`: every entry with its size, version and state; chunks are part of their entry. */
export function addLsCommand(kv: Command, run: ActionRunner): void {
  addKvOptions(addCriteria(kv.command('ls').description('list the entries of a namespace'))).action(run(ls));
}

async function ls(
  context: CliContext,
  keys: readonly string[],
  options: KvOptions & CriteriaOptions,
): Promise<ExitCode> {
  const cache = openKv(context, options);
  const snapshot = await listKv(context, cache);
  const criteria = criteriaOf(context, keys, options);
  const entries = criteria === undefined ? snapshot.entries : selectKv(snapshot, criteria).entries;
  context.out(
    context.json
      ? formatJson({
          source: cache.place,
          entries: entries.map(kvEntryOutput),
          orphanChunks: snapshot.orphanChunks.map(({ key, entryKey, index, sizeBytes }) => ({
            key,
            entryKey,
            index,
            sizeBytes: sizeBytes ?? null,
          })),
        })
      : lsText(entries),
  );
  return 0;
}

function lsText(entries: readonly KvEntry[]): string {
  return entries.length === 0
    ? 'There are no entries.\n'
    : formatTable(
        ['KEY', 'STATE', 'SIZE', 'CHUNKS', 'VERSION', 'EXPIRES (UTC)'],
        entries.map((entry) => [
          entry.key,
          entry.states.join(', '),
          entry.sizeBytes === undefined ? '-' : formatBytes(entry.sizeBytes),
          entry.chunks?.length ?? '-',
          versionText(entry),
          instantText(entry.expiresMs) ?? 'never',
        ]),
      );
}
