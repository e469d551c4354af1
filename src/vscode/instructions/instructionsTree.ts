import { EventEmitter } from 'vscode';
import type { Event, TreeDataProvider, TreeItem } from 'vscode';
import { isSourceError } from '../../core/errors';
import { inTurns, takeTurn } from '../../core/turns';
import type { Services } from '../services';
import { uriOf } from './editorFiles';
import type { InstructionsModel } from './instructionsModel';
import type { FileNode, GroupNode, InstructionNode, OverheadNode, ProblemNode } from './nodes';
import { groupingRows } from './rows';
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
  private readonly services: Services;
  private building: Promise<void> = Promise.resolve();
  private underWay: AbortController | undefined;
  /** Settles when the row before is drawn. */
  private drawn: Promise<void> = Promise.resolve();
  private roots: readonly InstructionNode[] = [];

  constructor(services: Services, model: InstructionsModel, viewState: ViewState) {
    this.model = model;
    this.viewState = viewState;
    this.services = services;
    this.onDidChangeTreeData = this.changed.event;
    services.own(this.changed);
    this.rebuild();
    services.own({
      dispose: () => {
        this.underWay?.abort();
      },
    });
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
    // The editor asks for all rows of a group at once; they are drawn one after the other.
    this.drawn = this.drawn.then(async () => takeTurn({ turns: this.services.turns }, 'visible'));
    await this.drawn;
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

  /** Resolves when the rows are those of the model and of the view's options. */
  async settled(): Promise<void> {
    await this.building;
  }

  private rebuild(): void {
    this.underWay?.abort();
    const abort = new AbortController();
    this.underWay = abort;
    this.building = this.build(abort.signal).catch((error: unknown) => {
      if (!isSourceError(error, 'cancelled')) {
        this.services.log.error('Drawing the instructions', error);
      }
    });
  }

  private async build(signal: AbortSignal): Promise<void> {
    this.roots = await inTurns(this.buildingRoots(), { signal, turns: this.services.turns });
    this.changed.fire(undefined);
  }

  private *buildingRoots(): Generator<void, InstructionNode[]> {
    const { rows, overhead, failure } = this.model.snapshot;
    const { rowOptions } = this.viewState;
    const groups = yield* groupingRows(rows, rowOptions);
    const withOverhead = overhead.total.tokens > 0 && rowOptions.filter === '';
    if (withOverhead && rowOptions.grouping === 'mode' && groups[0]?.id !== 'mode/always') {
      groups.unshift({ id: 'mode/always', label: 'Always', total: emptyCount, rows: [] });
    }
    const nodes: InstructionNode[] = [];
    for (const group of groups) {
      nodes.push(yield* groupNode(group, withOverhead && group.id === 'mode/always' ? overhead.total : undefined));
    }
    // Without rows the welcome text tells of the failure.
    return failure === undefined || rows.length === 0 ? nodes : [problemNode(failure), ...nodes];
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

function* groupNode(group: RowGroup, overhead: RowGroup['total'] | undefined): Generator<void, GroupNode> {
  const total = overhead === undefined ? group.total : addCounts([group.total, overhead])!;
  const children: (FileNode | OverheadNode)[] = [];
  const node: GroupNode = { kind: 'group', id: group.id, group: { ...group, total }, children };
  for (const row of group.rows) {
    yield;
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
