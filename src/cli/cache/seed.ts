import type { Command } from 'commander';
import { planSeed } from '../../core/cache/plans/seed';
import type { CliContext, ExitCode } from '../io';
import type { ActionRunner } from '../actions';
import { openLibrary } from './library';
import { addSourceOption } from './options';
import type { LibraryOptions } from './options';
import { addChangeOptions, openCache, openHistory, runPlan } from './runPlan';
import type { ChangeOptions } from './runPlan';

interface SeedOptions extends ChangeOptions, LibraryOptions {
  readonly force?: true;
}

/** `cache seed`: brings the instructions of a library into a cache. */
export function addSeedCommand(cache: Command, run: ActionRunner): void {
  const command = cache
    .command('seed')
    .description('seed the instructions of a library; what was changed in the sandbox is left alone')
    .option('--library <dir>', 'seed the files of this folder; the own and the workspace library unless given')
    .option('--force', 'also replace what was changed in the sandbox, and renew what is unchanged');
  addChangeOptions(addSourceOption(command)).action(run(seed));
}

async function seed(context: CliContext, options: SeedOptions): Promise<ExitCode> {
  const cache = await openCache(context, options, { create: true });
  const history = openHistory(context);
  const library = await openLibrary(context, cache.workspace, options);
  const plan = await planSeed(cache, library.instructions, history, { force: options.force === true });
  const code = await runPlan(context, cache, plan, history, { ...options, asks: true });
  return code === 0 && library.findings.some(({ severity }) => severity !== 'information') ? 1 : code;
}
