import type { Command } from 'commander';
import type { CliContext, ExitCode } from '../io';
import { formatJson } from '../json';
import type { ActionRunner } from '../actions';
import { formatBytes } from '../text';
import { hoursArgument, wholeNumber } from './numbers';
import { addChangeOptions, openHistory } from './runPlan';
import type { ChangeOptions } from './runPlan';

interface VacuumOptions extends Omit<ChangeOptions, 'source'> {
  readonly olderThan?: number;
  readonly maxMib?: number;
}

const msPerDay = 86_400_000;
const bytesPerMiB = 1024 * 1024;

/** `cache vacuum`: drops kept contents of the version store by age and by size. */
export function addVacuumCommand(cache: Command, run: ActionRunner): void {
  const command = cache
    .command('vacuum')
    .description('drop contents from the version store, least recently used first; pinned versions stay')
    .option('--older-than <days>', 'those that were not used for so long', hoursArgument)
    .option('--max-mib <size>', 'until no more than so many MiB are left', wholeNumber);
  addChangeOptions(command).action(run(vacuum));
}

async function vacuum(context: CliContext, options: VacuumOptions, command: Command): Promise<ExitCode> {
  const { olderThan, maxMib } = options;
  if (olderThan === undefined && maxMib === undefined) {
    command.error('error: give --older-than <days>, --max-mib <size>, or both');
  }
  const history = openHistory(context);
  const plan = await history.planVacuum({
    ...(olderThan === undefined ? {} : { unusedSinceMs: context.clock.now() - olderThan * msPerDay }),
    ...(maxMib === undefined ? {} : { maxBytes: maxMib * bytesPerMiB }),
  });
  const title = `Drop ${plan.drop.length} contents, ${formatBytes(plan.dropBytes)}, and keep ${formatBytes(plan.keepBytes)}`;
  const planned = { contents: plan.drop.length, bytes: plan.dropBytes, keepBytes: plan.keepBytes };
  if (options.dryRun === true || plan.drop.length === 0) {
    context.out(context.json ? formatJson({ dryRun: true, ...planned, dropped: 0, droppedBytes: 0 }) : `${title}\n`);
    return 0;
  }
  if (options.yes !== true && !(await context.confirm(`${title}?`))) {
    context.message('Nothing was dropped. Answer y at a terminal, or pass --yes.');
    return 1;
  }
  const result = await history.vacuum(plan);
  context.out(
    context.json
      ? formatJson({ dryRun: false, ...planned, ...result })
      : `Dropped ${result.dropped} contents, ${formatBytes(result.droppedBytes)}.\n`,
  );
  return 0;
}
