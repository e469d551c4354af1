import type { Command } from 'commander';
import { selectKv } from '../../core/workersKv/select';
import { kvSourceId } from '../../core/workersKv/target';
import type { ContentVersion } from '../../core/cache/history';
import type { CliContext, ExitCode } from '../io';
import { formatJson } from '../json';
import type { ActionRunner } from '../actions';
import { formatTable } from '../text';
import { instantText, versionText } from './entryOutput';
import { addKvOptions, listKv, openKv } from './options';
import type { KvOptions } from './options';

/** `kv versions`: the current versions; of one entry, the history of its bumps. */
export function addVersionsCommand(kv: Command, run: ActionRunner): void {
  const command = kv
    .command('versions')
    .description('list entries with their versions; of one entry, every bump that was made from here')
    .argument('[key]', 'the key of an entry');
  addKvOptions(command).action(run(versions));
}

async function versions(context: CliContext, key: string | undefined, options: KvOptions): Promise<ExitCode> {
  const cache = openKv(context, options);
  const snapshot = await listKv(context, cache);
  if (key === undefined) {
    const rows = snapshot.entries;
    context.out(
      context.json
        ? formatJson({
            source: cache.place,
            entries: rows.map((entry) => ({
              key: entry.key,
              versionKey: entry.versionKey,
              entryVersion: entry.entryVersion ?? null,
              currentVersion: entry.version?.version ?? null,
              updatedAt: instantText(entry.version?.updatedMs) ?? null,
            })),
          })
        : formatTable(
            ['KEY', 'VERSION', 'BUMPED (UTC)'],
            rows.map((entry) => [entry.key, versionText(entry), instantText(entry.version?.updatedMs) ?? '-']),
          ),
    );
    return 0;
  }
  const entry = selectKv(snapshot, { keys: [key] }).entries[0]!;
  const address = { sourceId: kvSourceId(cache.target), scope: 'versions', key: entry.versionKey };
  const history = (await cache.history.versions(address)).map(rowOf);
  context.out(
    context.json
      ? formatJson({ source: cache.place, key, versionKey: entry.versionKey, history })
      : history.length === 0
        ? 'No bump has been made from here.\n'
        : formatTable(
            ['SEEN (UTC)', 'VERSION', 'BY', 'OPERATION'],
            history.map((row) => [row.seenAt ?? '-', row.version ?? 'none', row.by, row.operationId ?? '-']),
          ),
  );
  return 0;
}

function rowOf({ content, seenMs, author, operationId }: ContentVersion) {
  const metadata: unknown = content?.entry === undefined ? undefined : JSON.parse(content.entry);
  const version = (metadata as { readonly version?: unknown } | null | undefined)?.version;
  return {
    seenAt: instantText(seenMs) ?? null,
    version: typeof version === 'number' ? version : null,
    by: author === 'sandbox' ? 'seen' : content === undefined ? 'removed' : 'written',
    operationId: operationId ?? null,
  };
}
