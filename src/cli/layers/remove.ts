import type { Command } from 'commander';
import { applyRemoval } from '../../core/layers/applyRemoval';
import type { RemovalReport } from '../../core/layers/applyRemoval';
import { findEntry } from '../../core/layers/inspect';
import { layouts, vacuumDays } from '../../core/layers/layouts';
import { planClear, planVacuum } from '../../core/layers/removal';
import type { RemovalPlan } from '../../core/layers/removal';
import type { CliContext, ExitCode } from '../io';
import { formatJson } from '../json';
import type { ActionRunner } from '../actions';
import { formatBytes, printable } from '../text';
import { addChangeOptions, finish } from './change';
import type { ChangeOptions } from './change';
import { addPlaceOptions, oneLayer, openLayerHistory, openLayers } from './options';
import type { OpenedPlace, PlaceOptions } from './options';
import { daysArgument, sizeArgument } from './sizes';
import { entryOutput } from './look';

type ClearOptions = PlaceOptions & ChangeOptions & { readonly all?: true };

interface VacuumOptions extends PlaceOptions, ChangeOptions {
  readonly olderThan?: number;
  readonly maxSize?: number;
}

const msPerDay = 86_400_000;

/** `layers clear`: removes the entries of layers. */
export function addClearCommand(layers: Command, run: ActionRunner): void {
  const command = layers
    .command('clear')
    .description('remove all entries of a layer, or those named; files that are none of the layer stay')
    .argument('[names...]', 'entries, by their names or the start of them')
    .option('--all', 'clear every layer of the place');
  addChangeOptions(addPlaceOptions(command)).action(run(clear));
}

async function clear(context: CliContext, names: readonly string[], options: ClearOptions): Promise<ExitCode> {
  const opened = await openLayers(context, options);
  const plans =
    names.length > 0
      ? [namedPlan(opened, names)]
      : (options.all === true ? opened.listings : [oneLayer(opened)]).map((listing) => planClear(listing));
  return runRemovals(context, opened, plans, 'Clear', options);
}

function namedPlan(opened: OpenedPlace, names: readonly string[]): RemovalPlan {
  const listing = oneLayer(opened);
  return planClear(listing, [...new Set(names.map((name) => findEntry(listing.entries, name)))]);
}

/** `layers vacuum`: removes what is old, and then what is too much. */
export function addVacuumCommand(layers: Command, run: ActionRunner): void {
  const command = layers
    .command('vacuum')
    .description(
      `remove entries by age and by size, the least recently used first; unless told otherwise what was not used for ${vacuumDays} days, and what is more than 10 GiB (traces 100 MiB)`,
    )
    .option('--older-than <days>', 'those that were not used for so long', daysArgument)
    .option('--max-size <size>', 'until no more than so much is left in a layer, such as 10GiB', sizeArgument);
  addChangeOptions(addPlaceOptions(command)).action(run(vacuum));
}

async function vacuum(context: CliContext, options: VacuumOptions): Promise<ExitCode> {
  const opened = await openLayers(context, options);
  const usual = options.olderThan === undefined && options.maxSize === undefined;
  const days = usual ? vacuumDays : options.olderThan;
  const plans = opened.listings.map((listing) =>
    planVacuum(listing, {
      nowMs: context.clock.now(),
      unusedMs: days === undefined ? undefined : days * msPerDay,
      maxBytes: usual ? layouts[listing.layer.kind].vacuumBytes : options.maxSize,
    }),
  );
  return runRemovals(context, opened, plans, 'Vacuum', options);
}

/** Prints the plans, or asks and applies them; exit code 1 when something stays that should have gone. */
async function runRemovals(
  context: CliContext,
  { tree, place }: OpenedPlace,
  plans: readonly RemovalPlan[],
  title: string,
  options: ChangeOptions,
): Promise<ExitCode> {
  const history = openLayerHistory(context);
  const count = plans.reduce((sum, { removals }) => sum + removals.length, 0);
  const lines = plans.map(planText);
  if (options.dryRun === true || count === 0) {
    context.out(
      context.json ? formatJson({ source: place, dryRun: true, layers: plans.map(planOutput) }) : lines.join(''),
    );
    return 0;
  }
  const lost = plans.filter(({ removals, removedBytes }) => removals.length > 0 && !history.canKeep(removedBytes));
  const question = lost.length > 0 ? `${title} without a way back` : title;
  if (options.yes !== true) {
    context.message(lines.join('').trimEnd());
    for (const { listing, removedBytes } of lost) {
      context.message(
        `${listing.layer.kind}: ${formatBytes(removedBytes)} can't be taken back; at most ${formatBytes(history.mostBytes)} are kept.`,
      );
    }
    if (!(await context.confirm(`${question}?`))) {
      context.message('Nothing was removed. Answer y at a terminal, or pass --yes.');
      return 1;
    }
  }
  const reports: (RemovalReport & { readonly plan: RemovalPlan })[] = [];
  for (const plan of plans) {
    const report = await applyRemoval(tree, plan, `${title} ${plan.listing.layer.kind}`, {
      signal: context.signal,
      history,
    });
    reports.push({ ...report, plan });
    if (report.interrupted !== undefined) {
      break;
    }
  }
  if (context.json) {
    context.out(formatJson({ source: place, dryRun: false, layers: reports.map(reportOutput) }));
  } else {
    for (const { plan, removed, removedBytes, changed, undoId } of reports.filter((one) => hasWork(one.plan))) {
      context.out(`${plan.listing.layer.kind}: removed ${removed.length}, ${formatBytes(removedBytes)}.\n`);
      if (changed.length > 0) {
        context.out(`  ${changed.length} were used meanwhile and stay.\n`);
      }
      if (undoId !== undefined) {
        context.out(`  Take it back with: layers undo ${undoId}\n`);
      }
    }
  }
  return finish(
    context,
    reports.flatMap(({ failed }) => failed.map(({ entry, error }) => ({ name: entry.name, error }))),
    reports.map(({ interrupted }) => interrupted).find((error) => error !== undefined),
  );
}

function hasWork({ removals }: RemovalPlan): boolean {
  return removals.length > 0;
}

function planText(plan: RemovalPlan): string {
  const { listing, removals, removedBytes, keptEntries, keptBytes } = plan;
  const [oldest] = removals;
  const detail = oldest === undefined ? '' : `, ${reasons(plan)}`;
  return `${printable(listing.layer.kind)}: remove ${removals.length}, ${formatBytes(removedBytes)}${detail}; keep ${keptEntries}, ${formatBytes(keptBytes)}\n`;
}

function reasons({ removals }: RemovalPlan): string {
  const count = (reason: string): number => removals.filter((removal) => removal.reason === reason).length;
  const texts = [
    [count('age'), 'by age'],
    [count('size'), 'by size'],
    [count('asked'), 'as asked'],
  ] as const;
  return texts
    .filter(([number]) => number > 0)
    .map(([number, text]) => `${number} ${text}`)
    .join(', ');
}

function planOutput({ listing, removals, removedBytes, keptEntries, keptBytes }: RemovalPlan) {
  return {
    layer: listing.layer.kind,
    remove: removals.map(({ entry, reason }) => ({ ...entryOutput(entry), reason })),
    removeBytes: removedBytes,
    keep: keptEntries,
    keepBytes: keptBytes,
  };
}

function reportOutput({
  plan,
  removed,
  removedBytes,
  changed,
  failed,
  interrupted,
  undoId,
}: RemovalReport & {
  readonly plan: RemovalPlan;
}) {
  return {
    ...planOutput(plan),
    removed: removed.length,
    removedBytes,
    changed: changed.map(({ name }) => name),
    failed: failed.map(({ entry, error }) => ({ name: entry.name, message: error.message })),
    interrupted: interrupted?.message ?? null,
    undo: undoId ?? null,
  };
}
