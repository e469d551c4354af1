import { createHash } from 'node:crypto';
import { EventEmitter, workspace } from 'vscode';
import type { Event } from 'vscode';
import type { SandboxSetting } from '../../contributions';
import { describeError, UserError } from '../../core/errors';
import type { Services } from '../services';
import { watchFolderChain } from './folderChain';
import type { Sandbox } from './sandbox';
import { createSingleFlight } from '../singleFlight';
import { findCacheIn, openFolder } from './sources/folderSource';
import type { MirrorTree, OpenedSource, SourcesSetting } from './sources/sourceKind';
import type { SourceKinds } from './sources/sourceKinds';

/** A workspace may name folders; programs and hosts come from the user alone. */
const sourcesSettings = ['contextCache.sandboxes.sources', 'contextCache.sandboxes.remotes'] as const;
const detectSetting = 'contextCache.sandboxes.detect';
const settleMs = 200;

/** Knows the sandboxes of this window: those of the setting, and those found in its folders. */
export interface SandboxRegistry {
  /** Those of the setting first, in its order. */
  readonly sandboxes: readonly Sandbox[];
  /** Items of the setting that could not be used, each with its reason. */
  readonly problems: readonly string[];
  /** What else there is to know about the sandboxes, in one line; empty when there is nothing. */
  readonly notice: string;
  /** Fires after the sandboxes or the problems changed. */
  readonly onDidChange: Event<void>;
  byId(id: string): Sandbox | undefined;
  /** The same once the first scan is over, for documents that are older than this window. */
  find(id: string): Promise<Sandbox | undefined>;
  /** All, once the first scan is over. */
  all(): Promise<readonly Sandbox[]>;
  /** Looks again; resolves when `sandboxes` is current. */
  rescan(): Promise<void>;
  dispose(): void;
}

interface Candidate {
  readonly label: string;
  readonly origin: Sandbox['origin'];
  readonly setting: SandboxSetting | undefined;
  readonly kind: string;
  readonly opened: OpenedSource;
}

export function createSandboxRegistry(services: Services, kinds: SourceKinds, mirrored: MirrorTree): SandboxRegistry {
  const changed = new EventEmitter<void>();
  let sandboxes: readonly Sandbox[] = [];
  let problems: readonly string[] = [];
  let notice = '';

  let scanned: Promise<void> | undefined;

  const flight = createSingleFlight(async () => {
    const found = await findCandidates(services, kinds, mirrored);
    sandboxes = name(found.candidates, sandboxes);
    problems = found.problems;
    notice = found.notice;
    for (const problem of problems) {
      services.log.warn(problem);
    }
    changed.fire();
  }, settleMs);

  const chain = watchFolderChain(() => {
    flight.request();
  });
  const watchFolders = (): void => {
    chain.watch((workspace.workspaceFolders ?? []).map(({ uri }) => uri));
  };
  watchFolders();
  const subscriptions = [
    workspace.onDidChangeWorkspaceFolders(() => {
      watchFolders();
      flight.request();
    }),
    services.settings.onDidChange((change) => {
      if (change.affects([...sourcesSettings, detectSetting])) {
        flight.request();
      }
    }),
    // The setting counts only in a trusted workspace.
    services.trust.onDidGrant(() => {
      flight.request();
    }),
  ];

  const rescan = async (): Promise<void> => flight.run();
  const afterFirstScan = async (): Promise<readonly Sandbox[]> => {
    scanned ??= rescan();
    await scanned;
    return sandboxes;
  };

  return {
    get sandboxes() {
      return sandboxes;
    },
    get problems() {
      return problems;
    },
    get notice() {
      return notice;
    },
    onDidChange: changed.event,
    byId: (id) => sandboxes.find((sandbox) => sandbox.id === id),
    find: async (id) => (await afterFirstScan()).find((sandbox) => sandbox.id === id),
    all: afterFirstScan,
    rescan: async () => {
      scanned = rescan();
      await scanned;
    },
    dispose: () => {
      flight.dispose();
      chain.dispose();
      for (const subscription of [...subscriptions, changed]) {
        subscription.dispose();
      }
      for (const { tree } of sandboxes) {
        tree.dispose();
      }
    },
  };
}

async function findCandidates(
  services: Services,
  kinds: SourceKinds,
  mirrored: MirrorTree,
): Promise<{ candidates: Candidate[]; problems: string[]; notice: string }> {
  const candidates: Candidate[] = [];
  const problems: string[] = [];
  let notice = '';
  for (const settingId of sourcesSettings) {
    const settings = services.settings.get(settingId);
    if (settingId === 'contextCache.sandboxes.remotes' && !services.trust.isTrusted && settings.length > 0) {
      notice = 'Remote sandboxes are shown when the workspace is trusted.';
      continue;
    }
    for (const [index, setting] of settings.entries()) {
      try {
        candidates.push(await openSetting(kinds, settingId, setting, index));
      } catch (error) {
        problems.push(describeError(error));
      }
    }
  }
  for (const { uri, name: label } of services.settings.get(detectSetting) ? (workspace.workspaceFolders ?? []) : []) {
    const cache = await findCacheIn(uri);
    if (cache !== undefined) {
      candidates.push({
        label,
        origin: 'detected',
        setting: undefined,
        kind: 'folder',
        opened: await openFolder(cache, mirrored),
      });
    }
  }
  return { candidates, problems, notice };
}

async function openSetting(
  kinds: SourceKinds,
  settingId: SourcesSetting,
  setting: SandboxSetting,
  index: number,
): Promise<Candidate> {
  // What a person typed may be anything.
  if (typeof setting !== 'object' || (setting as unknown) === null || Array.isArray(setting)) {
    throw new UserError(
      `Item ${index + 1} of ${settingId} is not an object.`,
      'Write it as { "name": "…", "kind": "…" }.',
    );
  }
  const kind = kinds.of(setting, settingId);
  const opened = await kind.open(setting);
  const label = setting['name'];
  return {
    label: typeof label === 'string' && label !== '' ? label : opened.tree.label,
    origin: 'setting',
    setting,
    kind: kind.id,
    opened,
  };
}

/** Gives each place one id; a place found twice counts once; a sandbox that was there before stays the same object. */
function name(candidates: readonly Candidate[], before: readonly Sandbox[]): Sandbox[] {
  const named: Sandbox[] = [];
  const trees = new Set<string>();
  const ids = new Set<string>();
  for (const { label, origin, setting, kind, opened } of candidates) {
    const { tree, near, place, uri } = opened;
    if (trees.has(tree.id)) {
      tree.dispose();
      continue;
    }
    trees.add(tree.id);
    const slug = slugOf(label);
    const id = ids.has(slug) ? `${slug}~${createHash('sha256').update(tree.id).digest('hex').slice(0, 6)}` : slug;
    ids.add(id);
    // Another description may lead another way to a place of the same id: another address, another program.
    const described = JSON.stringify([label, origin, setting]);
    const known = before.find(
      (one) =>
        one.id === id && one.tree.id === tree.id && JSON.stringify([one.label, one.origin, one.setting]) === described,
    );
    if (known !== undefined) {
      tree.dispose();
      named.push(known);
    } else {
      named.push({ id, label, place, origin, setting, kind, tree, near, uri });
    }
  }
  for (const gone of before.filter((one) => !named.includes(one))) {
    gone.tree.dispose();
  }
  return named;
}

/** A label as one segment of a URI's path that needs no escaping by a person who reads it. */
function slugOf(label: string): string {
  const slug = label.replace(/[/\\?#%:\s]+/g, '-').replace(/^[-.]+|-+$/g, '');
  return slug === '' ? 'sandbox' : slug;
}
