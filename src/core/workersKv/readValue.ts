import { SourceError } from '../errors';
import type { KvApi } from './kvApi';
import type { KvChunk, KvEntry } from './model';
import type { ValuePart, ValueRange } from './readRange';

/**
 * A part of an entry's value, of its chunks joined where it has any: only those that hold the part are read. Throws a
 * SourceError when the chunks before the part are not all there.
 */
export async function readKvValue(
  api: Pick<KvApi, 'entries'>,
  entry: Pick<KvEntry, 'key' | 'chunks' | 'sizeBytes'>,
  range: ValueRange,
  signal?: AbortSignal,
): Promise<ValuePart> {
  const { chunks } = entry;
  if (chunks === undefined) {
    const part = await api.entries.read(entry.key, range, signal);
    return { ...part, totalBytes: part.totalBytes ?? entry.sizeBytes };
  }
  const offset = range.offset ?? 0;
  const end = offset + range.length;
  const parts: Uint8Array[] = [];
  let start = 0;
  for (const [index, chunk] of chunks.entries()) {
    const size = sizeOf(chunk, index, entry.key);
    const from = Math.max(offset, start);
    const to = Math.min(end, start + size);
    if (to > from) {
      const { bytes } = await api.entries.read(chunk.key, { offset: from - start, length: to - from }, signal);
      parts.push(bytes);
      if (bytes.byteLength < to - from) {
        throw brokenChunks(entry.key);
      }
    }
    start += size;
  }
  return { bytes: new Uint8Array(Buffer.concat(parts)), offset, totalBytes: start, atEnd: end >= start };
}

function sizeOf(chunk: KvChunk, index: number, key: string): number {
  if (chunk.index !== index || chunk.sizeBytes === undefined) {
    throw brokenChunks(key);
  }
  return chunk.sizeBytes;
}

function brokenChunks(key: string): SourceError {
  return new SourceError('not-found', `The chunks of ${JSON.stringify(key)} are not whole.`, {
    nextStep: 'Purge the entry, so that it is made again.',
  });
}
