import { fingerprintOf } from '../cache/fingerprint';
import { usableKey } from '../cache/keys';
import type { CacheEntry, CacheSnapshot } from '../cache/model';
import { findEntry } from '../cache/plans/planBuilder';
import { summaryOrigin } from '../cache/summarySource';
import { isSourceError } from '../errors';
import type { FileTree } from '../fileTree';
import type { WorkOptions } from '../ports';
import type { SummarySource } from './model';
import { summarizerVersion } from './questions';

/** Why a summary that may be there is not served. */
export type MissReason =
  | 'absent'
  | 'expired'
  | 'damaged' // no index entry, no file, or bytes other than the index says
  | 'unknown-source' // it does not say what it sums up
  | 'source-changed'
  | 'other-version'; // made by another version of the summariser

export interface CachedSummary {
  readonly entry: CacheEntry;
  readonly text: string;
}

export type Lookup =
  | { readonly kind: 'hit'; readonly cached: CachedSummary }
  | { readonly kind: 'miss'; readonly reason: MissReason; readonly entry: CacheEntry | undefined };

const missTexts: Readonly<Record<MissReason, string>> = {
  absent: 'there is none yet',
  expired: 'the one there is has expired',
  damaged: 'the one there is is damaged',
  'unknown-source': 'the one there is does not say what it sums up',
  'source-changed': 'the source has changed since',
  'other-version': 'the one there is was made in another way',
};

/** The reason as the end of a sentence. */
export function missText(reason: MissReason): string {
  return missTexts[reason];
}

/** The summary that is kept for a source. It is a hit only if the source's hash and the summariser's version match. */
export async function lookUpSummary(
  source: SummarySource,
  snapshot: CacheSnapshot,
  tree: FileTree,
  options: WorkOptions = {},
): Promise<Lookup> {
  const entry = findEntry(snapshot, source.scope, usableKey(source.originalKey));
  const miss = (reason: MissReason): Lookup => ({ kind: 'miss', reason, entry });
  if (entry === undefined) {
    return miss('absent');
  }
  if (entry.states.includes('orphan') || entry.fileBytes === undefined) {
    return miss('damaged');
  }
  if (entry.states.includes('expired')) {
    return miss('expired');
  }
  const { fingerprint } = summaryOrigin(entry.metadata);
  if (fingerprint === undefined || entry.metadata['summarizer'] === undefined) {
    return miss('unknown-source');
  }
  if (fingerprint !== source.fingerprint) {
    return miss('source-changed');
  }
  if (entry.metadata['summarizer'] !== summarizerVersion(source.kind)) {
    return miss('other-version');
  }
  const bytes = await readValue(tree, entry, options);
  return bytes === undefined || (entry.fingerprint !== undefined && fingerprintOf(bytes) !== entry.fingerprint)
    ? miss('damaged')
    : { kind: 'hit', cached: { entry, text: Buffer.from(bytes).toString() } };
}

async function readValue(tree: FileTree, entry: CacheEntry, options: WorkOptions): Promise<Uint8Array | undefined> {
  try {
    return await tree.read(`${entry.scope}/${entry.key}`, { signal: options.signal });
  } catch (error) {
    // It may be gone since the cache was listed.
    if (isSourceError(error, 'not-found')) {
      return undefined;
    }
    throw error;
  }
}
