import { isPythonObject } from '../../core/cache/pythonJson';
import type { CacheEntry } from '../../core/cache/model';
import { Exact } from '../json';

/** An entry as `ls` and `show` print it; what is unknown is null. */
export function entryOutput(entry: CacheEntry, tokens: number | undefined) {
  const metadata = entry.record?.get('metadata');
  return {
    key: entry.key,
    originalKey: entry.originalKey,
    path: entry.path,
    contentType: entry.contentType,
    sizeBytes: entry.sizeBytes,
    tokens: tokens ?? null,
    fingerprint: entry.fingerprint ?? null,
    createdAt: entry.createdAt ?? null,
    expiresAt: entry.expiresAt ?? null,
    ttlHours: entry.ttlHours ?? null,
    state: entry.state,
    version: entry.version ?? null,
    tags: entry.tags,
    metadata: new Exact(isPythonObject(metadata) ? metadata : new Map()),
  };
}
