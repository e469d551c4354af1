import type { Event, MarkdownString, TreeItem } from 'vscode';
import type { CacheFamily, SandboxesState } from '../../contributions';

/** A row of the Sandbox Caches view; its family says which section knows more. */
export interface CacheNode {
  readonly family: CacheFamily;
}

/** What a section adds to the view when it has rows, and why it has none. */
export interface SectionStatus {
  readonly state: SandboxesState;
  /** One line above the rows, such as a filter or what could not be opened; empty when there is nothing to say. */
  readonly message: string;
}

/**
 * The rows of one family of caches in the view. A node is one object as long as its row lives. Ids of tree items are
 * unique in the whole view: those of every family but the sandboxes begin with `<family>:`. The `contextValue` of a
 * row begins with a word that no other family uses, so that the menus of package.json can tell them apart.
 */
export interface CacheSection<Node extends CacheNode> {
  readonly family: Node['family'];
  readonly status: SectionStatus;
  readonly onDidChangeStatus: Event<void>;
  /** Rows to be drawn again with what stands below them; undefined when the roots are other ones. */
  readonly onDidChangeRows: Event<readonly Node[] | undefined>;
  /** What is known of the roots at once: a slow family must not hold up the others. */
  roots(): readonly Node[];
  /** Never rejects: what can't be read becomes a row that says so. */
  children(node: Node): Promise<readonly Node[]>;
  parent(node: Node): Node | undefined;
  item(node: Node): TreeItem;
  /** Looked up only for a row that the pointer rests on. */
  tooltip(node: Node): MarkdownString;
  /** Looks again at everything; what fails is told by rows. */
  refresh(): Promise<void>;
}

/** What a keybinding of the view passes, so that a command of the palette never acts on a forgotten selection. */
const selectionArgument = 'selection';

/**
 * The rows of one family that a command is about: the selected ones when the clicked one is among them, else the
 * clicked one. Rows of other families are left out.
 */
export function targetRows<Node extends CacheNode>(
  isOwn: (value: unknown) => value is Node,
  selection: readonly CacheNode[],
  clicked: unknown,
  selected: unknown,
): readonly Node[] {
  if (clicked === selectionArgument) {
    return selection.filter(isOwn);
  }
  if (!isOwn(clicked)) {
    return [];
  }
  const all = Array.isArray(selected) ? selected.filter(isOwn) : [];
  return all.includes(clicked) ? all : [clicked];
}

/** Whether something that a menu passed is a row of the family. */
export function isRowOf(family: CacheFamily, value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'family' in value && value.family === family;
}

/** Rows of any family make the view ready; what failed is said before what is still looked for. */
export function overallState(states: readonly SandboxesState[]): SandboxesState {
  const order: readonly SandboxesState[] = ['ready', 'failed', 'loading'];
  return states.length === 0 ? 'loading' : (order.find((state) => states.includes(state)) ?? 'none');
}

/** The family whose keybindings count: the sandboxes' own unless every selected row is of one other family. */
export function selectedFamily(selection: readonly CacheNode[]): CacheFamily {
  const families = new Set(selection.map(({ family }) => family));
  const [family] = families;
  return families.size === 1 && family !== undefined ? family : 'sandboxes';
}
