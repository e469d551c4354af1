import { EventEmitter } from 'vscode';
import type { Event, TreeDataProvider, TreeItem } from 'vscode';
import type { Services } from '../services';
import type { ManifestNode, PartNode, ProblemNode, PromptNode, VariantNode } from './nodes';
import type { PromptsModel } from './promptsModel';
import type { PromptState, VariantState } from './promptState';
import { nodeTooltip } from './tooltips';
import { drawNode } from './treeItems';
import type { PromptViewState } from './viewState';

/** The rows of the Prompts view, drawn from the model's snapshot. */
export class PromptsTree implements TreeDataProvider<PromptNode> {
  readonly onDidChangeTreeData: Event<undefined>;
  private readonly changed = new EventEmitter<undefined>();
  private readonly model: PromptsModel;
  private readonly viewState: PromptViewState;
  private roots: readonly PromptNode[] = [];

  constructor(services: Services, model: PromptsModel, viewState: PromptViewState) {
    this.model = model;
    this.viewState = viewState;
    this.onDidChangeTreeData = this.changed.event;
    services.own(this.changed);
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
  }

  getTreeItem(node: PromptNode): TreeItem {
    return drawNode(node, this.model.snapshot.target, this.viewState.shownVariant);
  }

  getChildren(node?: PromptNode): PromptNode[] {
    if (node === undefined) {
      return [...this.roots];
    }
    return node.kind === 'prompt' || node.kind === 'variant' ? [...node.children] : [];
  }

  getParent(node: PromptNode): PromptNode | undefined {
    return node.kind === 'prompt' ? undefined : node.parent;
  }

  resolveTreeItem(item: TreeItem, node: PromptNode): TreeItem {
    item.tooltip ??= nodeTooltip(node, this.model.snapshot.target);
    return item;
  }

  private rebuild(): void {
    const { prompts, failure } = this.model.snapshot;
    const nodes: PromptNode[] = prompts.map(promptNode);
    // Without rows the welcome text tells of the failure.
    this.roots =
      failure === undefined || prompts.length === 0
        ? nodes
        : [{ kind: 'problem', id: 'problem', message: failure, parent: undefined }, ...nodes];
    this.changed.fire(undefined);
  }
}

function promptNode(prompt: PromptState): ManifestNode {
  const children: (VariantNode | ProblemNode)[] = [];
  const node: ManifestNode = { kind: 'prompt', id: prompt.id, prompt, children };
  if (prompt.problem !== undefined) {
    children.push({ kind: 'problem', id: `${prompt.id}#problem`, message: prompt.problem, parent: node });
  }
  children.push(...prompt.variants.map((variant) => variantNode(prompt, variant, node)));
  return node;
}

function variantNode(prompt: PromptState, variant: VariantState, parent: ManifestNode): VariantNode {
  const children: PartNode[] = [];
  const id = `${parent.id}#${variant.name}`;
  const node: VariantNode = { kind: 'variant', id, prompt, variant, parent, children };
  children.push(
    ...variant.rows.map((row) => ({
      kind: 'part' as const,
      id: `${id}/${row.piece.id}`,
      prompt,
      variant,
      row,
      parent: node,
    })),
  );
  return node;
}
