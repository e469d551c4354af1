import { EventEmitter } from 'vscode';
import type { Event } from 'vscode';
import { describeError } from '../../core/errors';
import type { Finding } from '../../core/findings';
import type { WorkOptions } from '../../core/ports';
import { kvFindings } from '../../core/workersKv/findings';
import { KvApi } from '../../core/workersKv/kvApi';
import type { KvSnapshot } from '../../core/workersKv/model';
import type { PurgeJournal, UnfinishedPurge } from '../../core/workersKv/purgeJournal';
import { readKvSnapshot } from '../../core/workersKv/snapshot';
import { kvSourceId, parseKvTarget } from '../../core/workersKv/target';
import type { KvTarget } from '../../core/workersKv/target';
import type { Services } from '../services';
import type { KvTokens } from './tokens';

/** One cache of the settings. */
export interface KvCache {
  /** Stable and unique: what its source is called in histories. */
  readonly id: string;
  readonly target: KvTarget;
  readonly api: KvApi;
}

/** What is known of a cache. The last good listing stays when a later one fails. */
export interface KvCacheState {
  readonly snapshot: KvSnapshot | undefined;
  readonly findings: readonly Finding[];
  readonly purges: readonly UnfinishedPurge[];
  readonly error: unknown;
  readonly reading: boolean;
}

/** The caches in Workers KV that the settings name. Nothing is asked for before somebody looks. */
export interface KvCaches {
  readonly caches: readonly KvCache[];
  /** What is wrong with settings that name no cache, as sentences. */
  readonly problems: readonly string[];
  byId(id: string): KvCache | undefined;
  state(cache: KvCache): KvCacheState;
  /** What a first look found; never rejects. */
  look(cache: KvCache): Promise<KvCacheState>;
  refresh(cache: KvCache, options?: WorkOptions): Promise<KvCacheState>;
  /** Other caches, or none. */
  readonly onDidChange: Event<void>;
  /** Another state of one. */
  readonly onDidChangeState: Event<KvCache>;
  dispose(): void;
}

const unknownState: KvCacheState = { snapshot: undefined, findings: [], purges: [], error: undefined, reading: false };
const settingId = 'contextCache.workersKv.namespaces';

export function createKvCaches(services: Services, tokens: KvTokens, journal: PurgeJournal): KvCaches {
  const changed = new EventEmitter<void>();
  const stateChanged = new EventEmitter<KvCache>();
  const states = new Map<string, KvCacheState>();
  const readings = new Map<string, Promise<KvCacheState>>();
  let caches: readonly KvCache[] = [];
  let problems: readonly string[] = [];

  const rescan = (): void => {
    const found = new Map<string, KvCache>();
    const wrong: string[] = [];
    // They name where a token goes: nothing of it in a workspace that nobody trusts.
    for (const setting of services.trust.isTrusted ? services.settings.get(settingId) : []) {
      try {
        const target = parseKvTarget(setting);
        const id = kvSourceId(target);
        const api = new KvApi(target, { token: async () => tokens.get(target.baseUrl) });
        found.set(id, { id, target, api });
      } catch (error) {
        wrong.push(describeError(error));
      }
    }
    caches = [...found.values()];
    problems = wrong;
    for (const id of [...states.keys()].filter((known) => !found.has(known))) {
      states.delete(id);
    }
  };

  const setState = (cache: KvCache, state: KvCacheState): KvCacheState => {
    // A namespace that is not in the settings any more leaves nothing behind.
    if (caches.some(({ id }) => id === cache.id)) {
      states.set(cache.id, state);
      stateChanged.fire(cache);
    }
    return state;
  };

  const read = async (cache: KvCache, options: WorkOptions): Promise<KvCacheState> => {
    const before = states.get(cache.id) ?? unknownState;
    setState(cache, { ...before, reading: true });
    try {
      const snapshot = await readKvSnapshot(cache.api, { ...options, nowMs: services.clock.now() });
      const purges = await journal.unfinished(cache.id);
      return setState(cache, {
        snapshot,
        findings: kvFindings(snapshot),
        purges,
        error: undefined,
        reading: false,
      });
    } catch (error) {
      services.log.warn(`${cache.target.name}: ${describeError(error)}`);
      return setState(cache, { ...before, error, reading: false });
    }
  };

  const refresh = async (cache: KvCache, options: WorkOptions = {}): Promise<KvCacheState> => {
    // One that is under way may have missed what the caller did.
    const before = readings.get(cache.id) ?? Promise.resolve(unknownState);
    const reading = before.then(async () => read(cache, options));
    readings.set(cache.id, reading);
    return reading.finally(() => {
      if (readings.get(cache.id) === reading) {
        readings.delete(cache.id);
      }
    });
  };

  rescan();
  const subscriptions = [
    services.settings.onDidChange((change) => {
      if (change.affects([settingId])) {
        rescan();
        changed.fire();
      }
    }),
    services.trust.onDidGrant(() => {
      rescan();
      changed.fire();
    }),
  ];

  return {
    get caches() {
      return caches;
    },
    get problems() {
      return problems;
    },
    byId: (id) => caches.find((cache) => cache.id === id),
    state: (cache) => states.get(cache.id) ?? unknownState,
    look: async (cache) => {
      const state = states.get(cache.id);
      return state === undefined || state.reading ? (readings.get(cache.id) ?? refresh(cache)) : state;
    },
    refresh,
    onDidChange: changed.event,
    onDidChangeState: stateChanged.event,
    dispose: () => {
      for (const one of [...subscriptions, changed, stateChanged]) {
        one.dispose();
      }
    },
  };
}
