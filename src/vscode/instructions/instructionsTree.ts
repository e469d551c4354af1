import { EventEmitter } from 'vscode';
import type { Event, TreeDataProvider, TreeItem } from 'vscode';
import { takeTurn } from '../../core/turns';
import type { Turns } from '../../core/turns';
import type { Services } from '../services';
import { uriOf } from './editorFiles';
import type { InstructionsModel } from './instructionsModel';
import type { FileNode, GroupNode, InstructionNode, OverheadNode, ProblemNode } from './nodes';
import { groupRows } from './rows';
import type { RowGroup } from './rows';
import { addCounts, emptyCount } from '../tokens/counts';
import { nodeTooltip } from './tooltips';
import { drawNode } from './treeItems';
import type { DrawingContext } from './treeItems';
import type { ViewState } from './viewState';

/** The rows of the Instructions view, drawn from the model's snapshot. */
export class InstructionsTree implements TreeDataProvider<InstructionNode> {
  readonly onDidChangeTreeData: Event<undefined>;
  private readonly changed = new EventEmitter<undefined>();
  private readonly model: InstructionsModel;
  private readonly viewState: ViewState;
  private readonly turns: Turns;
  private roots: readonly InstructionNode[] = [];

  constructor(services: Services, model: InstructionsModel, viewState: ViewState) {
    this.model = model;
    this.viewState = viewState;
    this.turns = services.turns;
    this.onDidChangeTreeData = this.changed.event;
    services.own(this.changed);
    this.build();
    services.own(
      model.onDidChange(() => {
        this.rebuild();
      }),
    );
    services.own(
      viewState.onDidChange(() => {
        this.rebuild();
      }),
    );
    services.own(
      services.settings.onDidChange((change) => {
        if (change.affects(['contextCache.tokens.budget'])) {
          this.changed.fire(undefined);
        }
      }),
    );
  }

  async getTreeItem(node: InstructionNode): Promise<TreeItem> {
    // The editor asks for all rows of a group at once.
    await takeTurn({ turns: this.turns }, 'visible');
    return drawNode(node, this.drawingContext());
  }

  getChildren(node?: InstructionNode): InstructionNode[] {
    return [...(node === undefined ? this.roots : node.kind === 'group' ? node.children : [])];
  }

  getParent(node: InstructionNode): InstructionNode | undefined {
    return node.kind === 'file' || node.kind === 'overhead' ? node.parent : undefined;
  }

  resolveTreeItem(item: TreeItem, node: InstructionNode): TreeItem {
    item.tooltip ??= nodeTooltip(node, this.model.snapshot, this.drawingContext());
    return item;
  }

  /** The first row of a file, in the order shown. */
  findFile(location: string): FileNode | undefined {
    for (const root of this.roots) {
      const found = root.kind === 'group' ? root.children.find((child) => isFileAt(child, location)) : undefined;
      if (found?.kind === 'file') {
        return found;
      }
    }
    return undefined;
  }

  /** How many files the rows show. */
  get shownFiles(): number {
    return this.roots.reduce((sum, root) => sum + (root.kind === 'group' ? root.group.rows.length : 0), 0);
  }

  private rebuild(): void {
    this.build();
    this.changed.fire(undefined);
  }

  private build(): void {
    const { rows, overhead, failure } = this.model.snapshot;
    const groups = groupRows(rows, this.viewState.rowOptions);
    const withOverhead = overhead.total.tokens > 0 && this.viewState.rowOptions.filter === '';
    if (withOverhead && this.viewState.rowOptions.grouping === 'mode' && groups[0]?.id !== 'mode/always') {
      groups.unshift({ id: 'mode/always', label: 'Always', total: emptyCount, rows: [] });
    }
    const nodes: InstructionNode[] = groups.map((group) =>
      groupNode(group, withOverhead && group.id === 'mode/always' ? overhead.total : undefined),
    );
    // Without rows the welcome text tells of the failure.
    this.roots = failure === undefined || rows.length === 0 ? nodes : [problemNode(failure), ...nodes];
  }

  private drawingContext(): DrawingContext {
    return {
      budget: this.model.budget(),
      grouping: this.viewState.rowOptions.grouping,
      overhead: this.model.snapshot.overhead,
    };
  }
}

function isFileAt(node: FileNode | OverheadNode, location: string): boolean {
  return node.kind === 'file' && node.row.location === location;
}

function groupNode(group: RowGroup, overhead: RowGroup['total'] | undefined): GroupNode {
  const total = overhead === undefined ? group.total : addCounts([group.total, overhead])!;
  const children: (FileNode | OverheadNode)[] = [];
  const node: GroupNode = { kind: 'group', id: group.id, group: { ...group, total }, children };
  for (const row of group.rows) {
    children.push({
      kind: 'file',
      id: `${group.id}/${row.id}`,
      row,
      // Made when the row is drawn: there may be thousands.
      get uri() {
        return uriOf(row.location);
      },
      parent: node,
    });
  }
  if (overhead !== undefined) {
    children.push({ kind: 'overhead', id: `${group.id}#overhead`, parent: node });
  }
  return node;
}

function problemNode(message: string): ProblemNode {
  return { kind: 'problem', id: 'problem', message };
}
