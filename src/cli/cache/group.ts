import type { CommandGroup } from '../program';
import { addHealthCommand } from './health';
import { addLsCommand } from './ls';
import { addShowCommand } from './show';
import { addStatsCommand } from './stats';

/** `context-cache cache …` */
export const cacheGroup: CommandGroup = (program, run) => {
  const cache = program.command('cache').description('look after the cache of a sandbox');
  addLsCommand(cache, run);
  addStatsCommand(cache, run);
  addHealthCommand(cache, run);
  addShowCommand(cache, run);
};
