import type { Command } from 'commander';
import { Option } from 'commander';
import { kvFindings } from '../../core/workersKv/findings';
import { groupKvEntries, kvGroupings, sumBytes } from '../../core/workersKv/groups';
import type { KvGrouping } from '../../core/workersKv/groups';
import { kvStates } from '../../core/workersKv/model';
import type { CliContext, ExitCode } from '../io';
import { formatJson } from '../json';
import type { ActionRunner } from '../actions';
import { formatBytes, formatTable } from '../text';
import { addKvOptions, listKv, openKv } from './options';
import type { KvOptions } from './options';

interface StatsOptions extends KvOptions {
  readonly by: KvGrouping;
}

/** `kv stats`: entries and bytes, by state and by what they share. */
export function addStatsCommand(kv: Command, run: ActionRunner): void {
  const command = kv
    .command('stats')
    .description('sum up a namespace: entries, bytes, states, groups')
    .addOption(new Option('--by <what>', 'what to group by').choices(kvGroupings).default('derivative'));
  addKvOptions(command).action(run(stats));
}

async function stats(context: CliContext, options: StatsOptions): Promise<ExitCode> {
  const cache = openKv(context, options);
  const snapshot = await listKv(context, cache);
  const { entries, orphanChunks, versions } = snapshot;
  const states = Object.fromEntries(
    kvStates.map((state) => [state, entries.filter((entry) => entry.states.includes(state)).length]),
  );
  const groups = groupKvEntries(entries, options.by);
  const chunks = entries.reduce((sum, entry) => sum + (entry.chunks?.length ?? 0), 0);
  const findings = kvFindings(snapshot).length;
  if (context.json) {
    context.out(
      formatJson({
        source: cache.place,
        entries: entries.length,
        bytes: sumBytes(entries),
        chunks,
        orphanChunks: orphanChunks.length,
        versions: versions?.size ?? null,
        states,
        findings,
        by: options.by,
        groups: groups.map((group) => ({
          name: group.name ?? null,
          entries: group.entries.length,
          bytes: group.bytes,
        })),
      }),
    );
    return 0;
  }
  const stateText = kvStates
    .filter((state) => states[state]! > 0)
    .map((state) => `${states[state]!} ${state}`)
    .join(', ');
  context.out(
    `${entries.length} entries, ${formatBytes(sumBytes(entries))}, ${chunks} chunks, ${orphanChunks.length} orphan chunks, ${versions === undefined ? 'no namespace of versions' : `${versions.size} version records`}.\n${stateText === '' ? '' : `${stateText}.\n`}${findings === 0 ? '' : `${findings} findings: see kv findings.\n`}\n${formatTable(
      [options.by.toUpperCase(), 'ENTRIES', 'SIZE'],
      groups.map((group) => [group.name ?? '(none)', group.entries.length, formatBytes(group.bytes)]),
    )}`,
  );
  return 0;
}
