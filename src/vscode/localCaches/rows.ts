import { MarkdownString } from 'vscode';
import { describeError } from '../../core/errors';
import { jaxFunction, layouts } from '../../core/layers/layouts';
import { layerStats, pathIn } from '../../core/layers/model';
import type { LayerListing } from '../../core/layers/model';
import { escapeMarkdown, formatBytes, plural } from '../format';
import { formatDuration } from '../sandboxes/format';
import type { LocalContents } from './contents';
import { pageSize } from './contents';
import type { LocalPlaces } from './localPlaces';
import type { LocalNode } from './nodes';

/** What a row shows; `icon` and `color` are ids of the editor's theme. */
export interface LocalRow {
  readonly label: string;
  readonly description: string;
  readonly icon: string;
  readonly color?: string;
  readonly contextValue: string;
}

const icons = { traces: 'graph-line', jax: 'zap', gradients: 'symbol-function', plain: 'files' } as const;

export function rowOf(node: LocalNode, places: LocalPlaces, contents: LocalContents, nowMs: number): LocalRow {
  switch (node.kind) {
    case 'place': {
      const { listings, error, reading } = places.state(node.place);
      const parts =
        listings === undefined
          ? [reading ? 'reading…' : error === undefined ? '' : 'can not be read']
          : [
              plural(listings.length, 'layer'),
              formatBytes(listings.reduce((sum, listing) => sum + layerStats(listing).bytes, 0)),
              error === undefined ? '' : 'last good state',
            ];
      return {
        label: node.place.label,
        description: parts.filter((part) => part !== '').join(' · '),
        icon: error === undefined ? 'archive' : 'warning',
        ...(error === undefined ? {} : { color: 'list.warningForeground' }),
        contextValue: `localPlace+${node.place.origin}`,
      };
    }
    case 'layer': {
      const listing = contents.listing(node);
      const { label, transferable } = layouts[node.layer];
      return {
        label,
        description: listing === undefined ? '' : layerText(listing, nowMs),
        icon: icons[node.layer],
        contextValue: `localLayer+${node.layer}${transferable ? '+transferable' : ''}`,
      };
    }
    case 'group': {
      const group = contents.group(node);
      const [one, many] = layouts[node.layer].noun;
      return {
        label: group?.label ?? node.group,
        description:
          group === undefined ? '' : `${plural(group.entries.length, one, many)} · ${formatBytes(group.bytes)}`,
        icon: 'folder',
        contextValue: 'localGroup',
      };
    }
    case 'entry': {
      const entry = contents.entry(node);
      return {
        label: entryLabel(node.name, node.group),
        description:
          entry === undefined ? '' : `${formatBytes(entry.bytes)} · used ${formatDuration(nowMs - entry.usedMs)} ago`,
        icon: 'file',
        contextValue: `localEntry+${node.layer}`,
      };
    }
    case 'more': {
      const hidden = contents.hidden(node);
      return {
        label: `Show ${plural(Math.min(pageSize, hidden), 'more', 'more')}`,
        description: `of ${plural(hidden, 'other')}`,
        icon: 'ellipsis',
        contextValue: 'localMore',
      };
    }
    case 'problem': {
      const { error, reading } = places.state(node.place);
      const text = error === undefined ? 'No cache is recognised here' : describeError(error);
      return {
        label: reading ? 'Reading…' : text,
        description: error === undefined ? 'Name its layout in the setting' : 'Refresh',
        icon: error === undefined ? 'info' : 'error',
        ...(error === undefined ? {} : { color: 'list.errorForeground' }),
        contextValue: 'localProblem',
      };
    }
  }
}

/** `1,204 compilations · 3.4 MiB · newest 2 h, oldest 40 d` */
export function layerText(listing: LayerListing, nowMs: number): string {
  const { entries, bytes, newestMs, oldestMs } = layerStats(listing);
  const [one, many] = layouts[listing.layer.kind].noun;
  const parts = [plural(entries, one, many), formatBytes(bytes)];
  if (newestMs !== undefined && oldestMs !== undefined) {
    parts.push(`newest ${formatDuration(nowMs - newestMs)}, oldest ${formatDuration(nowMs - oldestMs)}`);
  }
  return parts.join(' · ');
}

/** Names are mostly hashes: their start tells them apart. */
export function entryLabel(name: string, group?: string): string {
  const compiled = jaxFunction(name);
  if (compiled !== undefined) {
    const hash = compiled.hash.slice(0, 16);
    return group === undefined ? `${compiled.name} ${hash}` : hash;
  }
  return name.replace(/^([0-9a-f]{16})[0-9a-f]{48}(?=\.json$)/, '$1…');
}

export function tooltipOf(node: LocalNode, places: LocalPlaces, contents: LocalContents): MarkdownString {
  const tooltip = new MarkdownString();
  const line = (name: string, value: string): void => {
    tooltip.appendMarkdown(`- ${name}: ${escapeMarkdown(value)}\n`);
  };
  const time = (ms: number | undefined): string =>
    ms === undefined ? 'none' : `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
  switch (node.kind) {
    case 'place': {
      const { error } = places.state(node.place);
      tooltip.appendMarkdown(`**${escapeMarkdown(node.place.label)}**\n\n`);
      line('Place', node.place.place);
      line('Known from', node.place.origin === 'detected' ? 'the home folder' : 'the setting');
      if (error !== undefined) {
        line('Problem', describeError(error));
      }
      break;
    }
    case 'layer': {
      const listing = contents.listing(node);
      tooltip.appendMarkdown(`**${layouts[node.layer].label}**\n\n${escapeMarkdown(layouts[node.layer].about)}\n\n`);
      if (listing !== undefined) {
        const { files, bytes, newestMs, oldestMs, others } = layerStats(listing);
        line('Folder', listing.layer.folder === '' ? node.place.place : `${node.place.place}/${listing.layer.folder}`);
        line('Files', plural(files, 'file'));
        line('Size', formatBytes(bytes));
        line('Newest', time(newestMs));
        line('Oldest', time(oldestMs));
        line('Not of the layer', `${plural(others, 'file or folder', 'files and folders')}, never touched`);
      }
      break;
    }
    case 'group':
      tooltip.appendMarkdown(escapeMarkdown(contents.group(node)?.label ?? node.group));
      break;
    case 'entry': {
      const entry = contents.entry(node);
      const listing = contents.listing(node);
      tooltip.appendMarkdown(`**${escapeMarkdown(node.name)}**\n\n`);
      if (entry !== undefined && listing !== undefined) {
        line('File', `${node.place.place}/${pathIn(listing.layer, entry.name)}`);
        line('Size', formatBytes(entry.bytes));
        line('Written', time(entry.modifiedMs));
        line('Used', time(entry.usedMs));
      }
      break;
    }
    case 'more':
      tooltip.appendText('Shows the next entries of this list.');
      break;
    case 'problem':
      tooltip.appendText(
        describeError(places.state(node.place).error ?? 'Its files have names that belong to no known cache.'),
      );
      break;
  }
  return tooltip;
}
