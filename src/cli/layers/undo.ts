import type { Command } from 'commander';
import { UserError } from '../../core/errors';
import { undoOperation } from '../../core/layers/undo';
import type { CliContext, ExitCode } from '../io';
import { formatJson } from '../json';
import type { ActionRunner } from '../actions';
import { openPlace } from '../source';
import { printable } from '../text';
import { finish } from './change';
import { addPlaceOptions, homeFolder, openLayerHistory } from './options';
import type { PlaceOptions } from './options';
import { timeText } from './look';

/** `layers undo`: takes back a clear, a vacuum, an import or a sync. */
export function addUndoCommand(layers: Command, run: ActionRunner): void {
  const command = layers
    .command('undo')
    .description('take back an operation on the same --source; lists those that can be taken back unless one is named')
    .argument('[operation]', 'its id');
  addPlaceOptions(command).action(run(undo));
}

async function undo(context: CliContext, id: string | undefined, options: PlaceOptions): Promise<ExitCode> {
  const { tree, place } = openPlace(context, options, homeFolder(context));
  const history = openLayerHistory(context);
  if (id === undefined) {
    const operations = await history.list(tree.id);
    context.out(
      context.json
        ? formatJson({
            source: place,
            operations: operations.map(({ id: one, atMs, title, written, removed }) => ({
              id: one,
              at: new Date(atMs).toISOString(),
              title,
              written: written.length,
              removed: removed.length,
            })),
          })
        : operations.map((one) => `${one.id}  ${timeText(one.atMs)}  ${printable(one.title)}\n`).join(''),
    );
    return 0;
  }
  const operation = await history.read(id);
  if (operation.treeId !== tree.id) {
    throw new UserError(`The operation ${id} was on another place.`, 'Name that place with --source.');
  }
  const report = await undoOperation(tree, operation, history, { signal: context.signal });
  const { restored, removed, left, interrupted } = report;
  context.out(
    context.json
      ? formatJson({
          source: place,
          restored: restored.length,
          removed: removed.length,
          left: left.map(({ name, error }) => ({ name, message: error.message })),
        })
      : `Took back ${printable(operation.title)}: restored ${restored.length}, removed ${removed.length}.\n`,
  );
  return finish(context, left, interrupted);
}
