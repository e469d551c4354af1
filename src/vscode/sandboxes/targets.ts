import { TabInputText, Uri, window } from 'vscode';
import type { CacheEntry, ScopeName } from '../../core/cache/model';
import { UserError } from '../../core/errors';
import { parseCacheUri } from './documents/cacheUri';
import { targetRows } from '../caches/cacheSection';
import { isSandboxNode } from './nodes';
import type { SandboxTreeNode } from './nodes';
import type { Sandbox } from './sandbox';
import type { SandboxTools } from './sandboxTools';

/** One entry of one sandbox, as it was last seen. */
export interface EntryTarget {
  readonly sandbox: Sandbox;
  readonly entry: CacheEntry;
}

/** A sandbox, or one of its scopes. */
export interface PlaceTarget {
  readonly sandbox: Sandbox;
  readonly scope: ScopeName | undefined;
}

/** The rows that a command is about: the selected ones when the clicked one is among them, else the clicked one. */
export function targetNodes(tools: SandboxTools, clicked: unknown, selected: unknown): readonly SandboxTreeNode[] {
  return targetRows(isSandboxNode, tools.view.selection, clicked, selected);
}

/**
 * The entries that a command is about: those of the rows, each row standing for all entries below it, else the entry
 * of a document's URI. Empty when the command was given nothing.
 */
export async function targetEntries(
  tools: SandboxTools,
  clicked: unknown,
  selected: unknown,
): Promise<readonly EntryTarget[]> {
  if (clicked instanceof Uri) {
    const target = await entryOfUri(tools, clicked);
    return target === undefined ? [] : [target];
  }
  const targets = new Map<string, EntryTarget>();
  for (const node of targetNodes(tools, clicked, selected)) {
    await tools.store.snapshot(node.sandbox);
    for (const entry of entriesBelow(tools, node)) {
      targets.set(`${node.sandbox.id}/${entry.scope}/${entry.key}`, { sandbox: node.sandbox, entry });
    }
  }
  return [...targets.values()];
}

/** The entry that the active editor shows, if any. */
export async function activeEntry(tools: SandboxTools): Promise<EntryTarget | undefined> {
  const input = window.tabGroups.activeTabGroup.activeTab?.input;
  return input instanceof TabInputText ? entryOfUri(tools, input.uri) : undefined;
}

/** The sandbox or scope that a row or document belongs to; undefined when the command was given nothing. */
export function targetPlace(tools: SandboxTools, clicked: unknown, selected: unknown): PlaceTarget | undefined {
  const [node] = targetNodes(tools, clicked, selected);
  if (node !== undefined) {
    return { sandbox: node.sandbox, scope: node.kind === 'sandbox' ? undefined : node.scope };
  }
  const address = clicked instanceof Uri ? parseCacheUri(clicked) : undefined;
  const sandbox = address === undefined ? undefined : tools.registry.byId(address.sandboxId);
  return sandbox === undefined ? undefined : { sandbox, scope: address?.scope };
}

/** The targets of each sandbox, in their order. */
export function bySandbox(targets: readonly EntryTarget[]): ReadonlyMap<Sandbox, readonly CacheEntry[]> {
  const groups = new Map<Sandbox, CacheEntry[]>();
  for (const { sandbox, entry } of targets) {
    const ofSandbox = groups.get(sandbox);
    if (ofSandbox === undefined) {
      groups.set(sandbox, [entry]);
    } else {
      ofSandbox.push(entry);
    }
  }
  return groups;
}

async function entryOfUri(tools: SandboxTools, uri: Uri): Promise<EntryTarget | undefined> {
  const address = parseCacheUri(uri);
  if (address === undefined) {
    return undefined;
  }
  const sandbox = await tools.registry.find(address.sandboxId);
  if (sandbox === undefined) {
    throw new UserError(`There is no sandbox ${address.sandboxId}.`, 'Add it, or open another entry.');
  }
  await tools.store.snapshot(sandbox);
  const entry = tools.store.entry(sandbox, address.scope, address.key);
  if (entry === undefined) {
    throw new UserError(`${address.scope}/${address.key} is not in the cache any more.`, 'Refresh the view.');
  }
  return { sandbox, entry };
}

function entriesBelow(tools: SandboxTools, node: SandboxTreeNode): readonly CacheEntry[] {
  const { store, view } = tools;
  switch (node.kind) {
    case 'sandbox':
      return (store.state(node.sandbox).snapshot?.scopes ?? []).flatMap((scope) => view.shownEntries(scope));
    case 'scope': {
      const scope = store.scope(node.sandbox, node.scope);
      return scope === undefined ? [] : view.shownEntries(scope);
    }
    case 'group':
      return view.groupOf(node.sandbox, node.scope, node.group)?.entries ?? [];
    case 'entry': {
      const entry = store.entry(node.sandbox, node.scope, node.key);
      return entry === undefined ? [] : [entry];
    }
    case 'problem':
      return [];
  }
}
