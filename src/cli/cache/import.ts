import type { Command } from 'commander';
import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { entriesOf } from '../../core/cache/plans/planBuilder';
import { planCopy } from '../../core/cache/plans/copy';
import { readSnapshot } from '../../core/cache/snapshot';
import { UserError } from '../../core/errors';
import { openArchive } from '../../core/mirror/archive';
import type { CliContext, ExitCode } from '../io';
import type { ActionRunner } from '../actions';
import { addScopeOption, addSourceOption } from './options';
import type { ScopeOptions } from './options';
import { addChangeOptions, openCache, openHistory, runPlan } from './runPlan';
import type { ChangeOptions } from './runPlan';

interface ImportOptions extends ChangeOptions, ScopeOptions {
  readonly overwrite?: true;
}

/** `cache import`: copies the entries of an exported cache into this one. */
export function addImportCommand(cache: Command, run: ActionRunner): void {
  const command = cache
    .command('import')
    .description('copy the entries of an exported cache into this one')
    .argument('<file>', 'the archive')
    .option('--overwrite', 'also replace what differs here');
  addChangeOptions(addScopeOption(addSourceOption(command))).action(run(importFrom));
}

async function importFrom(context: CliContext, file: string, options: ImportOptions): Promise<ExitCode> {
  const path = resolve(context.cwd, file);
  let archive: Uint8Array;
  try {
    archive = await readFile(path);
  } catch (error) {
    throw new UserError(`'${path}' can't be read.`, 'Give the archive that was exported.', { cause: error });
  }
  const tree = await openArchive(archive, basename(path));
  const from = { tree, snapshot: await readSnapshot(tree, { clock: context.clock, signal: context.signal }) };
  const to = await openCache(context, options, { create: true });
  const entries = entriesOf(from.snapshot).filter(
    ({ scope }) => options.scope === undefined || scope === options.scope,
  );
  const plan = planCopy(from, entries, to, { overwrite: options.overwrite === true });
  return runPlan(context, to, plan, openHistory(context), { ...options, asks: true });
}
