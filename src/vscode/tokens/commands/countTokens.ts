import { FileType, RelativePattern, workspace } from 'vscode';
import type { Uri } from 'vscode';
import { UserError, throwIfCancelled } from '../../../core/errors';
import type { WorkOptions } from '../../../core/ports';
import { commandUris } from '../../commandTargets';
import { letGo, reportError } from '../../commands';
import { plural } from '../../format';
import { canSearch, listFiles } from '../../findFiles';
import { withProgress } from '../../progress';
import { countFiles } from '../countFiles';
import type { CountedFile } from '../countFiles';
import { currentTarget } from '../target';
import type { CountingTarget } from '../target';
import { readText } from '../textSource';
import type { TokenTools } from '../tools';
import { showCounts } from './showCounts';

/** Beyond this a folder is counted in part, and the result says so. */
const maxFiles = 20_000;

/** Count Tokens: of the clicked or selected files and folders, or of the active document. */
export async function countTokens(
  tools: TokenTools,
  clicked: unknown,
  selected: unknown,
): Promise<readonly CountedFile[]> {
  const uris = commandUris(clicked, selected);
  if (uris.length === 0) {
    throw new UserError('There is nothing to count.', 'Open a file, or select files in the Explorer.');
  }
  const title = uris.length === 1 ? workspace.asRelativePath(uris[0]!) : plural(uris.length, 'item');
  return countAndShow(tools, uris, title);
}

/** Counts files and, in folders, every file below; then shows the result. */
export async function countAndShow(
  tools: TokenTools,
  uris: readonly Uri[],
  title: string,
): Promise<readonly CountedFile[]> {
  const { services } = tools;
  const target = currentTarget(services);
  const counted = await withProgress({ title: `Counting tokens in ${title}` }, async (options) => {
    const { files, truncated } = await expandFolders(uris, options);
    if (truncated) {
      services.log.warn(`${title} has more than ${maxFiles} files: the first ones were counted.`);
    }
    const offline = await countFiles(files, target, services.counter, { ...options, turns: services.turns });
    return { files: await askVendor(tools, target, offline, options), truncated };
  });
  // Not awaited: the result is there, whatever the person does with the list.
  letGo(
    services,
    'Showing token counts',
    showCounts(tools, target, counted.truncated ? `${title} (first ${maxFiles} files)` : title, counted.files),
  );
  return counted.files;
}

/** A single file is also counted by the vendor of the target, where one counts; many would be many requests. */
async function askVendor(
  { services, vendors }: TokenTools,
  target: CountingTarget,
  files: readonly CountedFile[],
  { signal }: WorkOptions,
): Promise<readonly CountedFile[]> {
  const [file] = files;
  if (files.length !== 1 || file?.kind !== 'counted') {
    return files;
  }
  try {
    const read = await readText(file.uri, { signal, turns: services.turns });
    const count = read.kind === 'text' ? await vendors.countFor([read.parts], target, signal) : undefined;
    return count === undefined ? files : [{ ...file, count }];
  } catch (error) {
    throwIfCancelled(signal);
    // The estimate is marked as one; why there is nothing better is told beside it.
    reportError(services, `Counting for ${target.name}`, error);
    return files;
  }
}

async function expandFolders(
  uris: readonly Uri[],
  options: WorkOptions,
): Promise<{ files: Uri[]; truncated: boolean }> {
  const files = new Map<string, Uri>();
  let truncated = false;
  for (const uri of uris) {
    throwIfCancelled(options.signal);
    if (!(await isFolder(uri))) {
      files.set(uri.toString(), uri);
      continue;
    }
    const room = maxFiles + 1 - files.size;
    const found = canSearch(uri)
      ? await workspace.findFiles(new RelativePattern(uri, '**/*'), '**/{node_modules,.git}/**', room)
      : (await listFiles(uri, () => true)).slice(0, room).map((file) => file.uri);
    for (const file of found) {
      files.set(file.toString(), file);
    }
    truncated ||= files.size > maxFiles;
  }
  const sorted = [...files].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, uri]) => uri);
  return { files: sorted.slice(0, maxFiles), truncated };
}

async function isFolder(uri: Uri): Promise<boolean> {
  try {
    return ((await workspace.fs.stat(uri)).type & FileType.Directory) !== 0;
  } catch {
    // An unsaved document has no file: it is counted as a text.
    return false;
  }
}
