import { QuickPickItemKind, env, window, workspace } from 'vscode';
import type { QuickPickItem } from 'vscode';
import { formatBytes, formatShare, plural } from '../../format';
import type { CountedFile } from '../countFiles';
import { addCounts } from '../counts';
import { csvTable, markdownTable, rowOrders, sortRows } from '../countTable';
import type { CountRow, CountTable, RowOrder } from '../countTable';
import { countFor, describeMethod, exactCount } from '../target';
import type { CountingTarget } from '../target';
import type { TokenTools } from '../tools';
import { explainUri } from './explainTokenCount';

/** A row that can be gone to. */
export interface OpenableRow extends CountRow {
  readonly open: () => Promise<unknown>;
}

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
  const rows = files.flatMap((file) => (file.kind === 'counted' ? [rowOf(file)] : []));
  const skipped = files.flatMap((file) =>
    file.kind === 'skipped' ? [{ label: workspace.asRelativePath(file.uri), reason: file.reason }] : [],
  );
  const total = addCounts(rows.map(({ count }) => count)) ?? countFor(target, 0);
  await showList(tools, { title, target, total, noun: 'file', rows, skipped });
}

function rowOf({ uri, count, bytes }: Extract<CountedFile, { kind: 'counted' }>): OpenableRow {
  return { label: workspace.asRelativePath(uri), count, bytes, open: async () => window.showTextDocument(uri) };
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

/** What a row of the list does; true brings the list back. */
interface ListItem extends QuickPickItem {
  readonly run?: () => Promise<boolean>;
}

const orderLabels: Readonly<Record<RowOrder, string>> = {
  tokens: 'Tokens, most first',
  density: 'Tokens per byte, densest first',
  size: 'Size, largest first',
  name: 'Name',
};

/** Rows in an order that can be chosen, to go to one of them, or to take all of them along as a table. */
export async function showList(tools: TokenTools, table: CountTable<OpenableRow>): Promise<void> {
  const { title, total, noun, rows, skipped, target } = table;
  const left = skipped.length === 0 ? '' : `, ${skipped.length} not counted`;
  let order: RowOrder = 'tokens';
  let again = true;
  while (again) {
    const items: ListItem[] = [
      ...actions(tools, table, order, (chosen) => {
        order = chosen;
      }),
      { label: orderLabels[order], kind: QuickPickItemKind.Separator },
      ...sortRows(rows, order).map((row) => rowItem(row, table)),
    ];
    const choice = await tools.services.prompts.pick(items, {
      title: `${title}: ${exactCount(total)} tokens in ${plural(rows.length, noun)}${left} (${describeShort(total.method, target)})`,
      placeHolder: `Go to a ${noun}, sort, or take the table along`,
      matchOnDescription: true,
    });
    again = (await choice?.run?.()) === true;
  }
}

function rowItem({ label, count, bytes, open }: OpenableRow, { total }: CountTable): ListItem {
  return {
    label,
    description: `${exactCount(count)} tokens · ${formatShare(count.tokens, total.tokens)} · ${formatBytes(bytes)}`,
    run: async () => {
      await open();
      return false;
    },
  };
}

function actions(
  { services, reports }: TokenTools,
  table: CountTable,
  order: RowOrder,
  sortBy: (order: RowOrder) => void,
): ListItem[] {
  const copy = async (text: string, what: string): Promise<boolean> => {
    await env.clipboard.writeText(text);
    void services.prompts.tell('information', `Copied ${plural(table.rows.length, 'row')} as ${what}.`);
    return false;
  };
  const titled = { ...table, title: `Tokens in ${table.title}` };
  return [
    {
      label: '$(table) Open as a table',
      description: describeMethod(table.total, table.target),
      run: async () => {
        await reports.show('Token counts', markdownTable(titled, order));
        return false;
      },
    },
    {
      label: '$(sort-precedence) Sort by…',
      description: orderLabels[order],
      run: async () => {
        const orders = rowOrders.map((one) => ({ label: orderLabels[one], order: one }));
        const choice = await services.prompts.pick(orders, { title: `Sort ${table.title} by` });
        if (choice !== undefined) {
          sortBy(choice.order);
        }
        return true;
      },
    },
    { label: '$(markdown) Copy as Markdown', run: async () => copy(markdownTable(titled, order), 'Markdown') },
    { label: '$(copy) Copy as CSV', run: async () => copy(csvTable(table, order), 'CSV') },
  ];
}

function describeShort(method: string, { name }: CountingTarget): string {
  return `${method}, ${name}`;
}
