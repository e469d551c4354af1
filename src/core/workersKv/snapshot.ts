import type { WorkOptions } from '../ports';
import { isRecord } from './answers';
import type { JsonRecord } from './answers';
import { parseChunkKey, parseEntryKey, versionKeyOf } from './entryKeys';
import type { KvApi } from './kvApi';
import { kvStates } from './model';
import type { KvChunk, KvEntry, KvSnapshot, KvState, KvVersion, OrphanChunk } from './model';
import type { KvNamespace, ListedKey } from './namespace';

const expiringShare = 0.1;

/** Lists both namespaces, and joins entries with their chunks and versions. Values are not read. */
export async function readKvSnapshot(
  api: Pick<KvApi, 'entries' | 'versions'>,
  options: WorkOptions & { readonly nowMs: number },
): Promise<KvSnapshot> {
  const [keys, versions] = await Promise.all([
    listAll(api.entries, options),
    api.versions === undefined ? undefined : listAll(api.versions, { signal: options.signal }),
  ]);
  return buildKvSnapshot(keys, versions, options.nowMs);
}

async function listAll(namespace: KvNamespace, { signal, progress }: WorkOptions): Promise<ListedKey[]> {
  const keys: ListedKey[] = [];
  for await (const page of namespace.pages({ signal })) {
    keys.push(...page);
    progress?.report({ done: keys.length, total: 0, message: `${keys.length} keys` });
  }
  return keys;
}

/** The same of listings that were taken already. */
export function buildKvSnapshot(
  keys: readonly ListedKey[],
  versionKeys: readonly ListedKey[] | undefined,
  nowMs: number,
): KvSnapshot {
  const versions =
    versionKeys === undefined ? undefined : new Map(versionKeys.map((listed) => [listed.key, toVersion(listed)]));
  const listed = new Map(keys.map((key) => [key.key, key]));
  const chunks = new Map<string, KvChunk[]>();
  const orphanChunks: OrphanChunk[] = [];
  const whole: ListedKey[] = [];
  for (const key of keys) {
    const chunk = chunkOf(key, listed);
    if (chunk === undefined) {
      whole.push(key);
    } else if (isChunked(listed.get(chunk.entryKey))) {
      const siblings = chunks.get(chunk.entryKey);
      if (siblings === undefined) {
        chunks.set(chunk.entryKey, [chunk]);
      } else {
        siblings.push(chunk);
      }
    } else {
      orphanChunks.push(chunk);
    }
  }
  return {
    takenMs: nowMs,
    entries: whole
      .map((key) => toEntry(key, chunks.get(key.key), versions, nowMs))
      .sort((a, b) => (a.key < b.key ? -1 : 1)),
    orphanChunks: orphanChunks.sort((a, b) =>
      a.entryKey === b.entryKey ? a.index - b.index : a.entryKey < b.entryKey ? -1 : 1,
    ),
    versions,
  };
}

/** An entry may be named like a chunk: its metadata decides, and where there is none, what its entry says. */
function chunkOf(key: ListedKey, listed: ReadonlyMap<string, ListedKey>): OrphanChunk | undefined {
  const parts = parseChunkKey(key.key);
  if (parts === undefined) {
    return undefined;
  }
  const metadata = recordOf(key.metadata);
  const isChunk =
    key.metadata === undefined ? isChunked(listed.get(parts.entryKey)) : metadata['chunkIndex'] === parts.index;
  return isChunk
    ? {
        key: key.key,
        ...parts,
        sizeBytes: sizeOf(metadata['size']),
        tags: textsOf(metadata['cacheTags']),
        createdMs: instantOf(metadata['createdAt']),
      }
    : undefined;
}

function isChunked(key: ListedKey | undefined): boolean {
  return key !== undefined && recordOf(key.metadata)['isChunked'] === true;
}

function toEntry(
  listed: ListedKey,
  foundChunks: readonly KvChunk[] | undefined,
  versions: ReadonlyMap<string, KvVersion> | undefined,
  nowMs: number,
): KvEntry {
  const metadata = recordOf(listed.metadata);
  const parts = parseEntryKey(listed.key);
  const parameters = new Map(parts?.parameters);
  const chunks = isChunked(listed) ? [...(foundChunks ?? [])].sort((a, b) => a.index - b.index) : undefined;
  const totalBytes = sizeOf(metadata['actualTotalVideoSize']);
  const chunkProblems = chunks === undefined ? [] : chunkProblemsOf(chunks, totalBytes);
  const versionKey = versionKeyOf(listed.key);
  const version = versions?.get(versionKey);
  const createdMs = instantOf(metadata['createdAt']);
  const expiresMs = metadata['storeIndefinitely'] === true ? undefined : instantOf(metadata['expiresAt']);
  const entryVersion = versionOf(metadata['cacheVersion']);
  const mode = textOf(metadata['mode']) ?? parts?.mode;
  const holds = new Set<KvState>();
  if (parts === undefined || typeof metadata['mode'] !== 'string') {
    holds.add('foreign');
  }
  if (chunkProblems.length > 0) {
    holds.add('corrupt');
  }
  const lifetime = lifetimeState(createdMs, expiresMs, nowMs);
  if (lifetime !== undefined) {
    holds.add(lifetime);
  }
  if (version?.version !== undefined && entryVersion !== undefined && version.version !== entryVersion) {
    holds.add('stale');
  }
  const states = kvStates.filter((state) => holds.has(state));
  return {
    key: listed.key,
    mode,
    path: parts?.path,
    derivative: textOf(metadata['derivative']) ?? parameters.get('derivative'),
    format: textOf(metadata['format']) ?? parameters.get('f') ?? parameters.get('format'),
    tags: textsOf(metadata['cacheTags']),
    contentType: textOf(metadata['contentType']),
    sizeBytes: totalBytes ?? sizeOf(metadata['contentLength']),
    createdMs,
    expiresMs,
    droppedMs: listed.expiration === undefined ? undefined : listed.expiration * 1000,
    entryVersion,
    versionKey,
    version,
    chunks,
    chunkProblems,
    state: states[0] ?? 'fresh',
    states: states.length === 0 ? ['fresh'] : states,
    metadata: listed.metadata,
  };
}

function chunkProblemsOf(chunks: readonly KvChunk[], totalBytes: number | undefined): string[] {
  const problems: string[] = [];
  const last = chunks.at(-1)?.index ?? -1;
  const there = new Set(chunks.map(({ index }) => index));
  const missing = Array.from({ length: last + 1 }, (_, index) => index).filter((index) => !there.has(index));
  if (chunks.length === 0) {
    problems.push('None of its chunks is there.');
  } else if (missing.length > 0) {
    const shown = missing.slice(0, 5).join(', ');
    problems.push(
      missing.length === 1
        ? `Chunk ${shown} is missing.`
        : `${missing.length} chunks are missing: ${shown}${missing.length > 5 ? ', …' : ''}.`,
    );
  } else if (totalBytes !== undefined && chunks.every(({ sizeBytes }) => sizeBytes !== undefined)) {
    const bytes = chunks.reduce((sum, { sizeBytes }) => sum + sizeBytes!, 0);
    if (bytes !== totalBytes) {
      problems.push(`Its ${chunks.length} chunks hold ${bytes} bytes in place of ${totalBytes}.`);
    }
  }
  return problems;
}

function toVersion({ key, metadata, expiration }: ListedKey): KvVersion {
  const fields = recordOf(metadata);
  return {
    key,
    version: versionOf(fields['version']),
    createdMs: instantOf(fields['createdAt']),
    updatedMs: instantOf(fields['updatedAt']),
    expiration,
    metadata,
  };
}

function lifetimeState(
  createdMs: number | undefined,
  expiresMs: number | undefined,
  nowMs: number,
): 'expired' | 'expiring' | undefined {
  if (expiresMs === undefined) {
    return undefined;
  }
  if (nowMs > expiresMs) {
    return 'expired';
  }
  return createdMs !== undefined && expiresMs - nowMs < (expiresMs - createdMs) * expiringShare
    ? 'expiring'
    : undefined;
}

function recordOf(value: unknown): JsonRecord {
  return isRecord(value) ? value : {};
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string') : [];
}

function sizeOf(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}

function versionOf(value: unknown): number | undefined {
  return Number.isSafeInteger(value) ? (value as number) : undefined;
}

/** The largest instant that a date can hold. */
const latestInstant = 8.64e15;

function instantOf(value: unknown): number | undefined {
  return typeof value === 'number' && Math.abs(value) <= latestInstant ? value : undefined;
}
