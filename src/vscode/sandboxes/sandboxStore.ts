import { EventEmitter } from 'vscode';
import type { Event } from 'vscode';
import type { CacheEntry, CacheSnapshot, ScopeName, ScopeSnapshot } from '../../core/cache/model';
import { isSourceError } from '../../core/errors';
import type { Services } from '../services';
import { keepGoodScopes } from './goodScopes';
import type { Sandbox } from './sandbox';
import { createSingleFlight } from '../singleFlight';
import type { SingleFlight } from '../singleFlight';

/** What is known of one sandbox. */
export interface SandboxState {
  /** The last one that could be read; undefined before the first. */
  readonly snapshot: CacheSnapshot | undefined;
  /** Why the latest look failed; undefined when it did not. */
  readonly error: Error | undefined;
  readonly reading: boolean;
}

/** Holds the last good snapshot of each sandbox and reads anew in the background. Reading never changes a sandbox. */
export interface SandboxStore {
  state(sandbox: Sandbox): SandboxState;
  scope(sandbox: Sandbox, scope: ScopeName): ScopeSnapshot | undefined;
  entry(sandbox: Sandbox, scope: ScopeName, key: string): CacheEntry | undefined;
  /** Reads once if nothing is known yet, and keeps reading when the source says that it changed. */
  follow(sandbox: Sandbox): void;
  /** Reads now; resolves with what is known then, whether the look succeeded or not. */
  refresh(sandbox: Sandbox): Promise<SandboxState>;
  /** Reads again, in the background, what is followed; not where a look costs money or keeps a sandbox awake. */
  refreshFollowed(): void;
  /** Reads again, in the background, where the latest look failed. */
  refreshFailed(): void;
  /** The last snapshot, or the first; throws what made the look fail when there is none. */
  snapshot(sandbox: Sandbox): Promise<CacheSnapshot>;
  /** Stops following sandboxes that are not among these. */
  retain(sandboxes: readonly Sandbox[]): void;
  readonly onDidChange: Event<Sandbox>;
  dispose(): void;
}

/** Takes snapshots of a sandbox, each better than the one before: a quick one first, one with its values checked last. */
export type TakeSnapshots = (sandbox: Sandbox, signal: AbortSignal) => AsyncIterable<CacheSnapshot>;

interface Followed {
  state: SandboxState;
  entries: ReadonlyMap<string, CacheEntry>;
  readonly flight: SingleFlight;
  readonly watcher: { dispose(): void } | undefined;
}

const settleMs = 250;

export function createSandboxStore(services: Services, takeSnapshots: TakeSnapshots): SandboxStore {
  const changed = new EventEmitter<Sandbox>();
  const followed = new Map<Sandbox, Followed>();

  const read = async (sandbox: Sandbox, signal: AbortSignal): Promise<void> => {
    const one = followed.get(sandbox);
    if (one === undefined) {
      return;
    }
    one.state = { ...one.state, reading: true };
    changed.fire(sandbox);
    const settle = (next: SandboxState): void => {
      if (!signal.aborted) {
        one.state = next;
        one.entries = entriesByPath(next.snapshot);
        changed.fire(sandbox);
      }
    };
    const before = one.state.snapshot;
    try {
      for await (const snapshot of takeSnapshots(sandbox, signal)) {
        settle({ snapshot: keepGoodScopes(before, snapshot), error: undefined, reading: true });
      }
      settle({ ...one.state, reading: false });
    } catch (error) {
      if (!isSourceError(error, 'cancelled')) {
        services.log.error(`Reading the cache of ${sandbox.label}`, error);
      }
      const reason = error instanceof Error ? error : new Error(String(error));
      settle({ snapshot: one.state.snapshot, error: reason, reading: false });
    }
  };

  const followedOf = (sandbox: Sandbox): Followed => {
    const known = followed.get(sandbox);
    if (known !== undefined) {
      return known;
    }
    const flight = createSingleFlight(async (signal) => read(sandbox, signal), settleMs);
    const watcher = sandbox.tree.watch?.(() => {
      flight.request();
    });
    const one: Followed = {
      state: { snapshot: undefined, error: undefined, reading: false },
      entries: new Map(),
      flight,
      watcher,
    };
    followed.set(sandbox, one);
    return one;
  };

  const release = (sandbox: Sandbox, { flight, watcher }: Followed): void => {
    followed.delete(sandbox);
    flight.dispose();
    watcher?.dispose();
  };

  const refresh = async (sandbox: Sandbox): Promise<SandboxState> => {
    const one = followedOf(sandbox);
    await one.flight.run();
    return one.state;
  };

  return {
    state: (sandbox) => followed.get(sandbox)?.state ?? { snapshot: undefined, error: undefined, reading: false },
    scope: (sandbox, scope) =>
      followed.get(sandbox)?.state.snapshot?.scopes.find((candidate) => candidate.scope === scope),
    entry: (sandbox, scope, key) => followed.get(sandbox)?.entries.get(`${scope}/${key}`),
    follow: (sandbox) => {
      if (!followed.has(sandbox)) {
        void refresh(sandbox);
      }
    },
    refresh,
    refreshFollowed: () => {
      for (const [{ tree }, { flight }] of followed) {
        if (!tree.capabilities.metered) {
          flight.request();
        }
      }
    },
    refreshFailed: () => {
      for (const { state, flight } of followed.values()) {
        if (state.error !== undefined) {
          flight.request();
        }
      }
    },
    snapshot: async (sandbox) => {
      const known = followed.get(sandbox)?.state.snapshot;
      if (known !== undefined) {
        return known;
      }
      const { snapshot, error } = await refresh(sandbox);
      if (snapshot === undefined) {
        throw error ?? new Error(`The cache of ${sandbox.label} is not followed any more.`);
      }
      return snapshot;
    },
    retain: (sandboxes) => {
      for (const [sandbox, one] of followed) {
        if (!sandboxes.includes(sandbox)) {
          release(sandbox, one);
        }
      }
    },
    onDidChange: changed.event,
    dispose: () => {
      for (const [sandbox, one] of followed) {
        release(sandbox, one);
      }
      changed.dispose();
    },
  };
}

function entriesByPath(snapshot: CacheSnapshot | undefined): ReadonlyMap<string, CacheEntry> {
  const entries = new Map<string, CacheEntry>();
  for (const { entries: ofScope } of snapshot?.scopes ?? []) {
    for (const entry of ofScope) {
      entries.set(`${entry.scope}/${entry.key}`, entry);
    }
  }
  return entries;
}
