import type { UnfinishedPurge } from '../../core/workersKv/purgeJournal';
import { isRowOf } from '../caches/cacheSection';
import type { CacheNode } from '../caches/cacheSection';
import type { KvCache } from './kvCaches';

interface NodeOf<Kind extends string> extends CacheNode {
  readonly family: 'workersKv';
  readonly kind: Kind;
  /** Unique in the view, and the same for the same row. */
  readonly id: string;
  readonly cache: KvCache;
}

export type KvNamespaceNode = NodeOf<'namespace'>;
export type KvGroupNode = NodeOf<'group'> & {
  /** Of the tag, path, …; undefined = the entries that have none. */
  readonly name: string | undefined;
};
export type KvEntryNode = NodeOf<'entry'> & { readonly key: string; readonly parent: KvGroupNode };
export type KvOrphansNode = NodeOf<'orphans'>;
export type KvPurgeNode = NodeOf<'purge'> & { readonly purge: UnfinishedPurge };
export type KvProblemNode = NodeOf<'problem'>;
/** A row below a namespace of Workers KV, or the namespace itself. */
export type KvNode = KvNamespaceNode | KvGroupNode | KvEntryNode | KvOrphansNode | KvPurgeNode | KvProblemNode;

export function isKvNode(value: unknown): value is KvNode {
  return isRowOf('workersKv', value);
}

/** Gives out one object per row, as the editor tells rows apart by identity. */
export interface KvNodePool {
  get<Node extends KvNode>(id: string, create: () => Node): Node;
  clear(): void;
}

export function createKvNodePool(): KvNodePool {
  const nodes = new Map<string, KvNode>();
  return {
    get: <Node extends KvNode>(id: string, create: () => Node) => {
      const known = nodes.get(id);
      if (known !== undefined) {
        // An id has its kind in it.
        return known as Node;
      }
      const node = create();
      nodes.set(id, node);
      return node;
    },
    clear: () => {
      nodes.clear();
    },
  };
}
