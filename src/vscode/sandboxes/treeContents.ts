import type { CacheEntry, ScopeName, ScopeSnapshot } from '../../core/cache/model';
import type { EntryTokens } from './entryTokens';
import { groupEntries } from './grouping';
import type { EntryGroup } from './grouping';
import type { NodePool, SandboxTreeNode } from './nodes';
import { sortEntries } from './ordering';
import type { Sandbox } from './sandbox';
import type { SandboxStore } from './sandboxStore';
import type { ViewOptions } from './viewOptions';

/** What the tree is drawn from. */
export interface TreeParts {
  readonly store: SandboxStore;
  readonly tokens: EntryTokens;
  readonly options: ViewOptions;
  readonly pool: NodePool;
}

/** Which rows stand below which, worked out from what is known already: nothing here reads a sandbox. */
export interface TreeContents {
  childrenOf(node: SandboxTreeNode): readonly SandboxTreeNode[];
  parentOf(node: SandboxTreeNode): SandboxTreeNode | undefined;
  /** The group that a node stands for, with the entries that the filter leaves. */
  readonly groupOf: (sandbox: Sandbox, scope: ScopeName, group: string) => EntryGroup | undefined;
  /** The entries of a scope that the filter leaves. */
  readonly shownEntries: (scope: ScopeSnapshot) => readonly CacheEntry[];
  /** The row of an entry, wherever it stands now. */
  nodeOf(sandbox: Sandbox, entry: CacheEntry): SandboxTreeNode;
}

export function createTreeContents({ store, tokens, options, pool }: TreeParts): TreeContents {
  // Grouping thousands of entries once per row would be felt; snapshots are immutable, so one look is enough.
  const grouped = new WeakMap<ScopeSnapshot, { readonly filter: string; readonly groups: readonly EntryGroup[] }>();

  const shownEntries = (scope: ScopeSnapshot): readonly CacheEntry[] =>
    options.filter === '' ? scope.entries : scope.entries.filter((entry) => options.matches(entry));

  const groupsOf = (scope: ScopeSnapshot): readonly EntryGroup[] => {
    const known = grouped.get(scope);
    if (known?.filter === options.filter) {
      return known.groups;
    }
    const groups = groupEntries(shownEntries(scope));
    grouped.set(scope, { filter: options.filter, groups });
    return groups;
  };

  /** One group of its own needs no row, unless it names a tool. */
  const isFlat = (groups: readonly EntryGroup[]): boolean => groups.length === 1 && groups[0]?.kind !== 'tool';

  const entryNodes = (
    sandbox: Sandbox,
    scope: ScopeName,
    group: string | undefined,
    entries: readonly CacheEntry[],
  ): SandboxTreeNode[] =>
    sortEntries(entries, options.sort, (entry) => tokens.of(sandbox, entry)?.tokens).map(({ key }) =>
      pool.entry(sandbox, scope, group, key),
    );

  const childrenOfSandbox = (sandbox: Sandbox): SandboxTreeNode[] => {
    const { snapshot, error } = store.state(sandbox);
    const scopes = (snapshot?.scopes ?? []).map(({ scope }) => pool.scope(sandbox, scope));
    return error === undefined ? scopes : [pool.problem(sandbox, undefined), ...scopes];
  };

  const childrenOfScope = (sandbox: Sandbox, name: ScopeName): SandboxTreeNode[] => {
    const scope = store.scope(sandbox, name);
    if (scope === undefined) {
      return [];
    }
    const groups = groupsOf(scope);
    const rows = isFlat(groups)
      ? entryNodes(sandbox, name, undefined, groups[0]?.entries ?? [])
      : groups.map(({ id }) => pool.group(sandbox, name, id));
    return scope.problem !== undefined ? [pool.problem(sandbox, name), ...rows] : rows;
  };

  const groupOf: TreeContents['groupOf'] = (sandbox, scopeName, id) => {
    const scope = store.scope(sandbox, scopeName);
    return scope === undefined ? undefined : groupsOf(scope).find((group) => group.id === id);
  };

  return {
    shownEntries,
    groupOf,
    childrenOf: (node) => {
      switch (node.kind) {
        case 'sandbox':
          return childrenOfSandbox(node.sandbox);
        case 'scope':
          return childrenOfScope(node.sandbox, node.scope);
        case 'group':
          return entryNodes(
            node.sandbox,
            node.scope,
            node.group,
            groupOf(node.sandbox, node.scope, node.group)?.entries ?? [],
          );
        case 'entry':
        case 'problem':
          return [];
      }
    },
    parentOf: (node) => {
      switch (node.kind) {
        case 'sandbox':
          return undefined;
        case 'scope':
          return pool.sandbox(node.sandbox);
        case 'group':
          return pool.scope(node.sandbox, node.scope);
        case 'entry':
          return node.group === undefined
            ? pool.scope(node.sandbox, node.scope)
            : pool.group(node.sandbox, node.scope, node.group);
        case 'problem':
          return node.scope === undefined ? pool.sandbox(node.sandbox) : pool.scope(node.sandbox, node.scope);
      }
    },
    nodeOf: (sandbox, entry) => {
      const scope = store.scope(sandbox, entry.scope);
      const groups = scope === undefined ? [] : groupsOf(scope);
      const group = isFlat(groups)
        ? undefined
        : groups.find(({ entries }) => entries.some(({ key }) => key === entry.key))?.id;
      return pool.entry(sandbox, entry.scope, group, entry.key);
    },
  };
}
