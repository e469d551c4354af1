import type { ScopeName } from '../../core/cache/model';
import type { CacheNode } from '../caches/cacheSection';
import { isRowOf } from '../caches/cacheSection';
import type { Sandbox } from './sandbox';

/**
 * Rows of the Sandbox caches view. A node says only which row it is; what the row shows is looked up when it is drawn,
 * so that one node lives as long as its row. Ids are paths: `<sandbox>/<scope>/<group>/<key>`.
 */
export type SandboxTreeNode = SandboxNode | ScopeNode | GroupNode | EntryNode | ProblemNode;

const family = 'sandboxes' satisfies CacheNode['family'];

export interface SandboxNode {
  readonly family: 'sandboxes';
  readonly kind: 'sandbox';
  readonly id: string;
  readonly sandbox: Sandbox;
}

export interface ScopeNode {
  readonly family: 'sandboxes';
  readonly kind: 'scope';
  readonly id: string;
  readonly sandbox: Sandbox;
  readonly scope: ScopeName;
}

export interface GroupNode {
  readonly family: 'sandboxes';
  readonly kind: 'group';
  readonly id: string;
  readonly sandbox: Sandbox;
  readonly scope: ScopeName;
  readonly group: string;
}

export interface EntryNode {
  readonly family: 'sandboxes';
  readonly kind: 'entry';
  readonly id: string;
  readonly sandbox: Sandbox;
  readonly scope: ScopeName;
  /** The group whose child it is; undefined directly below its scope. */
  readonly group: string | undefined;
  readonly key: string;
}

/** A row that says what could not be read; a click leads on. */
export interface ProblemNode {
  readonly family: 'sandboxes';
  readonly kind: 'problem';
  readonly id: string;
  readonly sandbox: Sandbox;
  /** Undefined when the whole sandbox could not be read. */
  readonly scope: ScopeName | undefined;
}

/** Whether something that a menu passed is a row of a sandbox. */
export function isSandboxNode(value: unknown): value is SandboxTreeNode {
  return isRowOf(family, value);
}

/** One object per id, since the editor recognises rows by the object. */
export interface NodePool {
  sandbox(sandbox: Sandbox): SandboxNode;
  scope(sandbox: Sandbox, scope: ScopeName): ScopeNode;
  group(sandbox: Sandbox, scope: ScopeName, group: string): GroupNode;
  entry(sandbox: Sandbox, scope: ScopeName, group: string | undefined, key: string): EntryNode;
  problem(sandbox: Sandbox, scope: ScopeName | undefined): ProblemNode;
  /** Forgets the rows of a sandbox that are not alive any more. */
  retain(sandboxId: string, isAlive: (node: SandboxTreeNode) => boolean): void;
  nodesOf(sandboxId: string): Iterable<SandboxTreeNode>;
}

export function createNodePool(): NodePool {
  const bySandbox = new Map<string, Map<string, SandboxTreeNode>>();
  const intern = <Node extends SandboxTreeNode>(node: Node): Node => {
    const nodes = bySandbox.get(node.sandbox.id) ?? new Map<string, SandboxTreeNode>();
    bySandbox.set(node.sandbox.id, nodes);
    const known = nodes.get(node.id);
    // The sandbox itself may have been configured anew under the same name.
    if (known?.sandbox === node.sandbox) {
      return known as Node;
    }
    nodes.set(node.id, node);
    return node;
  };
  return {
    sandbox: (sandbox) => intern({ family, kind: 'sandbox', id: sandbox.id, sandbox }),
    scope: (sandbox, scope) => intern({ family, kind: 'scope', id: `${sandbox.id}/${scope}`, sandbox, scope }),
    group: (sandbox, scope, group) =>
      intern({ family, kind: 'group', id: `${sandbox.id}/${scope}/${group}/`, sandbox, scope, group }),
    entry: (sandbox, scope, group, key) =>
      intern({ family, kind: 'entry', id: `${sandbox.id}/${scope}/${group ?? ''}/${key}`, sandbox, scope, group, key }),
    problem: (sandbox, scope) =>
      intern({ family, kind: 'problem', id: `${sandbox.id}/${scope ?? ''}!`, sandbox, scope }),
    retain: (sandboxId, isAlive) => {
      const nodes = bySandbox.get(sandboxId);
      for (const [id, node] of nodes ?? []) {
        if (!isAlive(node)) {
          nodes?.delete(id);
        }
      }
    },
    nodesOf: (sandboxId) => bySandbox.get(sandboxId)?.values() ?? [],
  };
}
