/** Entries of the form that the Video Resizer writes, as many as a test wants. */
import { chunkKey, versionKeyOf } from '../../src/core/workersKv/entryKeys';
import type { KvWrite } from '../../src/core/workersKv/limits';

export interface VideoEntry {
  readonly path: string;
  readonly derivative: string;
  readonly createdAt: number;
  readonly expiresAt?: number;
  readonly cacheVersion?: number;
  /** Sizes of chunks in bytes; in one piece when left out. */
  readonly chunks?: readonly number[];
  readonly value?: string;
}

export function videoKey({ path, derivative }: Pick<VideoEntry, 'path' | 'derivative'>): string {
  return `video:${path}:derivative=${derivative}`;
}

/** The keys of one entry: its own, and those of its chunks. */
export function videoWrites(entry: VideoEntry): KvWrite[] {
  const key = videoKey(entry);
  const place = entry.path.split('/').slice(-2).join('-');
  const cacheTags = [`video-p-${place}`, `video-p-${place}-${entry.derivative}`, `video-d-${entry.derivative}`];
  const text = entry.value ?? `value of ${key}`;
  const totalBytes = entry.chunks?.reduce((sum, size) => sum + size, 0) ?? Buffer.byteLength(text);
  const own: KvWrite = {
    key,
    value: Buffer.from(entry.chunks === undefined ? text : JSON.stringify({ totalSize: totalBytes })),
    metadata: {
      mode: 'video',
      derivative: entry.derivative,
      cacheTags,
      cacheVersion: entry.cacheVersion ?? 1,
      contentType: 'video/mp4',
      contentLength: totalBytes,
      createdAt: entry.createdAt,
      ...(entry.expiresAt === undefined ? {} : { expiresAt: entry.expiresAt }),
      isChunked: entry.chunks !== undefined,
      actualTotalVideoSize: totalBytes,
    },
  };
  const chunks = (entry.chunks ?? []).map((size, chunkIndex): KvWrite => ({
    key: chunkKey(key, chunkIndex),
    value: Buffer.alloc(size, chunkIndex + 1),
    metadata: { chunkIndex, size, createdAt: entry.createdAt, cacheTags },
  }));
  return [own, ...chunks];
}

/** The record of the version of an entry. */
export function versionWrite(entryKey: string, version: number, atMs: number): KvWrite {
  return {
    key: versionKeyOf(entryKey),
    value: new Uint8Array(),
    metadata: { version, createdAt: atMs, updatedAt: atMs },
  };
}
