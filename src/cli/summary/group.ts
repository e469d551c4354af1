import type { CommandGroup } from '../actions';
import { addDiffCommand } from './diff';
import { addGetCommand } from './get';
import { addInvalidateCommand } from './invalidate';
import { addMakeCommand } from './make';
import { addRefreshCommand } from './refresh';
import { addStatsCommand } from './stats';

/** `context-cache summary …` */
export const summaryGroup: CommandGroup = (program, run) => {
  const summary = program
    .command('summary')
    .description('keep summaries of files, conversations and outputs in a cache');
  for (const add of [
    addGetCommand,
    addMakeCommand,
    addRefreshCommand,
    addDiffCommand,
    addInvalidateCommand,
    addStatsCommand,
  ]) {
    add(summary, run);
  }
};
