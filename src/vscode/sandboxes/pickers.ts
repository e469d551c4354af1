import { ThemeIcon } from 'vscode';
import type { QuickPickItem } from 'vscode';
import type { CacheEntry, ScopeName } from '../../core/cache/model';
import { scopeNames } from '../../core/cache/model';
import { UserError } from '../../core/errors';
import { formatBytes, plural } from '../format';
import { stateTexts } from './rows';
import type { Sandbox } from './sandbox';
import type { SandboxTools } from './sandboxTools';
import { statesAt } from './states';
import type { EntryTarget } from './targets';

/** A quick pick over things that are not items themselves; undefined when the person gives up. */
export async function pickOne<T>(
  { services }: SandboxTools,
  things: readonly T[],
  toItem: (thing: T) => QuickPickItem,
  options: { readonly title: string; readonly placeHolder: string },
): Promise<T | undefined> {
  const items = things.map((thing) => ({ ...toItem(thing), thing }));
  const picked = await services.prompts.pick(items, { ...options, matchOnDescription: true, matchOnDetail: true });
  return picked?.thing;
}

/** The same for many; `picked` of an item says whether it is ticked at first. */
export async function pickMany<T>(
  { services }: SandboxTools,
  things: readonly T[],
  toItem: (thing: T) => QuickPickItem,
  options: { readonly title: string; readonly placeHolder: string; readonly ignoreFocusOut?: boolean },
): Promise<readonly T[] | undefined> {
  const items = things.map((thing) => ({ ...toItem(thing), thing }));
  const picked = await services.prompts.pickMany(items, { ...options, matchOnDescription: true, matchOnDetail: true });
  return picked?.map(({ thing }) => thing);
}

/** The only sandbox there is, or the one that a person picks. */
export async function pickSandbox(tools: SandboxTools, title: string): Promise<Sandbox | undefined> {
  const sandboxes = await tools.registry.all();
  if (sandboxes.length === 0) {
    throw new UserError('No sandbox is known.', 'Add one with the command "Add Sandbox".');
  }
  if (sandboxes.length === 1) {
    return sandboxes[0];
  }
  return pickOne(
    tools,
    sandboxes,
    ({ label, place }) => ({ label, description: place, iconPath: new ThemeIcon('vm') }),
    {
      title,
      placeHolder: 'Which sandbox?',
    },
  );
}

export async function pickScope(tools: SandboxTools, sandbox: Sandbox, title: string): Promise<ScopeName | undefined> {
  await tools.store.snapshot(sandbox);
  return pickOne(
    tools,
    scopeNames,
    (scope) => ({
      label: scope,
      description: plural(tools.store.scope(sandbox, scope)?.entries.length ?? 0, 'entry', 'entries'),
      iconPath: new ThemeIcon('folder'),
    }),
    { title, placeHolder: `Which scope of ${sandbox.label}?` },
  );
}

/** One entry of any sandbox. */
export async function pickEntry(
  tools: SandboxTools,
  options: { readonly title: string; readonly placeHolder: string },
  accepts: (target: EntryTarget) => boolean = () => true,
): Promise<EntryTarget | undefined> {
  return pickOne(tools, await entriesToPick(tools, accepts), (target) => entryItem(tools, target), options);
}

export async function pickEntries(
  tools: SandboxTools,
  options: { readonly title: string; readonly placeHolder: string },
  accepts: (target: EntryTarget) => boolean = () => true,
): Promise<readonly EntryTarget[] | undefined> {
  return pickMany(tools, await entriesToPick(tools, accepts), (target) => entryItem(tools, target), options);
}

async function entriesToPick(tools: SandboxTools, accepts: (target: EntryTarget) => boolean): Promise<EntryTarget[]> {
  const targets: EntryTarget[] = [];
  for (const sandbox of await tools.registry.all()) {
    const { scopes } = await tools.store.snapshot(sandbox);
    targets.push(...scopes.flatMap(({ entries }) => entries).map((entry) => ({ sandbox, entry })));
  }
  const accepted = targets.filter(accepts);
  if (accepted.length === 0) {
    throw new UserError('There is no entry that this could be done with.', 'Seed instructions, or add a sandbox.');
  }
  return accepted;
}

function entryItem(tools: SandboxTools, { sandbox, entry }: EntryTarget): QuickPickItem {
  const several = tools.registry.sandboxes.length > 1;
  return {
    label: entry.originalKey,
    description: `${several ? `${sandbox.label} · ` : ''}${entry.scope}`,
    detail: describeEntry(entry, tools.services.clock.now()),
  };
}

/** `2.2 KiB, expired, #team`. */
function describeEntry(entry: CacheEntry, nowMs: number): string {
  const states = statesAt(entry, nowMs).map((state) => stateTexts[state]);
  return [formatBytes(entry.fileBytes ?? entry.sizeBytes), ...states, ...entry.tags.map((tag) => `#${tag}`)].join(', ');
}
