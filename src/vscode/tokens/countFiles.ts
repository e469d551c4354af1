import type { Uri } from 'vscode';
import { throwIfCancelled } from '../../core/errors';
import type { WorkOptions } from '../../core/ports';
import type { Turns } from '../../core/turns';
import type { TokenCount, TokenCounter } from '../../core/tokens/counter';
import { countParts } from '../../core/tokens/textParts';
import { formatBytes } from '../format';
import { countFor } from './target';
import type { CountingTarget } from './target';
import { readText } from './textSource';
import type { ReadText } from './textSource';

/** A file with its tokens, or with the reason why it has none. */
export type CountedFile =
  | { readonly uri: Uri; readonly kind: 'counted'; readonly count: TokenCount; readonly bytes: number }
  | { readonly uri: Uri; readonly kind: 'skipped'; readonly reason: string };

/** Files read and counted at a time: enough to keep the counter busy, little enough to keep memory small. */
const batchSize = 16;

/** Counts files in the order given; one that can't be read is skipped with its reason. */
export async function countFiles(
  uris: readonly Uri[],
  target: CountingTarget,
  counter: TokenCounter,
  options: WorkOptions & { readonly turns: Turns },
): Promise<CountedFile[]> {
  const counted: CountedFile[] = [];
  for (let start = 0; start < uris.length; start += batchSize) {
    throwIfCancelled(options.signal);
    const batch = await Promise.all(
      uris.slice(start, start + batchSize).map(async (uri) => ({ uri, read: await readText(uri, options) })),
    );
    const texts = batch.flatMap(({ read }) => (read.kind === 'text' ? [read.parts] : []));
    const tokens = await countParts(counter, texts, target.tokenizer.encoding, { signal: options.signal });
    let next = 0;
    for (const { uri, read } of batch) {
      if (read.kind === 'text') {
        counted.push({ uri, kind: 'counted', count: countFor(target, tokens[next]!), bytes: read.bytes });
        next += 1;
      } else {
        counted.push({ uri, kind: 'skipped', reason: describeUnread(read) });
      }
    }
    options.progress?.report({ done: counted.length, total: uris.length });
  }
  return counted;
}

/** Why a file has no text, as a few words. */
export function describeUnread(read: Exclude<ReadText, { kind: 'text' }>): string {
  switch (read.kind) {
    case 'binary':
      return 'not a text file';
    case 'too-large':
      return `too large to count (${formatBytes(read.bytes)})`;
    case 'missing':
      return 'no longer there';
    case 'unavailable':
      return `can't be read: ${read.reason}`;
  }
}
