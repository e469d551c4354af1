import type { CommandGroup } from '../actions';
import { addBumpCommand } from './bump';
import { addFindingsCommand } from './findings';
import { addGetCommand } from './get';
import { addLsCommand } from './ls';
import { addNamespacesCommand } from './namespaces';
import { addPruneCommand, addPurgeCommand } from './purge';
import { addResumeCommand } from './resume';
import { addShowCommand } from './show';
import { addStatsCommand } from './stats';
import { addUndoCommand } from './undo';
import { addVersionsCommand } from './versions';

/** `context-cache kv …` */
export const kvGroup: CommandGroup = (program, run) => {
  const kv = program.command('kv').description('look after a cache in Cloudflare Workers KV');
  for (const add of [
    addNamespacesCommand,
    addLsCommand,
    addStatsCommand,
    addFindingsCommand,
    addShowCommand,
    addGetCommand,
    addVersionsCommand,
    addBumpCommand,
    addPurgeCommand,
    addPruneCommand,
    addResumeCommand,
    addUndoCommand,
  ]) {
    add(kv, run);
  }
};
