import type { JsonValue } from '../../core/cache/model';
import type { KvEntry } from '../../core/workersKv/model';

/** An entry in the JSON output; instants are ISO 8601 in UTC. */
export function kvEntryOutput(entry: KvEntry) {
  return {
    key: entry.key,
    mode: entry.mode ?? null,
    path: entry.path ?? null,
    derivative: entry.derivative ?? null,
    format: entry.format ?? null,
    tags: entry.tags,
    contentType: entry.contentType ?? null,
    sizeBytes: entry.sizeBytes ?? null,
    createdAt: instantText(entry.createdMs) ?? null,
    expiresAt: instantText(entry.expiresMs) ?? null,
    droppedAt: instantText(entry.droppedMs) ?? null,
    entryVersion: entry.entryVersion ?? null,
    currentVersion: entry.version?.version ?? null,
    versionKey: entry.versionKey,
    chunks: entry.chunks?.length ?? null,
    state: entry.state,
    states: entry.states,
  };
}

/** Metadata came as JSON, so it is a JSON value. */
export function metadataOutput(metadata: unknown): JsonValue {
  return (metadata ?? null) as JsonValue;
}

export function instantText(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString().slice(0, 19);
}

/** `2`, or `1 of 2` when the entry is of another version than the current one. */
export function versionText({ entryVersion, version }: KvEntry): string {
  const current = version?.version;
  if (entryVersion === undefined || entryVersion === current) {
    return String(current ?? '-');
  }
  return current === undefined ? String(entryVersion) : `${entryVersion} of ${current}`;
}
