import { stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { EventEmitter } from 'vscode';
import type { Event } from 'vscode';
import { describeError, UserError } from '../../core/errors';
import type { FileTree } from '../../core/fileTree';
import { readLayers } from '../../core/layers/listLayer';
import { isLayerKind } from '../../core/layers/model';
import type { LayerKind, LayerListing } from '../../core/layers/model';
import { openSourceTree, parseSourceConfig, sourcePlace } from '../../core/sources/sourceConfig';
import type { LocalCacheSetting } from '../../contributions';
import type { Services } from '../services';
import { createSingleFlight } from '../singleFlight';
import { sshConfigFile } from '../sshConfigFile';

export const placesSetting = 'contextCache.localCaches.places';
const detectSetting = 'contextCache.localCaches.detect';
/** Folders of a home folder that are caches by their names. */
const usualFolders = ['.phasic_cache', '.jax_cache'] as const;
const settleMs = 200;

/** A folder whose layers are shown: named in the settings, or found below the home folder. */
export interface LocalPlace {
  /** Unique among the places and stable between starts. */
  readonly id: string;
  readonly label: string;
  /** Where it lies, as a person would write it. */
  readonly place: string;
  readonly origin: 'setting' | 'detected';
  readonly tree: FileTree;
  /** Every file is an entry of this kind; recognised by names where it is undefined. */
  readonly layout: LayerKind | undefined;
  /** Whether it is a folder of this machine, which may be looked at again without anybody asking. */
  readonly isNear: boolean;
}

/** What is known of a place. */
export interface PlaceState {
  /** As of the last look that worked; undefined before the first. */
  readonly listings: readonly LayerListing[] | undefined;
  readonly error: Error | undefined;
  readonly reading: boolean;
}

/** The local caches of this window. */
export interface LocalPlaces {
  readonly places: readonly LocalPlace[];
  /** Items of the setting that can not be used, each with its reason. */
  readonly problems: readonly string[];
  /** Whether the first scan is over. */
  readonly scanned: boolean;
  /** Fires after the places or the problems changed. */
  readonly onDidChange: Event<void>;
  /** Fires when more, or something else, is known of a place. */
  readonly onDidRead: Event<LocalPlace>;
  state(place: LocalPlace): PlaceState;
  /** The layers of a place, read now unless they are known. Never rejects: the state says what failed. */
  look(place: LocalPlace): Promise<void>;
  /** Reads a place again. Never rejects. */
  refresh(place: LocalPlace): Promise<void>;
  /** Looks for places again; resolves when `places` is current. */
  rescan(): Promise<void>;
  dispose(): void;
}

const unknown: PlaceState = { listings: undefined, error: undefined, reading: false };

export function createLocalPlaces(services: Services): LocalPlaces {
  const changed = new EventEmitter<void>();
  const read = new EventEmitter<LocalPlace>();
  const states = new Map<string, PlaceState>();
  const running = new Map<string, Promise<void>>();
  const abort = new AbortController();
  let places: readonly LocalPlace[] = [];
  let problems: readonly string[] = [];
  let scanned = false;

  const flight = createSingleFlight(async () => {
    const found = await findPlaces(services, homedir());
    const before = places;
    places = found.places.map((place) => {
      const known = before.find((one) => one.id === place.id && one.tree.id === place.tree.id);
      if (known?.layout === place.layout && known?.label === place.label) {
        place.tree.dispose?.();
        return known;
      }
      states.delete(place.id);
      return place;
    });
    for (const gone of before.filter((place) => !places.includes(place))) {
      gone.tree.dispose?.();
    }
    problems = found.problems;
    scanned = true;
    for (const problem of problems) {
      services.log.warn(problem);
    }
    changed.fire();
  }, settleMs);

  const set = (place: LocalPlace, state: PlaceState): void => {
    if (places.includes(place)) {
      states.set(place.id, state);
      read.fire(place);
    }
  };

  const readNow = async (place: LocalPlace): Promise<void> => {
    const before = states.get(place.id) ?? unknown;
    set(place, { ...before, reading: true });
    try {
      const listings = await readLayers(place.tree, { layout: place.layout, signal: abort.signal });
      set(place, { listings, error: undefined, reading: false });
    } catch (error) {
      services.log.warn(`${place.label}: ${describeError(error)}`);
      set(place, {
        listings: before.listings,
        error: error instanceof Error ? error : new Error(String(error)),
        reading: false,
      });
    }
  };

  const refresh = async (place: LocalPlace): Promise<void> => {
    // One look at a time; whoever asks meanwhile wants to see what is there after now.
    const last = running.get(place.id) ?? Promise.resolve();
    const next = last.then(async () => readNow(place));
    running.set(place.id, next);
    await next;
    if (running.get(place.id) === next) {
      running.delete(place.id);
    }
  };

  const subscriptions = [
    services.settings.onDidChange((change) => {
      if (change.affects([placesSetting, detectSetting])) {
        flight.request();
      }
    }),
    services.trust.onDidGrant(() => {
      flight.request();
    }),
  ];

  return {
    get places() {
      return places;
    },
    get problems() {
      return problems;
    },
    get scanned() {
      return scanned;
    },
    onDidChange: changed.event,
    onDidRead: read.event,
    state: (place) => states.get(place.id) ?? unknown,
    look: async (place) => {
      if ((states.get(place.id) ?? unknown).listings === undefined) {
        await (running.get(place.id) ?? refresh(place));
      }
    },
    refresh,
    rescan: async () => flight.run(),
    dispose: () => {
      abort.abort();
      flight.dispose();
      for (const subscription of [...subscriptions, changed, read]) {
        subscription.dispose();
      }
      for (const { tree } of places) {
        tree.dispose?.();
      }
    },
  };
}

async function findPlaces(services: Services, home: string): Promise<{ places: LocalPlace[]; problems: string[] }> {
  const places: LocalPlace[] = [];
  const problems: string[] = [];
  const add = (place: LocalPlace): void => {
    if (places.some(({ tree }) => tree.id === place.tree.id)) {
      place.tree.dispose?.();
      return;
    }
    const taken = places.filter(({ label }) => label === place.label).length;
    places.push(taken === 0 ? place : { ...place, id: `${place.id}~${taken}` });
  };
  for (const setting of services.settings.get(placesSetting)) {
    try {
      add(openPlace(services, setting, home));
    } catch (error) {
      problems.push(describeError(error));
    }
  }
  for (const name of services.settings.get(detectSetting) ? usualFolders : []) {
    const path = join(home, name);
    if (await isFolder(path)) {
      const config = parseSourceConfig({ name, kind: 'folder', path });
      add({
        id: name,
        label: name,
        place: path,
        origin: 'detected',
        tree: openSourceTree(config, { daytonaKey: noKey }),
        layout: undefined,
        isNear: true,
      });
    }
  }
  return { places, problems };
}

/** Opens what the setting names; nothing is read or connected yet. Throws a `UserError` that says what is wrong with it. */
export function openPlace({ trust }: Pick<Services, 'trust'>, setting: LocalCacheSetting, home: string): LocalPlace {
  // What a person typed may be anything; the parser says what is wrong with it.
  const { layout, ...fields } = (typeof setting === 'object' ? setting : {}) as Record<string, unknown>;
  const { path } = fields;
  const config = parseSourceConfig({
    ...fields,
    ...(typeof path === 'string' && /^~(?:\/|$)/.test(path) ? { path: join(home, path.slice(1)) } : {}),
  });
  if (config.kind !== 'folder' && config.kind !== 'ssh' && config.kind !== 'command') {
    throw new UserError(
      `The local cache ${JSON.stringify(config.name)} can't be of the kind ${config.kind}.`,
      'Use one of: folder, ssh, command.',
    );
  }
  if (layout !== undefined && (typeof layout !== 'string' || !isLayerKind(layout))) {
    throw new UserError(
      `The local cache ${JSON.stringify(config.name)} has an unknown layout.`,
      'Use one of: traces, jax, gradients, plain; or leave it out.',
    );
  }
  if (config.kind !== 'folder' && !trust.isTrusted) {
    throw new UserError(
      `The local cache ${JSON.stringify(config.name)} is off in an untrusted workspace, since it runs a program.`,
      'Trust the workspace to see it.',
    );
  }
  return {
    id: config.name,
    label: config.name,
    place: sourcePlace(config),
    origin: 'setting',
    tree: openSourceTree(config, { daytonaKey: noKey, sshConfigFile: sshConfigFile() }),
    layout,
    isNear: config.kind === 'folder',
  };
}

/** None of these places takes a key. */
async function noKey(): Promise<undefined> {
  return Promise.resolve(undefined);
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false; // Not there, or not ours to see.
  }
}
