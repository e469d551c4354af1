import type { Command } from 'commander';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { applyPlan } from '../../core/cache/apply';
import type { CachePlan } from '../../core/cache/changes';
import { emptySnapshot } from '../../core/cache/emptySnapshot';
import type { ApplyReport, Effect, EffectResult } from '../../core/cache/plan';
import type { PlanSource } from '../../core/cache/plans/planBuilder';
import { readSnapshot } from '../../core/cache/snapshot';
import { isSourceError } from '../../core/errors';
import { VersionStore } from '../../core/versions/versionStore';
import { dataFolderOf } from '../dataFolder';
import type { CliContext, ExitCode } from '../io';
import { formatJson } from '../json';
import { openSource } from '../source';
import { formatTable, printable } from '../text';
import type { SourceOptions } from './options';

/** What every command takes that changes a cache. */
export interface ChangeOptions extends SourceOptions {
  readonly dryRun?: true;
  readonly yes?: true;
}

export function addChangeOptions(command: Command): Command {
  return command
    .option('--dry-run', 'print the plan and change nothing')
    .option('--yes', 'do not ask before the plan is applied');
}

/** The version store that this user's command line and editors share. */
export function openHistory(context: CliContext): VersionStore {
  return new VersionStore(join(dataFolderOf(context), 'versions'), { clock: context.clock });
}

/** A cache as it is now, ready to be planned for. */
export interface OpenedCache extends PlanSource {
  readonly place: string;
  /** The workspace whose libraries belong to the cache. */
  readonly workspace: string;
  /** The workspace has no cache yet: applying makes its folder. */
  readonly isNew: boolean;
  /** The cache's folder where it is one of this machine. */
  readonly folder: string | undefined;
}

export async function openCache(
  context: CliContext,
  options: SourceOptions,
  how: { readonly verifyValues?: boolean; readonly create?: boolean } = {},
): Promise<OpenedCache> {
  const source = await openSource(context, options, { create: how.create === true });
  const { tree, folder, sourceFiles } = source;
  try {
    const snapshot = await readSnapshot(tree, {
      clock: context.clock,
      signal: context.signal,
      verifyValues: how.verifyValues === true,
      sourceFiles,
    });
    return { ...source, snapshot, isNew: false };
  } catch (error) {
    if (how.create === true && folder !== undefined && isSourceError(error, 'not-found')) {
      return { ...source, snapshot: emptySnapshot(tree, context.clock.now()), isNew: true };
    }
    throw error;
  }
}

export interface RunOptions extends ChangeOptions {
  /** Asks before it applies, unless `--yes` was given. */
  readonly asks: boolean;
}

/**
 * Prints a plan, or applies it (after a question where the command asks) and prints what was done. Exit code 1 when
 * something failed, was left alone as a conflict, or was not confirmed.
 */
export async function runPlan(
  context: CliContext,
  cache: OpenedCache,
  plan: CachePlan,
  history: VersionStore,
  options: RunOptions,
): Promise<ExitCode> {
  for (const warning of plan.warnings) {
    context.message(printable(warning));
  }
  if (options.dryRun === true) {
    context.out(context.json ? formatJson(planOutput(cache, plan, undefined)) : planText(plan));
    return 0;
  }
  const selected = plan.effects.filter((effect) => effect.selected && effect.action !== 'unchanged');
  if (selected.length > 0 && options.asks && options.yes !== true) {
    context.message(planText(plan).trimEnd());
    if (!(await context.confirm(`${plan.title}?`))) {
      context.message('Nothing was changed. Answer y at a terminal, or pass --yes.');
      return 1;
    }
  }
  if (cache.isNew && cache.folder !== undefined && selected.length > 0) {
    await mkdir(cache.folder, { recursive: true });
  }
  const report = await applyPlan(plan, { tree: cache.tree, history, clock: context.clock }, { signal: context.signal });
  context.out(context.json ? formatJson(planOutput(cache, plan, report)) : reportText(plan, report));
  for (const { id, message } of report.results.filter(({ outcome }) => outcome === 'failed')) {
    context.message(printable(`${id}: ${message ?? 'failed'}`));
  }
  for (const line of leftAlone(plan, report)) {
    context.message(printable(line));
  }
  const conflicts = plan.effects.some((effect) => effect.action === 'conflict' && !effect.selected);
  const failed = report.results.some(({ outcome }) => outcome === 'failed');
  return failed || conflicts || report.cancelled ? 1 : 0;
}

/** What the plan names and the run did not touch, with the reason. */
function leftAlone(plan: CachePlan, report: ApplyReport): string[] {
  const effects = new Map(plan.effects.map((effect) => [effect.id, effect]));
  return report.results.flatMap(({ id, outcome, message }) => {
    const effect = effects.get(id);
    return outcome === 'skipped' && effect !== undefined && effect.action !== 'unchanged'
      ? [`${id}: left alone: ${effect.selected ? (message ?? '') : effect.reason}`]
      : [];
  });
}

function planOutput(cache: OpenedCache, plan: CachePlan, report: ApplyReport | undefined) {
  const results = new Map(report?.results.map((result) => [result.id, result]));
  const others = report?.results.filter(({ id }) => !plan.effects.some((effect) => effect.id === id)) ?? [];
  return {
    source: cache.place,
    title: plan.title,
    dryRun: report === undefined,
    operationId: report?.operationId ?? null,
    cancelled: report?.cancelled ?? false,
    effects: plan.effects.map((effect) => effectOutput(effect, results.get(effect.id))),
    otherResults: others.map(({ id, outcome, message }) => ({ id, outcome, message: message ?? null })),
    warnings: plan.warnings,
  };
}

function effectOutput(effect: Effect, result: EffectResult | undefined) {
  return {
    id: effect.id,
    scope: effect.scope,
    key: effect.key,
    action: effect.action,
    reason: effect.reason,
    selected: effect.selected,
    bytesBefore: effect.bytesBefore ?? null,
    bytesAfter: effect.bytesAfter ?? null,
    outcome: result?.outcome ?? null,
    message: result?.message ?? null,
  };
}

function planText(plan: CachePlan): string {
  if (plan.effects.length === 0) {
    return `${printable(plan.title)}: nothing to do.\n`;
  }
  const rows = plan.effects.map(({ action, id, reason, selected }) => [selected ? '+' : ' ', action, id, reason]);
  return `${printable(plan.title)}\n${formatTable(['', 'ACTION', 'ENTRY', 'WHY'], rows)}`;
}

function reportText(plan: CachePlan, report: ApplyReport): string {
  const count = (outcome: EffectResult['outcome']): number =>
    report.results.filter((result) => result.outcome === outcome).length;
  const counts = `${count('done')} done, ${count('skipped')} skipped, ${count('failed')} failed.`;
  const undo =
    report.operationId === undefined || count('done') === 0
      ? ''
      : `Take it back with: cache restore --operation ${report.operationId}\n`;
  return `${printable(plan.title)}: ${report.results.length === 0 ? 'nothing to do.' : counts}\n${undo}`;
}
