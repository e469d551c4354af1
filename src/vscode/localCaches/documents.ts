import type { LayerComparison } from '../../core/layers/compare';
import type { Inspection } from '../../core/layers/inspect';
import { layouts } from '../../core/layers/layouts';
import { layerStats, pathIn } from '../../core/layers/model';
import type { LayerEntry, LayerListing } from '../../core/layers/model';
import type { RemovalPlan } from '../../core/layers/removal';
import type { TransferPlan } from '../../core/layers/transferPlan';
import { escapeMarkdown, formatBytes, plural } from '../format';
import type { LayerTarget } from './localTools';

/** A document is for reading: longer lists and texts are cut, and say so. */
const mostRows = 1000;
const mostText = 50_000;

const reasonTexts = { age: 'not used for long', size: 'too much', asked: 'asked for' } as const;

export function inspectionDocument({ place, listing }: LayerTarget, entry: LayerEntry, seen: Inspection): string {
  const { label, about } = layouts[listing.layer.kind];
  return [
    `# ${escapeMarkdown(entry.name)}`,
    `${escapeMarkdown(label)} of ${escapeMarkdown(place.label)}. ${escapeMarkdown(about)}`,
    table(
      ['', ''],
      [
        ['File', `${place.place}/${pathIn(listing.layer, entry.name)}`],
        ['Size', formatBytes(entry.bytes)],
        ['Written', timeText(entry.modifiedMs)],
        ['Used', timeText(entry.usedMs)],
        ...factsOf(seen),
      ],
    ),
    ...detailsOf(seen),
    '',
  ].join('\n\n');
}

function factsOf(seen: Inspection): readonly (readonly [string, string])[] {
  switch (seen.kind) {
    case 'trace':
      return [
        ['Vertices', String(seen.summary.vertices)],
        ['Parameters', String(seen.summary.parameters)],
        ['State length', String(seen.summary.stateLength)],
        ['Operations', String(seen.summary.operations)],
        ...seen.summary.otherFields.map(({ name, holds }) => [name, holds] as const),
      ];
    case 'brokenTrace':
      return [['Problem', seen.problem]];
    case 'compilation':
      return [
        ['Function', seen.function],
        ['Key', seen.hash],
        ['Content', seen.format],
      ];
    case 'gradient':
      return [['Content', 'not read: unpickling runs what is inside']];
    case 'tooLarge':
      return [['Content', `not read: larger than ${formatBytes(seen.mostBytes)}`]];
    case 'text':
    case 'bytes':
      return [];
  }
}

function detailsOf(seen: Inspection): readonly string[] {
  switch (seen.kind) {
    case 'trace':
      return [
        '## Operations by type',
        table(
          ['Type', 'Count'],
          seen.summary.operationTypes.map(({ type, count }) => [String(type), String(count)]),
        ),
        '## JSON',
        fenced(seen.text, 'json'),
      ];
    case 'text':
      return [seen.cut ? '## The start of its text' : '## Text', fenced(seen.text, '')];
    case 'bytes':
      return [
        '## First bytes',
        fenced(
          Buffer.from(seen.firstBytes)
            .toString('hex')
            .replace(/(..)(?=.)/g, '$1 '),
          '',
        ),
      ];
    case 'brokenTrace':
    case 'compilation':
    case 'gradient':
    case 'tooLarge':
      return [];
  }
}

/** What a folder would show as a local cache: its layers, or the names in it where none is recognised. */
export function previewDocument(place: string, listings: readonly LayerListing[], names: readonly string[]): string {
  return [
    `# ${escapeMarkdown(place)}`,
    ...(listings.length === 0
      ? ['No file has a name of a known cache.', ...section('What is in the folder', bullets(names))]
      : [
          table(
            ['Layer', 'Folder', 'Entries', 'Size', 'Newest', 'Oldest', 'Other files and folders'],
            listings.map((listing) => {
              const { entries, bytes, newestMs, oldestMs, others } = layerStats(listing);
              const time = (ms: number | undefined): string => (ms === undefined ? '' : timeText(ms));
              const { label } = layouts[listing.layer.kind];
              const numbers = [String(entries), formatBytes(bytes), time(newestMs), time(oldestMs), String(others)];
              return [label, listing.layer.folder === '' ? '.' : listing.layer.folder, ...numbers];
            }),
          ),
        ]),
    ...listings.flatMap(({ layer, entries }) => [
      `## ${escapeMarkdown(layouts[layer.kind].label)}`,
      escapeMarkdown(layouts[layer.kind].about),
      bullets(entries.map(({ name, bytes }) => `${name} (${formatBytes(bytes)})`)),
    ]),
    '',
  ].join('\n\n');
}

export function comparisonDocument(here: LayerTarget, there: LayerTarget, seen: LayerComparison): string {
  const { hereOnly, thereOnly, different, same, unread } = seen;
  const names = (list: readonly { readonly name: string }[]): string => bullets(list.map(({ name }) => name));
  return [
    `# ${escapeMarkdown(layouts[here.listing.layer.kind].label)}: ${escapeMarkdown(here.place.label)} and ${escapeMarkdown(there.place.label)}`,
    table(
      ['', 'Entries'],
      [
        [`Only in ${here.place.label}`, String(hereOnly.length)],
        [`Only in ${there.place.label}`, String(thereOnly.length)],
        ['Different', String(different.length)],
        ['The same', String(same.length)],
        ...(unread.length === 0 ? [] : [['Not read', String(unread.length)]]),
      ],
    ),
    ...section(`Only in ${here.place.label}`, names(hereOnly)),
    ...section(`Only in ${there.place.label}`, names(thereOnly)),
    ...section('Different', names(different)),
    ...section('Not read', bullets(unread.map(({ name, reason }) => `${name}: ${reason.message}`))),
    '',
  ].join('\n\n');
}

export function removalDocument(title: string, target: LayerTarget, plan: RemovalPlan): string {
  return [
    `# ${escapeMarkdown(title)}: ${escapeMarkdown(target.place.label)}`,
    escapeMarkdown(removalSummary(plan)),
    table(
      ['Entry', 'Size', 'Used', 'Why'],
      plan.removals
        .slice(0, mostRows)
        .map(({ entry, reason }) => [
          entry.name,
          formatBytes(entry.bytes),
          timeText(entry.usedMs),
          reasonTexts[reason],
        ]),
    ),
    cutText(plan.removals.length),
  ].join('\n\n');
}

export function removalSummary({ listing, removals, removedBytes, keptEntries, keptBytes }: RemovalPlan): string {
  const [one, many] = layouts[listing.layer.kind].noun;
  return `Removes ${plural(removals.length, one, many)}, ${formatBytes(removedBytes)}; keeps ${plural(keptEntries, one, many)}, ${formatBytes(keptBytes)}.`;
}

export function transferDocument(title: string, target: LayerTarget, plan: TransferPlan): string {
  return [
    `# ${escapeMarkdown(title)}: ${escapeMarkdown(target.place.label)}`,
    escapeMarkdown(transferSummary(plan)),
    ...section('Added', bullets(plan.writes.filter(({ replaces }) => replaces === undefined).map(({ name }) => name))),
    ...section(
      'Replaced',
      bullets(plan.writes.filter(({ replaces }) => replaces !== undefined).map(({ name }) => name)),
    ),
    ...section('Removed', bullets(plan.removes.map(({ name }) => name))),
    ...section('Different, and left as they are', bullets(plan.left)),
    ...section('Not read, and left', bullets(plan.unread.map(({ name, reason }) => `${name}: ${reason.message}`))),
    '',
  ].join('\n\n');
}

export function transferSummary({ writes, removes, same, left }: TransferPlan): string {
  const bytes = writes.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const replaced = writes.filter(({ replaces }) => replaces !== undefined).length;
  return `Writes ${plural(writes.length, 'file')}, ${formatBytes(bytes)}, of which ${replaced} replaced; removes ${removes.length}; ${same.length} the same, ${left.length} different and left.`;
}

function section(heading: string, body: string): readonly string[] {
  return body === '' ? [] : [`## ${escapeMarkdown(heading)}`, body];
}

function bullets(names: readonly string[]): string {
  const rows = names.slice(0, mostRows).map((name) => `- ${escapeMarkdown(name)}`);
  return [...rows, ...(names.length > mostRows ? ['', cutText(names.length)] : [])].join('\n');
}

function cutText(count: number): string {
  return count > mostRows ? `The first ${mostRows} of ${count} are listed.` : '';
}

function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => escapeMarkdown(cell)).join(' | ')} |`;
  return [line(headings), `| ${headings.map(() => '---').join(' | ')} |`, ...rows.map(line)].join('\n');
}

/** Longer than any run of backticks in it, a fence keeps the text inside. */
function fenced(text: string, language: string): string {
  const shown = text.slice(0, mostText);
  const longest = Math.max(2, ...[...shown.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const cut = shown.length < text.length ? `\n\nThe first ${mostText} of ${text.length} characters.` : '';
  return `${fence}${language}\n${shown}\n${fence}${cut}`;
}

function timeText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
