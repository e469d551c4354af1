import { ThemeIcon } from 'vscode';
import { describeError, isSourceError, SourceError } from '../../core/errors';
import type { TreeEntry } from '../../core/fileTree';
import { layouts } from '../../core/layers/layouts';
import { readLayers } from '../../core/layers/listLayer';
import type { LayerListing } from '../../core/layers/model';
import { plural } from '../format';
import { withProgress } from '../progress';
import { previewDocument } from './documents';
import type { LocalPlace } from './localPlaces';
import { layerText } from './rows';

/** What is in a place, as far as names tell. */
export type Seen =
  | { readonly kind: 'found'; readonly listings: readonly LayerListing[] }
  | { readonly kind: 'unknown'; readonly entries: readonly TreeEntry[] }
  | { readonly kind: 'failed'; readonly text: string };

/** What can be chosen after a look. */
export const choices = {
  add: 'Add',
  addFiles: 'Add Every File',
  addAnyway: 'Add Anyway',
  show: 'Show What Is in It',
  tryAgain: 'Try Again',
} as const;

/** Looks once, with a way to cancel. Nothing is written. */
export async function lookInto({ tree, place }: LocalPlace): Promise<Seen> {
  try {
    return await withProgress({ title: `Looking into ${place}` }, async ({ signal }) => {
      const listings = await readLayers(tree, { signal });
      if (listings.length > 0) {
        return { kind: 'found', listings };
      }
      const root = (await tree.scan({ folders: [''] }, { signal })).folders.get('');
      return { kind: 'unknown', entries: root === undefined || root instanceof SourceError ? [] : root };
    });
  } catch (error) {
    if (!isSourceError(error)) {
      throw error;
    }
    return { kind: 'failed', text: describeError(error) };
  }
}

/** What was seen, in a line. */
export function textOf(seen: Seen, nowMs: number): string {
  switch (seen.kind) {
    case 'found':
      return seen.listings
        .map((listing) => `${layouts[listing.layer.kind].label}: ${layerText(listing, nowMs)}`)
        .join('; ');
    case 'unknown': {
      const files = seen.entries.filter(({ kind }) => kind === 'file').length;
      const folders = seen.entries.filter(({ kind }) => kind === 'folder').length;
      return `Nothing in it has a name of a known cache: ${plural(files, 'file')} and ${plural(folders, 'folder')}`;
    }
    case 'failed':
      return seen.text;
  }
}

export function choicesAfter(seen: Seen): readonly { label: string; detail: string; iconPath: ThemeIcon }[] {
  const item = (label: string, detail: string, icon: string) => ({ label, detail, iconPath: new ThemeIcon(icon) });
  const plain = item(
    choices.addFiles,
    'Each file below the folder is a cached thing by itself, whatever its name',
    'files',
  );
  const preview = item(choices.show, 'In a document; nothing is added yet', 'open-preview');
  switch (seen.kind) {
    case 'found':
      return [
        item(choices.add, `What was recognised: ${plural(seen.listings.length, 'layer')}`, 'pass'),
        plain,
        preview,
      ];
    case 'unknown':
      return [
        plain,
        item(choices.addAnyway, 'Its layers are shown as soon as it has files with names of a known cache', 'add'),
        preview,
        item(choices.tryAgain, 'Look again at the same place', 'refresh'),
      ];
    case 'failed':
      return [
        item(choices.tryAgain, seen.text, 'error'),
        item(choices.addAnyway, 'It is shown as soon as it can be reached', 'add'),
      ];
  }
}

/** The same in a document. */
export function documentOf({ place }: LocalPlace, seen: Seen): string {
  const names =
    seen.kind === 'unknown' ? seen.entries.map(({ name, kind }) => (kind === 'folder' ? `${name}/` : name)) : [];
  return previewDocument(place, seen.kind === 'found' ? seen.listings : [], names);
}
