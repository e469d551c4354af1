import type { Command } from 'commander';
import { formatTimestamp } from '../../core/cache/timestamps';
import type { CliContext, ExitCode } from '../io';
import { formatJson } from '../json';
import type { ActionRunner } from '../actions';
import { openSource } from '../source';
import { formatTable } from '../text';
import { addSourceOption } from './options';
import type { SourceOptions } from './options';
import { openHistory } from './runPlan';

/** `cache operations`: what was changed from here, and can be taken back. */
export function addOperationsCommand(cache: Command, run: ActionRunner): void {
  const command = cache.command('operations').description('list the operations on a cache, newest first');
  addSourceOption(command).action(run(operations));
}

async function operations(context: CliContext, options: SourceOptions): Promise<ExitCode> {
  const { tree, place } = await openSource(context, options);
  const found = await openHistory(context).operations(tree.id);
  const rows = found.map(({ id, startedMs, title }) => ({ id, startedAt: formatTimestamp(startedMs), title }));
  if (context.json) {
    context.out(formatJson({ source: place, operations: rows }));
  } else if (rows.length === 0) {
    context.out('Nothing was changed from here.\n');
  } else {
    context.out(
      formatTable(
        ['OPERATION', 'STARTED (UTC)', 'WHAT'],
        rows.map(({ id, startedAt, title }) => [id, startedAt, title]),
      ),
    );
  }
  return 0;
}
