import { ThemeIcon } from 'vscode';
import type { CacheEntry, ScopeName } from '../../../core/cache/model';
import type { ContentVersion } from '../../../core/cache/history';
import { UserError } from '../../../core/errors';
import { momentsOf, versionsAt } from '../../../core/versions/moments';
import { plural } from '../../format';
import { cacheUri } from '../documents/cacheUri';
import { formatDuration } from '../format';
import { showMultiDiff } from '../multiDiff';
import type { DiffedFile } from '../multiDiff';
import { pickOne, pickSandbox } from '../pickers';
import type { Sandbox } from '../sandbox';
import type { SandboxTools } from '../sandboxTools';
import { targetPlace } from '../targets';
import type { SandboxCommand } from './sandboxCommand';

const title = 'Compare with Earlier Time';
const shownMoments = 50;

interface Time {
  readonly label: string;
  readonly detail: string;
  readonly atMs: number;
}

/** Compares a sandbox, or one of its scopes, with what it held at an earlier time, as one diff of many files. */
export const compareWithEarlier: SandboxCommand = {
  id: 'contextCache.compareWithEarlier',
  run: async (tools, clicked, selected) => {
    const place = targetPlace(tools, clicked, selected);
    const sandbox = place?.sandbox ?? (await pickSandbox(tools, title));
    if (sandbox === undefined) {
      return undefined;
    }
    const { scopes } = await tools.store.snapshot(sandbox);
    await tools.keeper.settled();
    const shown = scopes.filter(({ scope }) => place?.scope === undefined || scope === place.scope);
    const histories = await tools.history.histories(sandbox.tree.id);
    const times = timesOf(momentsOf(histories), tools.services.clock.now());
    if (times.length === 0) {
      throw new UserError(
        `No earlier state of ${sandbox.label} is known.`,
        'It is remembered from the first time that a change is seen.',
      );
    }
    const time = await pickOne(
      tools,
      times,
      ({ label, detail }) => ({ label, detail, iconPath: new ThemeIcon('history') }),
      { title, placeHolder: `Compare ${nameOf(sandbox, place?.scope)} with what it held` },
    );
    if (time === undefined) {
      return undefined;
    }
    const before = new Map(
      [...versionsAt(histories, time.atMs)].filter(([, { scope }]) => shown.some((one) => one.scope === scope)),
    );
    const entries = shown.flatMap((scope) => scope.entries);
    return tellDifferences(tools, sandbox, `${nameOf(sandbox, place?.scope)}: ${time.label} ↔ now`, before, entries);
  },
};

async function tellDifferences(
  tools: SandboxTools,
  sandbox: Sandbox,
  name: string,
  before: ReadonlyMap<string, ContentVersion>,
  entries: readonly CacheEntry[],
): Promise<readonly string[]> {
  const { files, notKept } = differences(sandbox, before, entries);
  const lost =
    notKept.length === 0 ? '' : ` The earlier content of ${plural(notKept.length, 'entry', 'entries')} was not kept.`;
  if (files.length === 0) {
    void tools.services.prompts.tell('information', `${name}: nothing that can be shown differs.${lost}`);
  } else {
    await showMultiDiff(name, files);
    if (lost !== '') {
      void tools.services.prompts.tell('warning', `${name}:${lost}`);
    }
  }
  return files.map(([resource]) => resource.path);
}

function differences(
  sandbox: Sandbox,
  before: ReadonlyMap<string, ContentVersion>,
  entries: readonly CacheEntry[],
): { readonly files: readonly DiffedFile[]; readonly notKept: readonly string[] } {
  const files: DiffedFile[] = [];
  const notKept: string[] = [];
  const now = new Map(entries.filter(isHeld).map((entry) => [`${entry.scope}/${entry.key}`, entry]));
  for (const address of [...new Set([...before.keys(), ...now.keys()])].sort()) {
    const version = before.get(address);
    const entry = now.get(address);
    const { scope, key } = (entry ?? version)!;
    if (version?.content?.fingerprint === entry?.fingerprint) {
      continue;
    }
    const live = cacheUri(sandbox.id, scope as ScopeName, key);
    const sha256 = version?.content?.sha256;
    if (version?.content !== undefined && sha256 === undefined) {
      notKept.push(address);
      continue;
    }
    const left = sha256 === undefined ? undefined : cacheUri(sandbox.id, scope as ScopeName, key, { version: sha256 });
    files.push([live, left, entry === undefined ? undefined : live]);
  }
  return { files, notKept };
}

/** Orphans have no history, and an entry without its file holds nothing. */
function isHeld(entry: CacheEntry): boolean {
  return entry.fileBytes !== undefined && !entry.states.includes('orphan');
}

/** The newest moment made what is there now, so that it is not among them. */
function timesOf(moments: ReturnType<typeof momentsOf>, nowMs: number): readonly Time[] {
  return moments.slice(1, shownMoments).map(({ atMs, changes }) => ({
    label: `${formatDuration(nowMs - atMs)} ago`,
    detail: `${new Date(atMs).toISOString()}, after ${plural(changes, 'change')}`,
    atMs,
  }));
}

function nameOf({ label }: Sandbox, scope: ScopeName | undefined): string {
  return scope === undefined ? label : `${label}/${scope}`;
}
