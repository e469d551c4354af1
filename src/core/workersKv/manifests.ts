import type { Finding } from '../findings';
import { isRecord } from './answers';
import type { KvApi } from './kvApi';
import type { KvEntry, KvSnapshot } from './model';

/**
 * Reads the manifests of entries in chunks, a hundred per request, and tells which can't be read or disagree with the
 * chunks that are listed. What listings tell already is not told again.
 */
export async function manifestFindings(
  api: Pick<KvApi, 'entries'>,
  { entries }: KvSnapshot,
  signal?: AbortSignal,
): Promise<readonly Finding[]> {
  const chunked = entries.filter(({ chunks, chunkProblems }) => chunks !== undefined && chunkProblems.length === 0);
  const texts = await api.entries.readTexts(
    chunked.map(({ key }) => key),
    signal,
  );
  return chunked.flatMap((entry) => {
    const problem = problemOf(entry, texts.get(entry.key));
    return problem === undefined
      ? []
      : [
          {
            id: 'broken-manifest',
            severity: 'error' as const,
            message: `The manifest of ${JSON.stringify(entry.key)} ${problem}.`,
            fix: 'Purge the entry, so that it is made again.',
            key: entry.key,
          },
        ];
  });
}

function problemOf({ chunks, sizeBytes }: KvEntry, text: string | undefined): string | undefined {
  const manifest = text === undefined ? undefined : parse(text);
  if (!isRecord(manifest)) {
    return text === undefined ? 'is gone' : 'is not a JSON object';
  }
  const { chunkCount, totalSize } = manifest;
  if (typeof chunkCount === 'number' && chunkCount !== chunks!.length) {
    return `says ${chunkCount} chunks, and there are ${chunks!.length}`;
  }
  return typeof totalSize === 'number' && sizeBytes !== undefined && totalSize !== sizeBytes
    ? `says ${totalSize} bytes, and its metadata ${sizeBytes}`
    : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
