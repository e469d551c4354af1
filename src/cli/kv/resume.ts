import type { Command } from 'commander';
import { resumeKvPurge } from '../../core/workersKv/purge';
import type { UnfinishedPurge } from '../../core/workersKv/purgeJournal';
import { kvSourceId } from '../../core/workersKv/target';
import type { CliContext, ExitCode } from '../io';
import { formatJson } from '../json';
import type { ActionRunner } from '../actions';
import { formatTable } from '../text';
import { instantText } from './entryOutput';
import { addKvOptions, openKv } from './options';
import type { KvOptions } from './options';
import { addChangeOptions, runKvPlan } from './runReport';
import type { ChangeOptions } from './runReport';

interface ResumeOptions extends KvOptions, ChangeOptions {
  readonly forget?: true;
}

/** `kv resume`: goes on with a purge that was interrupted; lists those there are when none is named. */
export function addResumeCommand(kv: Command, run: ActionRunner): void {
  const command = kv
    .command('resume')
    .description('go on with an interrupted purge; without an id, list the interrupted ones')
    .argument('[id]', 'the purge')
    .option('--forget', 'drop it from the list in place of going on');
  addKvOptions(addChangeOptions(command)).action(run(resume));
}

async function resume(
  context: CliContext,
  id: string | undefined,
  options: ResumeOptions,
  command: Command,
): Promise<ExitCode> {
  const cache = openKv(context, options);
  const { journal, place } = cache;
  if (id === undefined) {
    if (options.forget === true) {
      command.error('error: --forget needs the id of a purge');
    }
    const purges = await journal.unfinished(kvSourceId(cache.target));
    context.out(context.json ? formatJson({ source: place, purges: purges.map(purgeOutput) }) : listText(purges));
    return 0;
  }
  const purge = await journal.read(id);
  if (options.forget === true) {
    await journal.remove(id);
    context.out(context.json ? formatJson({ source: place, forgotten: id }) : `Forgotten: ${purge.title}\n`);
    return 0;
  }
  const shown = {
    source: place,
    title: `Resume: ${purge.title}`,
    warnings: [],
    isEmpty: false,
    text: listText([purge]),
    output: purgeOutput(purge),
  };
  return runKvPlan(context, shown, options, async (progress) =>
    resumeKvPurge(id, cache, { signal: context.signal, progress }),
  );
}

function purgeOutput(purge: UnfinishedPurge) {
  return {
    id: purge.id,
    purge: purge.title,
    startedAt: instantText(purge.startedMs) ?? null,
    keys: purge.keys.length + purge.chunkKeys.length,
    edgeTags: purge.edgeTags,
    left: purge.left,
  };
}

function listText(purges: readonly UnfinishedPurge[]): string {
  return purges.length === 0
    ? 'No purge was interrupted.\n'
    : formatTable(
        ['PURGE', 'BEGUN (UTC)', 'LEFT', 'OF', 'WHAT'],
        purges.map((purge) => [
          purge.id,
          instantText(purge.startedMs) ?? '-',
          purge.left,
          purge.keys.length + purge.chunkKeys.length + purge.edgeTags.length,
          purge.title,
        ]),
      );
}
