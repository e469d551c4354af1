import { isSourceError } from '../errors';
import { fingerprintOf, unknownFingerprint } from './fingerprint';
import type { ContentHistory, ContentVersion } from './history';
import { originalKeyOfTag, usableKey } from './keys';
import type { LibraryInstruction } from './library';
import type { CacheEntry } from './model';
import { entriesOf, readerOf } from './plans/planBuilder';
import type { PlanSource } from './plans/planBuilder';

/** How an instruction of the library stands in a cache. */
export type SeedState =
  | 'absent'
  | 'missing' // indexed, but its file is gone
  | 'current'
  | 'expired' // the right content, past its time
  | 'outdated' // the library's file has changed since it was seeded
  | 'changed' // changed in the sandbox since it was seeded
  | 'foreign'; // put there by something else than a seeding

export interface SeedStatus {
  readonly instruction: LibraryInstruction;
  readonly key: string;
  readonly state: SeedState;
  readonly entry: CacheEntry | undefined;
  /** Fingerprint of the bytes in the sandbox, '' when nobody tells; undefined when there are none. */
  readonly actual: string | undefined;
  /** Fingerprint that was last seeded from here; undefined when never. */
  readonly seeded: string | undefined;
}

/** Compares each instruction with the cache, its real bytes and what we know of its history. */
export async function seedStatuses(
  source: PlanSource,
  instructions: readonly LibraryInstruction[],
  history: ContentHistory,
): Promise<SeedStatus[]> {
  const entries = new Map(
    entriesOf(source.snapshot).flatMap((entry) => (entry.scope === 'instructions' ? [[entry.key, entry]] : [])),
  );
  const statuses: SeedStatus[] = [];
  for (const instruction of instructions) {
    const key = usableKey(originalKeyOfTag(instruction.tag));
    const entry = entries.get(key);
    const actual = entry === undefined ? undefined : await actualFingerprint(source, entry);
    const versions = await history.versions({ sourceId: source.tree.id, scope: 'instructions', key });
    const seeded = lastSeeded(versions);
    const state = stateOf(instruction, entry, actual, seeded);
    statuses.push({ instruction, key, state, entry, actual, seeded });
  }
  return statuses;
}

async function actualFingerprint(source: PlanSource, entry: CacheEntry): Promise<string | undefined> {
  if (entry.fileBytes === undefined) {
    return undefined;
  }
  try {
    const bytes = await readerOf(source.tree, entry.scope, entry.key)();
    return bytes === undefined ? undefined : fingerprintOf(bytes);
  } catch (error) {
    if (isSourceError(error, 'unsupported') && entry.states.includes('expired')) {
      return entry.fingerprint; // An API that hands out nothing that has expired.
    }
    throw error;
  }
}

function lastSeeded(versions: readonly ContentVersion[]): string | undefined {
  return versions.findLast((version) => version.author === 'seeded')?.content?.fingerprint;
}

function stateOf(
  instruction: LibraryInstruction,
  entry: CacheEntry | undefined,
  actual: string | undefined,
  seeded: string | undefined,
): SeedState {
  if (entry === undefined) {
    return 'absent';
  }
  if (actual === undefined) {
    return 'missing';
  }
  if (actual === unknownFingerprint) {
    return 'expired';
  }
  if (actual === instruction.fingerprint) {
    return entry.states.includes('expired') ? 'expired' : 'current';
  }
  if (actual === seeded) {
    return 'outdated';
  }
  if (entry.metadata['auto_seeded'] !== true) {
    return seeded === undefined ? 'foreign' : 'changed';
  }
  // Seeded by another machine or by the original writer: its index says which content that was.
  return seeded === undefined && actual === entry.fingerprint ? 'outdated' : 'changed';
}
