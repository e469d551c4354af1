import type { CommandGroup } from '../actions';
import { addInfoCommand, addInspectCommand, addListCommand } from './look';
import { addClearCommand, addVacuumCommand } from './remove';
import { addCompareCommand, addExportCommand, addImportCommand, addSyncCommand } from './transfer';
import { addUndoCommand } from './undo';
import { addWatchCommand } from './watch';

/** `context-cache layers …` */
export const layersGroup: CommandGroup = (program, run) => {
  const layers = program
    .command('layers')
    .description('look after local caches: phasic traces, JAX compilations, compiled gradients, any folder');
  for (const add of [
    addInfoCommand,
    addListCommand,
    addInspectCommand,
    addClearCommand,
    addVacuumCommand,
    addExportCommand,
    addImportCommand,
    addSyncCommand,
    addCompareCommand,
    addWatchCommand,
    addUndoCommand,
  ]) {
    add(layers, run);
  }
};
