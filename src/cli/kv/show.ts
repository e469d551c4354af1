import type { Command } from 'commander';
import { kvFindings } from '../../core/workersKv/findings';
import type { KvEntry } from '../../core/workersKv/model';
import { selectKv } from '../../core/workersKv/select';
import type { CliContext, ExitCode } from '../io';
import { formatJson } from '../json';
import type { ActionRunner } from '../actions';
import { formatBytes, printable, printableText } from '../text';
import { instantText, kvEntryOutput, metadataOutput, versionText } from './entryOutput';
import { addKvOptions, listKv, openKv } from './options';
import type { KvOptions } from './options';

/** `kv show`: all that is known of one entry, without reading its value. */
export function addShowCommand(kv: Command, run: ActionRunner): void {
  const command = kv
    .command('show')
    .description('show what is known of an entry: metadata, chunks, version; its value is not read')
    .argument('<key>', 'the key');
  addKvOptions(command).action(run(show));
}

async function show(context: CliContext, key: string, options: KvOptions): Promise<ExitCode> {
  const cache = openKv(context, options);
  const snapshot = await listKv(context, cache);
  const entry = selectKv(snapshot, { keys: [key] }).entries[0]!;
  const findings = kvFindings(snapshot).filter((finding) => finding.key === key);
  context.out(
    context.json
      ? formatJson({
          source: cache.place,
          entry: {
            ...kvEntryOutput(entry),
            chunkKeys: entry.chunks?.map((chunk) => chunk.key) ?? null,
            metadata: metadataOutput(entry.metadata),
            versionRecord: metadataOutput(entry.version?.metadata),
          },
          findings: findings.map(({ id, severity, message }) => ({ id, severity, message })),
        })
      : showText(
          entry,
          findings.map(({ message }) => message),
        ),
  );
  return 0;
}

function showText(entry: KvEntry, problems: readonly string[]): string {
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['key', entry.key],
    ['state', entry.states.join(', ')],
    ['type', entry.contentType],
    ['size', entry.sizeBytes === undefined ? undefined : formatBytes(entry.sizeBytes)],
    ['chunks', entry.chunks === undefined ? undefined : `${entry.chunks.length}`],
    ['version', `${versionText(entry)} (${entry.versionKey})`],
    ['tags', entry.tags.join(', ')],
    ['created', instantText(entry.createdMs)],
    ['expires', instantText(entry.expiresMs) ?? 'never'],
  ];
  const head = rows
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([name, value]) => `${name.padEnd(8)} ${printable(value!)}\n`)
    .join('');
  const found = problems.map((problem) => `${printable(problem)}\n`).join('');
  return `${head}${found}\n${printableText(JSON.stringify(entry.metadata ?? null, undefined, 2))}\n`;
}
