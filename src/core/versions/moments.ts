import type { ContentVersion } from '../cache/history';

/** `<scope>/<key>` → the versions of the key, oldest first. */
export type Histories = ReadonlyMap<string, readonly ContentVersion[]>;

/** A time at which something was seen to change. */
export interface Moment {
  /** Milliseconds since the epoch, right after the changes. */
  readonly atMs: number;
  /** How many keys changed. */
  readonly changes: number;
}

/** Changes that one look or one command finds are written down within this time. */
const togetherMs = 2000;

/** The times at which something was seen to change, newest first. */
export function momentsOf(histories: Histories): readonly Moment[] {
  const times = [...histories.values()].flatMap((versions) => versions.map(({ seenMs }) => seenMs));
  const moments: Moment[] = [];
  for (const atMs of times.sort((a, b) => a - b)) {
    const last = moments.at(-1);
    if (last !== undefined && atMs - last.atMs <= togetherMs) {
      moments[moments.length - 1] = { atMs, changes: last.changes + 1 };
    } else {
      moments.push({ atMs, changes: 1 });
    }
  }
  return moments.reverse();
}

/** What each key held at a time, tombstones included; a key that had not been seen by then is absent. */
export function versionsAt(histories: Histories, atMs: number): ReadonlyMap<string, ContentVersion> {
  const found = new Map<string, ContentVersion>();
  for (const [address, versions] of histories) {
    const version = versions.findLast(({ seenMs }) => seenMs <= atMs);
    if (version !== undefined) {
      found.set(address, version);
    }
  }
  return found;
}
