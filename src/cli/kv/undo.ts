import type { Command } from 'commander';
import { kvSourceId } from '../../core/workersKv/target';
import { applyKvUndo, planKvUndo } from '../../core/workersKv/undo';
import type { KvUndoPlan } from '../../core/workersKv/undo';
import type { CliContext, ExitCode } from '../io';
import { formatJson } from '../json';
import type { ActionRunner } from '../actions';
import { formatTable, printable } from '../text';
import { instantText } from './entryOutput';
import { addKvOptions, openKv } from './options';
import type { KvOptions } from './options';
import { addChangeOptions, runKvPlan } from './runReport';
import type { ChangeOptions } from './runReport';

/** `kv undo`: takes back a bump, or a purge as far as values were kept; lists operations when none is named. */
export function addUndoCommand(kv: Command, run: ActionRunner): void {
  const command = kv
    .command('undo')
    .description('take back a bump, or a purge as far as values were kept; without an id, list the operations')
    .argument('[operation]', 'the operation');
  addKvOptions(addChangeOptions(command)).action(run(undo));
}

async function undo(
  context: CliContext,
  operationId: string | undefined,
  options: KvOptions & ChangeOptions,
): Promise<ExitCode> {
  const cache = openKv(context, options);
  if (operationId === undefined) {
    const operations = (await cache.history.operations(kvSourceId(cache.target))).map(({ id, title, startedMs }) => ({
      id,
      title,
      startedAt: instantText(startedMs) ?? null,
    }));
    context.out(
      context.json
        ? formatJson({ source: cache.place, operations })
        : operations.length === 0
          ? 'There is nothing to take back.\n'
          : formatTable(
              ['OPERATION', 'WHEN (UTC)', 'WHAT'],
              operations.map(({ id, startedAt, title }) => [id, startedAt ?? '-', title]),
            ),
    );
    return 0;
  }
  const plan = await planKvUndo(operationId, cache);
  return runKvPlan(context, { ...shownUndo(plan), source: cache.place }, options, async (progress) =>
    applyKvUndo(plan, cache, { signal: context.signal, progress }),
  );
}

function shownUndo(plan: KvUndoPlan) {
  const rows = plan.changes.map(({ scope, key, wanted }) => ({
    scope,
    key,
    action: wanted === undefined ? 'delete' : 'write',
  }));
  return {
    title: plan.title,
    warnings: plan.warnings,
    isEmpty: rows.length === 0,
    text:
      rows.length === 0
        ? `${printable(plan.title)}: nothing to do.\n`
        : `${printable(plan.title)}\n${formatTable(
            ['ACTION', 'NAMESPACE', 'KEY'],
            rows.map(({ action, scope, key }) => [action, scope, key]),
          )}`,
    output: { changes: rows },
  };
}
