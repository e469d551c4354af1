import { Argument } from 'commander';
import type { Command } from 'commander';
import { describeAuthor } from '../../core/cache/history';
import type { ContentVersion } from '../../core/cache/history';
import type { ScopeName } from '../../core/cache/model';
import { recordPresent } from '../../core/cache/recordPresent';
import { formatTimestamp } from '../../core/cache/timestamps';
import type { VersionStore } from '../../core/versions/versionStore';
import type { CliContext, ExitCode } from '../io';
import { formatJson } from '../json';
import type { ActionRunner } from '../actions';
import { formatBytes, formatTable } from '../text';
import { keptKey } from './keptKey';
import { wholeNumber } from './numbers';
import { addSourceOption, scopeArgument } from './options';
import type { SourceOptions } from './options';
import { openCache, openHistory } from './runPlan';

interface VersionsOptions extends SourceOptions {
  readonly number?: number;
  readonly label?: string;
  readonly pin?: boolean;
}

/** `cache versions`: every content of a key that was seen or written; labels and pins them. */
export function addVersionsCommand(cache: Command, run: ActionRunner): void {
  const command = cache
    .command('versions')
    .description('list the versions of an entry; with --number, label or pin one of them')
    .addArgument(new Argument('<scope>', 'the scope').argParser(scopeArgument))
    .argument('<key>', 'the key, as given or as kept')
    .option('--number <number>', 'the version to label or pin', wholeNumber)
    .option('--label <text>', 'name the version; an empty text takes its name away')
    .option('--pin', 'never drop the version to save space')
    .option('--no-pin', 'let it go again when space is needed');
  addSourceOption(command).action(run(versions));
}

async function versions(
  context: CliContext,
  scope: ScopeName,
  key: string,
  options: VersionsOptions,
  command: Command,
): Promise<ExitCode> {
  // Commander sets `pin` for --no-pin alone, too.
  const pin = command.getOptionValueSource('pin') === 'cli' ? options.pin : undefined;
  const marks = options.label !== undefined || pin !== undefined;
  if (marks !== (options.number !== undefined)) {
    command.error('error: --label and --pin need --number, and --number needs one of them');
  }
  const cache = await openCache(context, options);
  const history = openHistory(context);
  const address = { sourceId: cache.tree.id, scope, key: keptKey(cache.snapshot, scope, key) };
  const current = await recordPresent(cache, scope, address.key, history);
  if (options.number !== undefined) {
    const version = await history.version(address, options.number);
    if (options.label !== undefined) {
      await history.label(version, options.label === '' ? undefined : options.label);
    }
    if (pin !== undefined) {
      await history.pin(version, pin);
    }
  }
  const rows: VersionRow[] = [];
  for (const version of await history.versions(address)) {
    rows.push(await rowOf(version, current, history));
  }
  context.out(
    context.json
      ? formatJson({ source: cache.place, scope, key: address.key, versions: rows.map((row) => ({ ...row })) })
      : versionsText(rows),
  );
  return 0;
}

type VersionRow = Awaited<ReturnType<typeof rowOf>>;

async function rowOf(version: ContentVersion, current: string | undefined, history: VersionStore) {
  const { content } = version;
  return {
    number: version.number,
    seenAt: formatTimestamp(version.seenMs),
    author: version.author,
    deleted: content === undefined,
    fingerprint: content?.fingerprint ?? null,
    sizeBytes: content?.sizeBytes ?? null,
    label: version.label ?? null,
    pinned: version.pinned,
    kept: await history.isKept(version),
    current: content?.sha256 !== undefined && content.sha256 === current,
    operationId: version.operationId ?? null,
  };
}

function versionsText(rows: readonly VersionRow[]): string {
  if (rows.length === 0) {
    return 'No version has been seen.\n';
  }
  return formatTable(
    ['VERSION', 'SEEN (UTC)', 'BY', 'SIZE', 'FINGERPRINT', ''],
    rows.map((row) => [
      row.number,
      row.seenAt,
      row.deleted ? `deleted: ${describeAuthor(row.author)}` : describeAuthor(row.author),
      row.sizeBytes === null ? '-' : formatBytes(row.sizeBytes),
      row.fingerprint ?? '-',
      [
        row.current ? 'current' : '',
        row.label ?? '',
        row.pinned ? 'pinned' : '',
        row.kept || row.deleted ? '' : 'bytes not kept',
      ]
        .filter((mark) => mark !== '')
        .join(', '),
    ]),
  );
}
