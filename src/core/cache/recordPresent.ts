import { fingerprintOfSha256 } from './fingerprint';
import type { ContentHistory } from './history';
import type { ScopeName } from './model';
import { findEntry, readerOf } from './plans/planBuilder';
import type { PlanSource } from './plans/planBuilder';
import { printPython } from './pythonJsonPrint';

/**
 * Takes what a key holds right now into its history: its content, or that it is gone. The sandbox is only read. Returns
 * the SHA-256 of the content; undefined when there is none.
 */
export async function recordPresent(
  source: PlanSource,
  scope: ScopeName,
  key: string,
  history: ContentHistory,
): Promise<string | undefined> {
  const entry = findEntry(source.snapshot, scope, key);
  const bytes = entry?.fileBytes === undefined ? undefined : await readerOf(source.tree, scope, key)();
  if (bytes === undefined) {
    await history.record(source.tree.id, [{ scope, key, author: 'sandbox' }]);
    return undefined;
  }
  const sha256 = await history.keep(bytes);
  await history.record(source.tree.id, [
    {
      scope,
      key,
      author: 'sandbox',
      content: {
        fingerprint: fingerprintOfSha256(sha256),
        sizeBytes: bytes.byteLength,
        sha256,
        ...(entry?.record === undefined ? {} : { entry: printPython(entry.record, {}) }),
      },
    },
  ]);
  return sha256;
}
