import type { Command } from 'commander';
import { Option } from 'commander';
import { findEntry, inspectEntry } from '../../core/layers/inspect';
import type { Inspection } from '../../core/layers/inspect';
import { layouts } from '../../core/layers/layouts';
import { layerStats, pathIn } from '../../core/layers/model';
import type { LayerEntry, LayerListing } from '../../core/layers/model';
import { wholeNumber } from '../cache/numbers';
import type { CliContext, ExitCode } from '../io';
import { formatJson } from '../json';
import type { OutputValue } from '../json';
import type { ActionRunner } from '../actions';
import { formatBytes, formatTable, printable, printableText } from '../text';
import { addPlaceOptions, oneLayer, openLayers } from './options';
import type { PlaceOptions } from './options';

interface ListOptions extends PlaceOptions {
  readonly sort: 'name' | 'used' | 'size';
  readonly limit?: number;
}

interface InspectOptions extends PlaceOptions {
  readonly raw?: true;
}

/** `layers info`: how large each layer is, and how old. */
export function addInfoCommand(layers: Command, run: ActionRunner): void {
  const command = layers.command('info').description('sum up each layer: files, bytes, the newest and the oldest');
  addPlaceOptions(command).action(run(info));
}

async function info(context: CliContext, options: PlaceOptions): Promise<ExitCode> {
  const { place, listings } = await openLayers(context, options);
  if (context.json) {
    context.out(formatJson({ source: place, layers: listings.map(layerOutput) }));
    return 0;
  }
  const rows = listings.map((listing) => {
    const { files, bytes, newestMs, oldestMs, others } = layerStats(listing);
    return [
      listing.layer.kind,
      listing.layer.folder === '' ? '.' : listing.layer.folder,
      files,
      formatBytes(bytes),
      timeText(newestMs),
      timeText(oldestMs),
      others,
    ];
  });
  context.out(`${printable(place)}\n`);
  context.out(formatTable(['LAYER', 'FOLDER', 'FILES', 'SIZE', 'NEWEST (UTC)', 'OLDEST (UTC)', 'OTHERS'], rows));
  return 0;
}

/** A layer's numbers as JSON. */
function layerOutput(listing: LayerListing) {
  const { entries, files, bytes, newestMs, oldestMs, others } = layerStats(listing);
  return {
    layer: listing.layer.kind,
    folder: listing.layer.folder,
    about: layouts[listing.layer.kind].about,
    entries,
    files,
    bytes,
    newest: newestMs === undefined ? null : new Date(newestMs).toISOString(),
    oldest: oldestMs === undefined ? null : new Date(oldestMs).toISOString(),
    others,
  };
}

/** `layers ls`: every entry. */
export function addListCommand(layers: Command, run: ActionRunner): void {
  const command = layers
    .command('ls')
    .description('list the entries of the layers')
    .addOption(new Option('--sort <by>', 'sort by').choices(['name', 'used', 'size']).default('name'))
    .option('--limit <count>', 'list at most so many of each layer', wholeNumber);
  addPlaceOptions(command).action(run(list));
}

async function list(context: CliContext, options: ListOptions): Promise<ExitCode> {
  const { place, listings } = await openLayers(context, options);
  const sorted = listings.map((listing) => ({
    listing,
    entries: sortEntries(listing.entries, options.sort).slice(0, options.limit),
  }));
  if (context.json) {
    const output = sorted.map(({ listing, entries }) => ({
      layer: listing.layer.kind,
      folder: listing.layer.folder,
      entries: entries.map(entryOutput),
    }));
    context.out(formatJson({ source: place, layers: output }));
    return 0;
  }
  for (const { listing, entries } of sorted) {
    context.out(`${listing.layer.kind}: ${listing.entries.length} entries\n`);
    // Lines of one width but for the name, so that they can be printed without measuring them all.
    const lines = entries.map(
      ({ name, bytes, usedMs }) => `${formatBytes(bytes).padStart(9)}  ${timeText(usedMs)}  ${printable(name)}\n`,
    );
    context.out(lines.join(''));
    if (entries.length < listing.entries.length) {
      context.message(`${listing.entries.length - entries.length} more of ${listing.layer.kind} are not listed.`);
    }
  }
  return 0;
}

function sortEntries(entries: readonly LayerEntry[], by: ListOptions['sort']): readonly LayerEntry[] {
  switch (by) {
    case 'name':
      return entries;
    case 'used':
      return [...entries].sort((a, b) => b.usedMs - a.usedMs);
    case 'size':
      return [...entries].sort((a, b) => b.bytes - a.bytes);
  }
}

export function entryOutput({ name, bytes, modifiedMs, usedMs }: LayerEntry) {
  return { name, bytes, modified: new Date(modifiedMs).toISOString(), used: new Date(usedMs).toISOString() };
}

/** `layers inspect`: what one entry is. */
export function addInspectCommand(layers: Command, run: ActionRunner): void {
  const command = layers
    .command('inspect')
    .description('say what an entry is: the summary of a trace, the function of a compilation; runs nothing in it')
    .argument('<name>', 'the name of the entry, or its start')
    .option('--raw', 'print the JSON of a trace as it is');
  addPlaceOptions(command).action(run(inspect));
}

async function inspect(context: CliContext, name: string, options: InspectOptions): Promise<ExitCode> {
  const opened = await openLayers(context, options);
  const matching = opened.listings.filter(({ entries }) => entries.some((entry) => entry.name.startsWith(name)));
  const listing = oneLayer(matching.length === 1 ? { ...opened, listings: matching } : opened);
  const entry = findEntry(listing.entries, name);
  const seen = await inspectEntry(opened.tree, listing.layer, entry, { signal: context.signal });
  if (options.raw === true && seen.kind === 'trace') {
    context.out(`${printableText(seen.text.trimEnd())}\n`);
    return 0;
  }
  const facts = { layer: listing.layer.kind, path: pathIn(listing.layer, entry.name), ...entryOutput(entry) };
  context.out(
    context.json
      ? formatJson({ source: opened.place, ...facts, inspection: inspectionOutput(seen) })
      : `${[
          ...Object.entries(facts).map(([field, value]) => `${field}: ${value}`),
          ...inspectionLines(seen),
          layouts[listing.layer.kind].about,
        ]
          .map((line) => printableText(line))
          .join('\n')}\n`,
  );
  return seen.kind === 'brokenTrace' ? 1 : 0;
}

function inspectionOutput(seen: Inspection): OutputValue {
  switch (seen.kind) {
    case 'trace':
      return { kind: seen.kind, ...seen.summary };
    case 'bytes':
      return { kind: seen.kind, firstBytes: Buffer.from(seen.firstBytes).toString('hex') };
    case 'brokenTrace':
    case 'compilation':
    case 'gradient':
    case 'text':
    case 'tooLarge':
      return { ...seen };
  }
}

function inspectionLines(seen: Inspection): readonly string[] {
  switch (seen.kind) {
    case 'trace': {
      const { vertices, parameters, stateLength, operations, operationTypes, otherFields } = seen.summary;
      return [
        `vertices: ${vertices}`,
        `parameters: ${parameters}`,
        `state length: ${stateLength}`,
        `operations: ${operations}`,
        ...operationTypes.map(({ type, count }) => `  of type ${type}: ${count}`),
        ...otherFields.map((field) => `${field.name}: ${field.holds}`),
      ];
    }
    case 'brokenTrace':
      return [`problem: ${seen.problem}`];
    case 'compilation':
      return [`function: ${seen.function}`, `key: ${seen.hash}`, `content: ${seen.format}`];
    case 'gradient':
      return ['content: not read, since unpickling runs what is inside'];
    case 'text':
      return [`content${seen.cut ? ' (its start)' : ''}:`, seen.text];
    case 'bytes':
      return [`first bytes: ${Buffer.from(seen.firstBytes).toString('hex')}`];
    case 'tooLarge':
      return [`content: not read, since it is larger than ${formatBytes(seen.mostBytes)}`];
  }
}

/** A time to the second; a dash where there is none. */
export function timeText(ms: number | undefined): string {
  return ms === undefined ? '-' : new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
}
