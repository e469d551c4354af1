import type { Command } from 'commander';
import { applyKvBump, planKvBump } from '../../core/workersKv/bump';
import type { KvBumpPlan } from '../../core/workersKv/bump';
import { describeCriteria } from '../../core/workersKv/purgePlan';
import { selectKv } from '../../core/workersKv/select';
import { UserError } from '../../core/errors';
import type { CliContext, ExitCode } from '../io';
import type { ActionRunner } from '../actions';
import { formatTable, printable } from '../text';
import { addCriteria, criteriaNeeded } from './criteria';
import type { CriteriaOptions } from './criteria';
import { addKvOptions, listKv, openKv } from './options';
import type { KvOptions } from './options';
import { addChangeOptions, runKvPlan } from './runReport';
import type { ChangeOptions } from './runReport';

type BumpOptions = KvOptions & CriteriaOptions & ChangeOptions;

/** `kv bump`: entries become stale, and are made again when they are asked for. */
export function addBumpCommand(kv: Command, run: ActionRunner): void {
  const command = kv.command('bump').description('raise the versions of entries by one');
  addKvOptions(addChangeOptions(addCriteria(command))).action(run(bump));
}

async function bump(
  context: CliContext,
  keys: readonly string[],
  options: BumpOptions,
  command: Command,
): Promise<ExitCode> {
  const criteria = criteriaNeeded(context, command, keys, options);
  const cache = openKv(context, options);
  if (cache.target.versionsNamespace === undefined) {
    throw new UserError('The namespace of the versions is not named.', 'Give its id with --versions-namespace.');
  }
  const snapshot = await listKv(context, cache);
  const plan = planKvBump(snapshot, selectKv(snapshot, criteria).entries, describeCriteria(criteria));
  return runKvPlan(context, { ...shownBump(plan), source: cache.place }, options, async (progress) =>
    applyKvBump(plan, cache, { signal: context.signal, progress }),
  );
}

function shownBump(plan: KvBumpPlan) {
  return {
    title: plan.title,
    warnings: plan.warnings,
    isEmpty: plan.items.length === 0,
    text:
      plan.items.length === 0
        ? `${printable(plan.title)}: nothing to do.\n`
        : `${printable(plan.title)}\n${formatTable(
            ['VERSION RECORD', 'FROM', 'TO', 'ENTRIES'],
            plan.items.map(({ versionKey, from, to, entryKeys }) => [versionKey, from ?? '-', to, entryKeys.length]),
          )}`,
    output: {
      bumps: plan.items.map(({ versionKey, entryKeys, from, to }) => ({
        versionKey,
        entryKeys,
        from: from ?? null,
        to,
      })),
    },
  };
}
