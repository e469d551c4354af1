import { env, window, workspace } from 'vscode';
import type { QuickPickItem, Uri } from 'vscode';
import { formatBytes, formatShare, plural } from '../../format';
import type { CountedFile } from '../countFiles';
import { addCounts } from '../counts';
import { countTable, sortBySize } from '../countTable';
import { countFor, describeMethod, exactCount } from '../target';
import type { CountingTarget } from '../target';
import type { TokenTools } from '../tools';
import { explainUri } from './explainTokenCount';

/** One file as a message, several as a sorted list that can be opened as a table. */
export async function showCounts(
  tools: TokenTools,
  target: CountingTarget,
  title: string,
  files: readonly CountedFile[],
): Promise<void> {
  const [only] = files;
  if (files.length === 1 && only !== undefined) {
    await showOne(tools, target, only);
    return;
  }
  await showList(tools, target, title, files);
}

async function showOne(tools: TokenTools, target: CountingTarget, file: CountedFile): Promise<void> {
  const label = workspace.asRelativePath(file.uri);
  if (file.kind === 'skipped') {
    await tools.services.prompts.tell('warning', `${label}: ${file.reason}.`);
    return;
  }
  const explain = 'Explain';
  const copy = 'Copy';
  const choice = await tools.services.prompts.tell(
    'information',
    `${label}: ${exactCount(file.count)} tokens (${describeMethod(file.count, target)}).`,
    explain,
    copy,
  );
  if (choice === explain) {
    await explainUri(tools, file.uri);
  } else if (choice === copy) {
    await env.clipboard.writeText(String(file.count.tokens));
  }
}

interface RowItem extends QuickPickItem {
  /** The file of the row; absent for the row that opens the table. */
  readonly uri?: Uri;
}

async function showList(
  tools: TokenTools,
  target: CountingTarget,
  title: string,
  files: readonly CountedFile[],
): Promise<void> {
  const rows = sortBySize(
    files.flatMap((file) =>
      file.kind === 'counted'
        ? [{ uri: file.uri, label: workspace.asRelativePath(file.uri), count: file.count, bytes: file.bytes }]
        : [],
    ),
  );
  const skipped = files.flatMap((file) =>
    file.kind === 'skipped' ? [{ label: workspace.asRelativePath(file.uri), reason: file.reason }] : [],
  );
  const total = addCounts(rows.map(({ count }) => count)) ?? countFor(target, 0);
  const left = skipped.length === 0 ? '' : `, ${skipped.length} not counted`;
  const choice = await tools.services.prompts.pick<RowItem>(
    [
      { label: '$(table) Open as a table', detail: describeMethod(total, target) },
      ...rows.map(({ uri, label, count, bytes }) => ({
        uri,
        label,
        description: `${exactCount(count)} tokens · ${formatShare(count.tokens, total.tokens)} · ${formatBytes(bytes)}`,
      })),
    ],
    {
      title: `${title}: ${exactCount(total)} tokens in ${plural(rows.length, 'file')}${left}`,
      placeHolder: 'Open a file, or all of them as a table',
      matchOnDescription: true,
    },
  );
  if (choice === undefined) {
    return;
  }
  if (choice.uri === undefined) {
    await tools.reports.show('Token counts', countTable(`Tokens in ${title}`, target, total, rows, skipped));
  } else {
    await window.showTextDocument(choice.uri);
  }
}
