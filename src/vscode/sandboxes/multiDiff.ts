import { commands } from 'vscode';
import type { Uri } from 'vscode';

/** A file of a diff of many: a side that is undefined does not exist. */
export type DiffedFile = readonly [resource: Uri, left: Uri | undefined, right: Uri | undefined];

/** The editor lays out every file of such a diff; more than this would hold it up. */
const mostFiles = 300;

/** Opens many differences as one editor; returns how many of them it shows. */
export async function showMultiDiff(title: string, files: readonly DiffedFile[]): Promise<number> {
  const shown = files.slice(0, mostFiles);
  const more = files.length - shown.length;
  await commands.executeCommand(
    'vscode.changes',
    more === 0 ? title : `${title} (the first ${shown.length} of ${files.length})`,
    shown,
  );
  return shown.length;
}
