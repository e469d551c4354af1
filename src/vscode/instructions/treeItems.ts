import { ThemeColor, ThemeIcon, TreeItem, TreeItemCollapsibleState } from 'vscode';
import type { Uri } from 'vscode';
import type { CommandId } from '../../contributions';
import { formatBytes, formatExact, formatShare, plural } from '../format';
import { exactCount, shortCount } from '../tokens/target';
import { instructionUri } from './instructionUri';
import type { InstructionNode } from './nodes';
import { fileNameOf, folderOf, modeLabels } from './rows';
import type { Grouping, InstructionRow } from './rows';
import type { Overhead } from './snapshot';

/** What rows are drawn with besides themselves. */
export interface DrawingContext {
  readonly budget: number;
  readonly grouping: Grouping;
  readonly overhead: Overhead;
}

/** The row of a node, without its tooltip: that is made when the pointer rests on it. */
export function drawNode(node: InstructionNode, context: DrawingContext): TreeItem {
  switch (node.kind) {
    case 'group':
      return drawGroup(node, context);
    case 'file':
      return drawFile(node.id, node.row, node.uri, context);
    case 'overhead':
      return drawOverhead(node.id, context);
    case 'problem':
      return drawProblem(node.id, node.message);
  }
}

function drawGroup(
  { id, group, children }: Extract<InstructionNode, { kind: 'group' }>,
  context: DrawingContext,
): TreeItem {
  const item = new TreeItem(group.label, TreeItemCollapsibleState.Expanded);
  const share = formatShare(group.total.tokens, context.budget);
  const files = plural(group.rows.length, 'file');
  const always = group.id === 'mode/always';
  item.id = id;
  item.description = always
    ? `${shortCount(group.total)} · ${share} of budget · ${files}`
    : `${shortCount(group.total)} · ${files}`;
  item.contextValue = 'group';
  item.accessibilityInformation = {
    label: `${group.label}: ${exactCount(group.total)} tokens${always ? `, ${share} of the budget` : ''}, ${files}`,
  };
  if (children.length === 0) {
    item.collapsibleState = TreeItemCollapsibleState.None;
  }
  return item;
}

function drawFile(id: string, row: InstructionRow, uri: Uri, context: DrawingContext): TreeItem {
  const label = row.format === 'skill' ? row.name : fileNameOf(row.shownPath);
  const item = new TreeItem(label, TreeItemCollapsibleState.None);
  const notes = notesOf(row);
  const folder = folderOf(row.shownPath);
  item.id = id;
  item.description = [
    shortCount(row.cost),
    formatShare(row.cost.tokens, context.budget),
    ...notes.map(({ short }) => short),
    ...(context.grouping === 'folder' || folder === '.' ? [] : [folder]),
  ].join(' · ');
  // A URI of our own scheme: Git's colours for ignored files would otherwise paint over the row.
  item.resourceUri = instructionUri(uri);
  item.iconPath = ThemeIcon.File;
  item.contextValue = row.problems.length > 0 ? 'instruction+problems' : 'instruction';
  item.command = { command: 'vscode.open', title: 'Open', arguments: [uri, { preview: true }] };
  item.accessibilityInformation = {
    label: [
      row.shownPath,
      `${exactCount(row.cost)} tokens`,
      `${formatShare(row.cost.tokens, context.budget)} of the budget`,
      modeLabels[row.mode],
      ...notes.map(({ spoken }) => spoken),
    ].join(', '),
  };
  return item;
}

/** What is unusual about a file, for the row and for a screen reader. */
function notesOf(row: InstructionRow): { readonly short: string; readonly spoken: string }[] {
  const notes: { short: string; spoken: string }[] = [];
  if (row.catalogue.tokens > 0) {
    notes.push({
      short: `+${shortCount(row.catalogue)} entry`,
      spoken: `its entry always costs ${exactCount(row.catalogue)} tokens`,
    });
  }
  if (row.droppedBytes > 0) {
    const dropped = formatBytes(row.droppedBytes);
    notes.push({ short: `${dropped} dropped`, spoken: `${dropped} are dropped by a cap` });
  }
  if (row.problems.length > 0) {
    const problems = plural(row.problems.length, 'problem');
    notes.push({ short: problems, spoken: problems });
  }
  return notes;
}

function drawOverhead(id: string, { overhead, budget }: DrawingContext): TreeItem {
  const item = new TreeItem('Index and catalogue', TreeItemCollapsibleState.None);
  item.id = id;
  item.description = `${shortCount(overhead.total)} · ${formatShare(overhead.total.tokens, budget)}`;
  item.iconPath = new ThemeIcon('list-unordered');
  item.contextValue = 'overhead';
  item.accessibilityInformation = {
    label: `Index and catalogue: ${exactCount(overhead.total)} tokens for ${formatExact(overhead.entries)} entries`,
  };
  return item;
}

function drawProblem(id: string, message: string): TreeItem {
  const item = new TreeItem('Indexing failed', TreeItemCollapsibleState.None);
  const command: CommandId = 'contextCache.refreshInstructions';
  item.id = id;
  item.description = 'the last good rows are shown';
  item.tooltip = message;
  item.iconPath = new ThemeIcon('error', new ThemeColor('list.errorForeground'));
  item.contextValue = 'problem';
  item.command = { command, title: 'Try Again' };
  item.accessibilityInformation = { label: `Indexing failed: ${message}. Press Enter to try again.` };
  return item;
}
