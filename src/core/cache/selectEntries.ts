import picomatch from 'picomatch';
import { UserError } from '../errors';
import { tagOfKey } from './keys';
import type { CacheEntry, CacheSnapshot, ScopeName } from './model';
import { entriesOf } from './plans/planBuilder';
import { isSummary } from './summarySource';

/** Which entries a command means; all criteria that are given must hold. */
export interface EntryCriteria {
  readonly scope?: ScopeName;
  /** Addresses of single entries. */
  readonly entries?: readonly { readonly scope: ScopeName; readonly key: string }[];
  /** A tag of the entry or of its metadata, or an instruction's own tag. */
  readonly tag?: string;
  /** A glob over keys, sanitized or original, such as `tool_output_*`. */
  readonly pattern?: string;
  readonly expired?: boolean;
  /** Files without an index entry. */
  readonly orphans?: boolean;
  /** Cached conversation summaries and the project summary. */
  readonly summaries?: boolean;
  /** Instructions that were seeded (and not put by an agent). */
  readonly seeded?: boolean;
  /** Entries whose version is lower; one that was never bumped is version 1. */
  readonly beforeVersion?: number;
}

/** The entries of a snapshot that meet all criteria; throws a `UserError` for a pattern that is none. */
export function selectEntries(snapshot: CacheSnapshot, criteria: EntryCriteria): CacheEntry[] {
  const tests: ((entry: CacheEntry) => boolean)[] = [];
  const { scope, entries, tag, pattern, beforeVersion } = criteria;
  if (scope !== undefined) {
    tests.push((entry) => entry.scope === scope);
  }
  if (entries !== undefined) {
    const wanted = new Set(entries.map((address) => `${address.scope}/${address.key}`));
    tests.push((entry) => wanted.has(`${entry.scope}/${entry.key}`));
  }
  if (tag !== undefined) {
    tests.push((entry) => tagsOf(entry).has(tag));
  }
  if (pattern !== undefined) {
    const matches = matcherOf(pattern);
    tests.push((entry) => matches(entry.key) || matches(entry.originalKey));
  }
  if (criteria.expired === true) {
    tests.push((entry) => entry.states.includes('expired'));
  }
  if (criteria.orphans === true) {
    tests.push((entry) => entry.states.includes('orphan'));
  }
  if (criteria.summaries === true) {
    tests.push(isSummary);
  }
  if (criteria.seeded === true) {
    tests.push((entry) => entry.metadata['auto_seeded'] === true);
  }
  if (beforeVersion !== undefined) {
    tests.push((entry) => !entry.states.includes('orphan') && (entry.version ?? 1) < beforeVersion);
  }
  return entriesOf(snapshot).filter((entry) => tests.every((test) => test(entry)));
}

/** Everything that a person may call this entry's tags. */
export function tagsOf(entry: CacheEntry): ReadonlySet<string> {
  const inMetadata = entry.metadata['tags'];
  const own = entry.scope === 'instructions' ? tagOfKey(entry.originalKey) : undefined;
  return new Set([
    ...entry.tags,
    ...(Array.isArray(inMetadata) ? inMetadata.filter((tag): tag is string => typeof tag === 'string') : []),
    ...(own === undefined ? [] : [own]),
  ]);
}

function matcherOf(pattern: string): (key: string) => boolean {
  if (pattern === '') {
    throw new UserError('The pattern is empty.', "Give a glob such as 'tool_output_*'.");
  }
  try {
    // Keys are names, not paths: `bash` lets a star match the slashes of an original key, too.
    return picomatch(pattern, { bash: true, dot: true, nonegate: true });
  } catch (error) {
    throw new UserError(`'${pattern}' is not a pattern.`, "Give a glob such as 'tool_output_*'.", { cause: error });
  }
}
