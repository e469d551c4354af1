import { resolve } from 'node:path';
import type { Command } from 'commander';
import { applyTransfer, contentsOfArchive, contentsOfLayer } from '../../core/layers/applyTransfer';
import type { ContentSource, TransferReport } from '../../core/layers/applyTransfer';
import { transferable, writeArchive } from '../../core/layers/archiveFile';
import { compareLayers } from '../../core/layers/compare';
import type { PlacedListing } from '../../core/layers/compare';
import { lostEntries, planImport, planSync } from '../../core/layers/transferPlan';
import type { TransferPlan } from '../../core/layers/transferPlan';
import { UserError } from '../../core/errors';
import type { CliContext, ExitCode } from '../io';
import { formatJson } from '../json';
import type { ActionRunner } from '../actions';
import { formatBytes, printable } from '../text';
import { addChangeOptions, finish } from './change';
import type { ChangeOptions } from './change';
import { entryOutput } from './look';
import { addPlaceOptions, openLayerHistory, openLayers, openTargets } from './options';
import type { PlaceOptions } from './options';

type ExportOptions = PlaceOptions & { readonly overwrite?: true };
type ImportOptions = PlaceOptions & ChangeOptions & { readonly overwrite?: true };

interface SyncOptions extends PlaceOptions, ChangeOptions {
  readonly from: string;
  readonly overwrite?: true;
  readonly delete?: true;
  readonly quick?: true;
}

interface CompareOptions extends PlaceOptions {
  readonly with: string;
  readonly quick?: true;
}

/** `layers export`: layers as one archive. */
export function addExportCommand(layers: Command, run: ActionRunner): void {
  const command = layers
    .command('export')
    .description('write layers to one .tar.gz that any tar can read; compiled gradients are left out')
    .argument('<file>', 'the archive to write')
    .option('--overwrite', 'replace the file when it is there');
  addPlaceOptions(command).action(run(exportTo));
}

async function exportTo(context: CliContext, file: string, options: ExportOptions): Promise<ExitCode> {
  const { tree, place, listings } = await openLayers(context, options);
  const parts = transferable(listings.map((listing) => ({ tree, listing })));
  if (parts.length === 0) {
    throw new UserError(
      'Compiled gradients are valid in the process that wrote them and in no other.',
      'Choose another layer with --layer.',
    );
  }
  const path = resolve(context.cwd, file);
  const summary = await writeArchive(path, parts, { signal: context.signal, overwrite: options.overwrite === true });
  const layers = parts.map(({ listing }) => listing.layer.kind);
  context.out(
    context.json
      ? formatJson({ source: place, file: path, layers, ...summary })
      : printable(
          `Exported ${summary.files} files, ${formatBytes(summary.bytes)}, of ${layers.join(', ')} to ${path}.`,
        ) + '\n',
  );
  for (const name of summary.leftOut) {
    context.message(printable(`${name} could not be read and is left out.`));
  }
  return summary.leftOut.length > 0 ? 1 : 0;
}

/** `layers import`: the files of an archive. */
export function addImportCommand(layers: Command, run: ActionRunner): void {
  const command = layers
    .command('import')
    .description('write the files of an archive into the layers that they belong to; every path is checked first')
    .argument('<file>', 'the archive')
    .option('--overwrite', 'also replace what differs here');
  addChangeOptions(addPlaceOptions(command)).action(run(importFrom));
}

async function importFrom(context: CliContext, file: string, options: ImportOptions): Promise<ExitCode> {
  const path = resolve(context.cwd, file);
  const { place, targets } = await openTargets(context, options, []);
  if (targets.length === 0) {
    throw new UserError(`No cache is recognised in '${place}'.`, 'Say what it is to be with --layout, such as jax.');
  }
  const { plans, strangers } = await planImport(path, targets, {
    signal: context.signal,
    overwrite: options.overwrite,
  });
  if (strangers.length > 0) {
    context.message(`${strangers.length} files of the archive belong to no layer of '${printable(place)}'.`);
  }
  const layers = targets.map(({ listing }) => listing.layer);
  return runTransfers(
    context,
    place,
    plans.map(({ tree, plan }) => ({ tree, plan, source: contentsOfArchive(path, layers, plan.listing.layer) })),
    'Import',
    options,
  );
}

/** `layers sync`: makes the layers of one place hold what those of another do. */
export function addSyncCommand(layers: Command, run: ActionRunner): void {
  const command = layers
    .command('sync')
    .description('copy what another place has and this one lacks')
    .requiredOption('--from <place>', 'a folder or an address to copy from')
    .option('--overwrite', 'also replace what differs here')
    .option('--delete', 'also remove what the other place does not have')
    .option('--quick', 'take files of the same name and size for the same without reading them');
  addChangeOptions(addPlaceOptions(command)).action(run(sync));
}

async function sync(context: CliContext, options: SyncOptions): Promise<ExitCode> {
  const from = await openLayers(context, otherPlace(options, options.from));
  const sources = transferable(from.listings.map((listing) => ({ tree: from.tree, listing })));
  const { place, targets } = await openTargets(
    context,
    options,
    sources.map(({ listing }) => listing),
  );
  const pairs = pairUp(sources, targets);
  const transfers: Transfer[] = [];
  for (const { here, there } of pairs) {
    const plan = await planSync(here, there, {
      signal: context.signal,
      overwrite: options.overwrite,
      removeOthers: options.delete === true,
      quick: options.quick === true,
    });
    transfers.push({ tree: there.tree, plan, source: contentsOfLayer(here.tree, here.listing.layer) });
  }
  return runTransfers(context, place, transfers, 'Sync', options);
}

/** `layers compare`: how the layers of two places differ. */
export function addCompareCommand(layers: Command, run: ActionRunner): void {
  const command = layers
    .command('compare')
    .description('compare the layers of two places; the exit code is 1 when they differ')
    .requiredOption('--with <place>', 'a folder or an address to compare with')
    .option('--quick', 'take files of the same name and size for the same without reading them');
  addPlaceOptions(command).action(run(compare));
}

async function compare(context: CliContext, options: CompareOptions): Promise<ExitCode> {
  const here = await openLayers(context, options);
  const other = await openLayers(context, otherPlace(options, options.with));
  const pairs = pairUp(
    here.listings.map((listing) => ({ tree: here.tree, listing })),
    other.listings.map((listing) => ({ tree: other.tree, listing })),
  );
  const results = [];
  for (const pair of pairs) {
    const seen = await compareLayers(pair.here, pair.there, { signal: context.signal, quick: options.quick === true });
    results.push({ layer: pair.here.listing.layer.kind, seen });
  }
  if (context.json) {
    const layers = results.map(({ layer, seen }) => ({
      layer,
      hereOnly: seen.hereOnly.map(entryOutput),
      thereOnly: seen.thereOnly.map(entryOutput),
      different: seen.different.map((pair) => ({
        name: pair.name,
        here: entryOutput(pair.here),
        there: entryOutput(pair.there),
      })),
      same: seen.same.length,
      unread: seen.unread.map(({ name, reason }) => ({ name, message: reason.message })),
    }));
    context.out(formatJson({ source: here.place, with: other.place, layers }));
  } else {
    for (const { layer, seen } of results) {
      const { hereOnly, thereOnly, different, same, unread } = seen;
      context.out(
        `${layer}: ${hereOnly.length} here only, ${thereOnly.length} there only, ${different.length} different, ${same.length} the same\n`,
      );
      context.out(
        [
          ...hereOnly.map(({ name }) => `  here   ${printable(name)}\n`),
          ...thereOnly.map(({ name }) => `  there  ${printable(name)}\n`),
          ...different.map(({ name }) => `  differ ${printable(name)}\n`),
          ...unread.map(({ name, reason }) => `  unread ${printable(`${name}: ${reason.message}`)}\n`),
        ].join(''),
      );
    }
  }
  const differ = results.some(
    ({ seen }) => seen.hereOnly.length + seen.thereOnly.length + seen.different.length + seen.unread.length > 0,
  );
  return differ ? 1 : 0;
}

/** The same layers of another place, which a folder or an address names. */
function otherPlace({ layer, layout }: PlaceOptions, source: string): PlaceOptions {
  return { source, ...(layer === undefined ? {} : { layer }), ...(layout === undefined ? {} : { layout }) };
}

function pairUp(
  here: readonly PlacedListing[],
  there: readonly PlacedListing[],
): readonly { readonly here: PlacedListing; readonly there: PlacedListing }[] {
  const pairs = here.flatMap((one) => {
    const other = there.find(({ listing }) => listing.layer.kind === one.listing.layer.kind);
    return other === undefined ? [] : [{ here: one, there: other }];
  });
  if (pairs.length === 0) {
    throw new UserError(
      'The two places have no layer in common.',
      'Choose others, or say what they are with --layout.',
    );
  }
  return pairs;
}

interface Transfer {
  readonly tree: PlacedListing['tree'];
  readonly plan: TransferPlan;
  readonly source: ContentSource;
}

async function runTransfers(
  context: CliContext,
  place: string,
  transfers: readonly Transfer[],
  title: string,
  options: ChangeOptions,
): Promise<ExitCode> {
  const history = openLayerHistory(context);
  const texts = transfers.map(({ plan }) => planText(plan)).join('');
  const work = transfers.filter(({ plan }) => plan.writes.length + plan.removes.length > 0);
  if (options.dryRun === true || work.length === 0) {
    const layers = transfers.map(({ plan }) => planOutput(plan));
    context.out(context.json ? formatJson({ source: place, dryRun: true, layers }) : texts);
    return 0;
  }
  if (options.yes !== true) {
    context.message(texts.trimEnd());
    const lost = work.filter(({ plan }) => !history.canKeep(bytesOf(lostEntries(plan))));
    for (const { plan } of lost) {
      context.message(
        `${plan.listing.layer.kind}: ${formatBytes(bytesOf(lostEntries(plan)))} are replaced or removed without a way back; at most ${formatBytes(history.mostBytes)} are kept.`,
      );
    }
    if (!(await context.confirm(lost.length > 0 ? `${title} without a way back?` : `${title}?`))) {
      context.message('Nothing was changed. Answer y at a terminal, or pass --yes.');
      return 1;
    }
  }
  const reports: (TransferReport & { readonly plan: TransferPlan })[] = [];
  for (const { tree, plan, source } of work) {
    const name = `${title} ${plan.listing.layer.kind}`;
    const report = await applyTransfer(tree, plan, source, name, { signal: context.signal, history });
    reports.push({ ...report, plan });
    if (report.interrupted !== undefined) {
      break;
    }
  }
  if (context.json) {
    context.out(formatJson({ source: place, dryRun: false, layers: reports.map(reportOutput) }));
  } else {
    for (const { plan, written, writtenBytes, removed, undoId } of reports) {
      context.out(
        `${plan.listing.layer.kind}: wrote ${written.length}, ${formatBytes(writtenBytes)}; removed ${removed.length}.\n`,
      );
      if (undoId !== undefined) {
        context.out(`  Take it back with: layers undo ${undoId}\n`);
      }
    }
  }
  return finish(
    context,
    reports.flatMap(({ failed }) => failed),
    reports.map(({ interrupted }) => interrupted).find((error) => error !== undefined),
  );
}

function bytesOf(entries: readonly { readonly bytes: number }[]): number {
  return entries.reduce((sum, { bytes }) => sum + bytes, 0);
}

function planText({ listing, writes, removes, same, left, unread }: TransferPlan): string {
  const replaced = writes.filter(({ replaces }) => replaces !== undefined).length;
  const bytes = writes.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const head = `${listing.layer.kind}: write ${writes.length}, ${formatBytes(bytes)} (${replaced} replaced); remove ${removes.length}; ${same.length} the same, ${left.length} different and left\n`;
  return [
    head,
    ...writes.map(({ name, replaces }) => `  ${replaces === undefined ? 'add    ' : 'replace'} ${printable(name)}\n`),
    ...removes.map(({ name }) => `  remove  ${printable(name)}\n`),
    ...left.map((name) => `  leave   ${printable(name)}\n`),
    ...unread.map(({ name, reason }) => `  unread  ${printable(`${name}: ${reason.message}`)}\n`),
  ].join('');
}

function planOutput({ listing, writes, removes, same, left, unread }: TransferPlan) {
  return {
    layer: listing.layer.kind,
    write: writes.map(({ name, sizeBytes, replaces }) => ({ name, bytes: sizeBytes, replaces: replaces ?? null })),
    remove: removes.map(({ name }) => name),
    same: same.length,
    left,
    unread: unread.map(({ name, reason }) => ({ name, message: reason.message })),
  };
}

function reportOutput({
  plan,
  written,
  writtenBytes,
  removed,
  failed,
  interrupted,
  undoId,
}: TransferReport & {
  readonly plan: TransferPlan;
}) {
  return {
    ...planOutput(plan),
    written: written.length,
    writtenBytes,
    removed: removed.length,
    failed: failed.map(({ name, error }) => ({ name, message: error.message })),
    interrupted: interrupted?.message ?? null,
    undo: undoId ?? null,
  };
}
