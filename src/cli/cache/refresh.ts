import type { Command } from 'commander';
import { join } from 'node:path';
import { MirrorStore } from '../../core/mirror/mirrorStore';
import { refreshMirror } from '../../core/mirror/refresh';
import { dataFolderOf } from '../dataFolder';
import type { CliContext, ExitCode } from '../io';
import { formatJson } from '../json';
import type { ActionRunner } from '../actions';
import { openSource } from '../source';
import { formatBytes, printable } from '../text';
import { budgetArgument } from './numbers';
import { addSourceOption } from './options';
import type { SourceOptions } from './options';
import { openHistory } from './runPlan';

interface RefreshOptions extends SourceOptions {
  readonly budgetMib?: number;
}

const bytesPerMiB = 1024 * 1024;

/** `cache refresh`: brings the mirror and the histories of a cache up to date. */
export function addRefreshCommand(cache: Command, run: ActionRunner): void {
  const command = cache
    .command('refresh')
    .description('look at a cache and take what changed into its mirror and histories; the cache is only read')
    .option('--budget-mib <size>', 'fetch values of at most so many MiB; 0 fetches none', budgetArgument);
  addSourceOption(command).action(run(refresh));
}

async function refresh(context: CliContext, options: RefreshOptions): Promise<ExitCode> {
  const { tree, place } = await openSource(context, options);
  const folder = dataFolderOf(context);
  const history = openHistory(context);
  const { changed, vanished, fetchedBytes } = await refreshMirror(
    tree,
    new MirrorStore(join(folder, 'mirror'), history),
    history,
    {
      clock: context.clock,
      signal: context.signal,
      ...(options.budgetMib === undefined ? {} : { budgetBytes: options.budgetMib * bytesPerMiB }),
    },
  );
  if (context.json) {
    context.out(formatJson({ source: place, changed, vanished, fetchedBytes }));
  } else {
    const lines = [...changed.map((id) => `changed  ${id}`), ...vanished.map((id) => `vanished ${id}`)];
    context.out([...lines, `Fetched ${formatBytes(fetchedBytes)}.`].map((line) => `${printable(line)}\n`).join(''));
  }
  return 0;
}
