import { EventEmitter, ThemeColor, ThemeIcon, TreeItem, TreeItemCollapsibleState } from 'vscode';
import type { Event, MarkdownString, Uri } from 'vscode';
import { describeError, isSourceError } from '../../core/errors';
import type { Clock } from '../../core/ports';
import type { CommandId } from '../../contributions';
import { cacheFolderUri, cacheUri } from './documents/cacheUri';
import type { SandboxTreeNode } from './nodes';
import { entryRow, groupRow, sandboxRow, scopeRow } from './rows';
import type { Row } from './rows';
import type { Sandbox } from './sandbox';
import type { FindingsIndex } from './snapshotFindings';
import type { SandboxRegistry } from './sandboxRegistry';
import { createSingleFlight } from '../singleFlight';
import { statesAt } from './states';
import { tooltipOf } from './tooltips';
import { createTreeContents } from './treeContents';
import type { TreeContents, TreeParts } from './treeContents';

/** The rows of sandboxes in the view. */
export interface SandboxRows {
  readonly contents: TreeContents;
  readonly onDidChangeRows: Event<readonly SandboxTreeNode[] | undefined>;
  roots(): readonly SandboxTreeNode[];
  children(node: SandboxTreeNode): Promise<readonly SandboxTreeNode[]>;
  item(node: SandboxTreeNode): TreeItem;
  tooltip(node: SandboxTreeNode): MarkdownString;
  /** Draws again what looks different by now, such as the time left. Reads nothing. */
  redraw(): void;
  dispose(): void;
}

export interface SandboxRowsParts extends TreeParts {
  readonly registry: SandboxRegistry;
  readonly findings: FindingsIndex;
  readonly clock: Clock;
  /** Whether the tokens of a scope of this many bytes are counted before somebody opens it. */
  readonly countsAhead: (sandbox: Sandbox, scopeBytes: number) => boolean;
  /** Called with the URIs of rows whose state may have changed. */
  readonly decorate: (uris: readonly Uri[]) => void;
}

/** What the editor was given for a row, to see whether that is still so. */
interface Drawn {
  row: string;
  children: readonly SandboxTreeNode[] | undefined;
}

const redrawSettleMs = 300;

export function createSandboxRows(parts: SandboxRowsParts): SandboxRows {
  const { registry, store, tokens, options, pool, findings, clock } = parts;
  const contents = createTreeContents(parts);
  const changed = new EventEmitter<readonly SandboxTreeNode[] | undefined>();
  const drawn = new Map<SandboxTreeNode, Drawn>();

  const rowOf = (node: SandboxTreeNode): Row => {
    const nowMs = clock.now();
    const { sandbox } = node;
    const { snapshot, error, reading } = store.state(sandbox);
    switch (node.kind) {
      case 'sandbox':
        return sandboxRow(sandbox, {
          scopes: snapshot?.scopes,
          findings: findings.of(snapshot).all.length,
          error,
          reading,
          age: snapshot === undefined || !showsAge(sandbox) ? undefined : nowMs - snapshot.takenMs,
        });
      case 'scope': {
        const scope = store.scope(sandbox, node.scope);
        const shown = scope === undefined ? [] : contents.shownEntries(scope);
        const wanted = tokens.wanted(sandbox).includes(node.scope);
        return scope === undefined
          ? goneRow(node.scope)
          : scopeRow(sandbox, scope, shown.length, wanted ? tokens.sum(sandbox, shown) : undefined);
      }
      case 'group': {
        const group = contents.groupOf(sandbox, node.scope, node.group);
        return group === undefined ? goneRow(node.group) : groupRow(sandbox, group, tokens.sum(sandbox, group.entries));
      }
      case 'entry': {
        const entry = store.entry(sandbox, node.scope, node.key);
        return entry === undefined
          ? goneRow(node.key)
          : entryRow(sandbox, entry, statesAt(entry, nowMs), tokens.of(sandbox, entry), nowMs);
      }
      case 'problem': {
        const scope = node.scope === undefined ? undefined : store.scope(sandbox, node.scope);
        return problemRow(scope === undefined ? error : scope.problem, scope?.indexSha256 !== undefined);
      }
    }
  };

  const lookAhead = (sandbox: Sandbox): void => {
    for (const { scope, entries } of store.state(sandbox).snapshot?.scopes ?? []) {
      const bytes = entries.reduce((sum, { fileBytes }) => sum + (fileBytes ?? 0), 0);
      if (bytes > 0 && parts.countsAhead(sandbox, bytes)) {
        tokens.request(sandbox, scope);
      }
    }
  };

  const changedNodes = (): SandboxTreeNode[] => {
    const stale = new Set<SandboxTreeNode>();
    for (const [node, was] of drawn) {
      const sameRow = was.row === JSON.stringify(rowOf(node));
      if (!sameRow || (was.children !== undefined && !sameNodes(was.children, contents.childrenOf(node)))) {
        stale.add(node);
      }
    }
    // A row that is drawn again takes the rows below it along.
    const hasStaleParent = (node: SandboxTreeNode): boolean => {
      const parent = contents.parentOf(node);
      return parent !== undefined && (stale.has(parent) || hasStaleParent(parent));
    };
    return [...stale].filter((node) => !hasStaleParent(node));
  };

  const forgetDead = (): void => {
    for (const node of [...drawn.keys()]) {
      const parent = contents.parentOf(node);
      const alive =
        parent === undefined
          ? registry.sandboxes.includes(node.sandbox)
          : (drawn.get(parent)?.children?.includes(node) ?? false);
      if (!alive && drawn.get(node)?.children === undefined) {
        drawn.delete(node);
      }
    }
  };

  const redraw = createSingleFlight(async () => {
    const nodes = changedNodes();
    if (nodes.length > 0) {
      parts.decorate([...drawn.keys()].filter(({ kind }) => kind !== 'problem').map(uriOf));
      changed.fire(nodes);
    }
    forgetDead();
    return Promise.resolve();
  }, redrawSettleMs);

  const subscriptions = [
    registry.onDidChange(() => {
      store.retain(registry.sandboxes);
      drawn.clear();
      changed.fire(undefined);
    }),
    store.onDidChange((sandbox) => {
      if (!store.state(sandbox).reading) {
        for (const scope of tokens.wanted(sandbox)) {
          tokens.request(sandbox, scope);
        }
      }
      void redraw.run();
    }),
    tokens.onDidCount(() => {
      redraw.request();
    }),
    options.onDidChange(() => {
      void redraw.run();
    }),
  ];

  return {
    contents,
    onDidChangeRows: changed.event,
    roots: () => {
      for (const sandbox of registry.sandboxes) {
        store.follow(sandbox);
      }
      return registry.sandboxes.map((sandbox) => pool.sandbox(sandbox));
    },
    children: async (node) => {
      if (node.kind === 'sandbox') {
        // The first look is waited for, so that the view shows its progress; a failure becomes a row.
        await store.snapshot(node.sandbox).catch(() => undefined);
        lookAhead(node.sandbox);
      } else if (node.kind === 'scope') {
        tokens.request(node.sandbox, node.scope);
      }
      const children = contents.childrenOf(node);
      const was = drawn.get(node);
      if (was !== undefined) {
        was.children = children;
      }
      return children;
    },
    item: (node) => {
      const row = rowOf(node);
      drawn.set(node, { row: JSON.stringify(row), children: drawn.get(node)?.children });
      return treeItemOf(node, row, hasChildren(node, contents));
    },
    tooltip: (node) => tooltipOf(node, { store, tokens, findings, nowMs: clock.now() }),
    redraw: () => {
      void redraw.run();
    },
    dispose: () => {
      redraw.dispose();
      for (const subscription of [...subscriptions, changed]) {
        subscription.dispose();
      }
    },
  };
}

function treeItemOf(node: SandboxTreeNode, row: Row, expandable: boolean): TreeItem {
  const item = new TreeItem(
    row.label,
    expandable
      ? node.kind === 'sandbox'
        ? TreeItemCollapsibleState.Expanded
        : TreeItemCollapsibleState.Collapsed
      : TreeItemCollapsibleState.None,
  );
  item.id = node.id;
  item.description = row.description;
  item.contextValue = row.contextValue;
  item.iconPath = new ThemeIcon(row.icon, row.color === undefined ? undefined : new ThemeColor(row.color));
  item.accessibilityInformation = { label: `${row.label}, ${row.description}` };
  if (node.kind !== 'problem') {
    item.resourceUri = uriOf(node);
  }
  const command = commandOf(node, row);
  if (command !== undefined) {
    item.command = { command, title: row.label, arguments: [node] };
  }
  return item;
}

function commandOf(node: SandboxTreeNode, row: Row): CommandId | undefined {
  const marks = row.contextValue.split('+');
  if (node.kind === 'problem') {
    return marks.includes('unreadable')
      ? 'contextCache.repairIndex'
      : marks.includes('asleep')
        ? 'contextCache.startSandbox'
        : 'contextCache.refreshSandboxes';
  }
  return node.kind === 'entry' && marks.includes('readable') ? 'contextCache.openEntry' : undefined;
}

function hasChildren(node: SandboxTreeNode, contents: TreeContents): boolean {
  switch (node.kind) {
    case 'sandbox':
    case 'group':
      return true;
    case 'scope':
      return contents.childrenOf(node).length > 0;
    case 'entry':
    case 'problem':
      return false;
  }
}

/** A folder that can be reached tells its changes, so that its rows are current. */
function showsAge({ near, tree }: Sandbox): boolean {
  return !near || tree.offline !== undefined;
}

function uriOf(node: SandboxTreeNode): Uri {
  switch (node.kind) {
    case 'sandbox':
    case 'problem':
      return cacheFolderUri(node.sandbox.id);
    case 'scope':
    case 'group':
      return cacheFolderUri(node.sandbox.id, node.scope);
    case 'entry':
      return cacheUri(node.sandbox.id, node.scope, node.key);
  }
}

/** A row whose thing vanished; the next fire takes it away. */
function goneRow(label: string): Row {
  return { label, description: '', icon: 'circle-slash', contextValue: 'gone' };
}

function problemRow(problem: unknown, repairable: boolean): Row {
  const asleep = isSourceError(problem, 'asleep');
  return {
    label: describeError(problem ?? ''),
    description: repairable ? 'Repair Index' : asleep ? 'Start Sandbox' : 'Refresh',
    icon: asleep ? 'debug-pause' : 'error',
    ...(asleep ? {} : { color: 'list.errorForeground' }),
    contextValue: repairable ? 'problem+unreadable' : asleep ? 'problem+asleep' : 'problem',
  };
}

function sameNodes(a: readonly SandboxTreeNode[], b: readonly SandboxTreeNode[]): boolean {
  return a.length === b.length && a.every((node, index) => node === b[index]);
}
