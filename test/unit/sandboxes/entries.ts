import type { CacheEntry } from '../../../src/core/cache/model';

/** An entry with what a test cares about; the rest as a fresh text value. */
export function entryOf(fields: Partial<CacheEntry> & Pick<CacheEntry, 'key'>): CacheEntry {
  return {
    scope: 'artifacts',
    originalKey: fields.key,
    path: `/workspace/.iris/kv-cache/${fields.scope ?? 'artifacts'}/${fields.key}`,
    contentType: 'text/plain',
    sizeBytes: 10,
    fileBytes: 10,
    fingerprint: '0123456789abcdef',
    createdAt: '2025-11-11T03:30:00',
    updatedAt: undefined,
    expiresAt: '2025-11-13T03:30:00',
    createdMs: Date.UTC(2025, 10, 11, 3, 30),
    expiresMs: Date.UTC(2025, 10, 13, 3, 30),
    ttlHours: 48,
    version: undefined,
    tags: [],
    metadata: {},
    state: 'fresh',
    states: ['fresh'],
    ...fields,
  };
}
