import type { Command } from 'commander';
import { applyKvPurge } from '../../core/workersKv/purge';
import { defaultKeepLimits, describeCriteria, planKvPrune, planKvPurge } from '../../core/workersKv/purgePlan';
import type { KvPurgePlan, PurgePlanOptions } from '../../core/workersKv/purgePlan';
import { budgetArgument } from '../cache/numbers';
import type { CliContext, ExitCode } from '../io';
import type { ActionRunner } from '../actions';
import { formatBytes, formatTable, printable } from '../text';
import { addCriteria, criteriaNeeded } from './criteria';
import type { CriteriaOptions } from './criteria';
import { addKvOptions, listKv, openKv } from './options';
import type { KvOptions, OpenedKv } from './options';
import { addChangeOptions, runKvPlan } from './runReport';
import type { ChangeOptions } from './runReport';

interface KeepOptions extends KvOptions, ChangeOptions {
  /** MiB of values that are kept for undo. */
  readonly keep?: number;
}

interface PurgeOptions extends KeepOptions, CriteriaOptions {
  readonly orphanChunks?: true;
  readonly edge: boolean;
}

const mebibyte = 1024 * 1024;

/** `kv purge`: entries with their chunks, then the tags at the edge. */
export function addPurgeCommand(kv: Command, run: ActionRunner): void {
  const command = addCriteria(kv.command('purge').description('delete entries with their chunks, and at the edge'))
    .option('--orphan-chunks', 'chunks without a manifest, in place of entries')
    .option('--no-edge', 'leave the edge alone even with --zone');
  addKeepOption(addKvOptions(addChangeOptions(command))).action(run(purge));
}

/** `kv prune`: Workers KV keeps what has expired for its users. */
export function addPruneCommand(kv: Command, run: ActionRunner): void {
  const command = kv.command('prune').description('delete the entries that have expired');
  addKeepOption(addKvOptions(addChangeOptions(command))).action(run(prune));
}

function addKeepOption(command: Command): Command {
  const { keys, bytes } = defaultKeepLimits;
  return command.option(
    '--keep <MiB>',
    `keep values of at most so much for undo, ${bytes / mebibyte} unless given, of at most ${keys} keys; 0 for none`,
    budgetArgument,
  );
}

async function purge(
  context: CliContext,
  keys: readonly string[],
  options: PurgeOptions,
  command: Command,
): Promise<ExitCode> {
  const criteria = criteriaNeeded(context, command, keys, options);
  const cache = openKv(context, options);
  const plan = planKvPurge(await listKv(context, cache), criteria, describeCriteria(criteria), {
    ...planOptions(cache, options),
    edge: options.edge,
  });
  return runPurge(context, cache, plan, options);
}

async function prune(context: CliContext, options: KeepOptions): Promise<ExitCode> {
  const cache = openKv(context, options);
  const plan = planKvPrune(await listKv(context, cache), planOptions(cache, options));
  return runPurge(context, cache, plan, options);
}

function planOptions({ target }: OpenedKv, { keep }: KeepOptions): PurgePlanOptions {
  return {
    target,
    ...(keep === undefined
      ? {}
      : { keep: { keys: keep === 0 ? 0 : defaultKeepLimits.keys, bytes: Math.floor(keep * mebibyte) } }),
  };
}

async function runPurge(
  context: CliContext,
  cache: OpenedKv,
  plan: KvPurgePlan,
  options: ChangeOptions,
): Promise<ExitCode> {
  return runKvPlan(context, { ...shownPurge(plan), source: cache.place }, options, async (progress) =>
    applyKvPurge(plan, cache, { signal: context.signal, progress }),
  );
}

function shownPurge(plan: KvPurgePlan) {
  return {
    title: plan.title,
    warnings: plan.warnings,
    isEmpty: plan.items.length === 0,
    text: purgeText(plan),
    output: {
      keyCount: plan.keyCount,
      bytes: plan.bytes,
      edgeTags: plan.edgeTags,
      items: plan.items.map(({ key, keys, sizeBytes, reason, kept }) => ({
        key,
        chunks: keys.length - 1,
        sizeBytes: sizeBytes ?? null,
        reason,
        kept,
      })),
    },
  };
}

function purgeText(plan: KvPurgePlan): string {
  if (plan.items.length === 0) {
    return `${printable(plan.title)}: nothing to do.\n`;
  }
  const rows = plan.items.map(({ key, keys, sizeBytes, reason, kept }) => [
    key,
    keys.length === 1 ? '-' : keys.length - 1,
    sizeBytes === undefined ? '-' : formatBytes(sizeBytes),
    reason,
    kept ? 'yes' : 'no',
  ]);
  const edge = plan.edgeTags.length === 0 ? '' : `At the edge: ${plan.edgeTags.map(printable).join(', ')}\n`;
  return `${printable(plan.title)}: ${plan.keyCount} keys, ${formatBytes(plan.bytes)}\n${formatTable(['ENTRY', 'CHUNKS', 'SIZE', 'WHY', 'KEPT'], rows)}${edge}`;
}
