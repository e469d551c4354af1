import type { CommandGroup } from '../actions';
import { addBumpCommand } from './bump';
import { addCopyCommand } from './copy';
import { addDiffCommand } from './diff';
import { addExportCommand } from './export';
import { addHealthCommand } from './health';
import { addImportCommand } from './import';
import { addInvalidateCommand } from './invalidate';
import { addLsCommand } from './ls';
import { addOperationsCommand } from './operations';
import { addPruneCommand } from './prune';
import { addPutCommand } from './put';
import { addRefreshCommand } from './refresh';
import { addRepairCommand } from './repair';
import { addRestoreCommand } from './restore';
import { addSeedCommand } from './seed';
import { addShowCommand } from './show';
import { addStatsCommand } from './stats';
import { addTagCommand } from './tag';
import { addTtlCommand } from './ttl';
import { addVacuumCommand } from './vacuum';
import { addVerifyCommand } from './verify';
import { addVersionsCommand } from './versions';

/** `context-cache cache …` */
export const cacheGroup: CommandGroup = (program, run) => {
  const cache = program.command('cache').description('look after the cache of a sandbox');
  for (const add of [
    addLsCommand,
    addStatsCommand,
    addHealthCommand,
    addShowCommand,
    addDiffCommand,
    addSeedCommand,
    addVerifyCommand,
    addPutCommand,
    addTtlCommand,
    addTagCommand,
    addBumpCommand,
    addInvalidateCommand,
    addPruneCommand,
    addRepairCommand,
    addVersionsCommand,
    addRestoreCommand,
    addOperationsCommand,
    addCopyCommand,
    addExportCommand,
    addImportCommand,
    addRefreshCommand,
    addVacuumCommand,
  ]) {
    add(cache, run);
  }
};
