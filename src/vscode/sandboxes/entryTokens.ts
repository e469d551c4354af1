import { EventEmitter } from 'vscode';
import type { Event } from 'vscode';
import type { CacheEntry, ScopeName } from '../../core/cache/model';
import { isSourceError, throwIfCancelled } from '../../core/errors';
import type { ScanResult } from '../../core/fileTree';
import type { Services } from '../services';
import { countFor, currentTarget } from '../tokens/target';
import { decodeText } from './documents/readable';
import type { Sandbox } from './sandbox';
import type { SandboxStore } from './sandboxStore';

/** Tokens of some values for the model in use. */
export interface TokenSum {
  readonly tokens: number;
  /** Whether the model's own encoding is unknown, so that this is an estimate. */
  readonly estimated: boolean;
  /** False while some of them are still to be counted. */
  readonly complete: boolean;
}

/** Counts the tokens of values in the background, and only of scopes that somebody looks at. */
export interface EntryTokens {
  /** The count of an entry, when it is known. Binary and missing values have none. */
  of(sandbox: Sandbox, entry: CacheEntry): TokenSum | undefined;
  sum(sandbox: Sandbox, entries: readonly CacheEntry[]): TokenSum;
  /** Counts what is not known yet and resolves when that is done. */
  count(sandbox: Sandbox, scope: ScopeName, signal: AbortSignal): Promise<void>;
  /** Counts in the background what is not known yet; `onDidCount` tells when there is more to show. */
  request(sandbox: Sandbox, scope: ScopeName): void;
  /** The scopes that somebody looks at. */
  wanted(sandbox: Sandbox): readonly ScopeName[];
  /** Nobody looks at it any more. */
  forget(sandbox: Sandbox, scope: ScopeName): void;
  readonly onDidCount: Event<{ readonly sandbox: Sandbox; readonly scope: ScopeName }>;
  dispose(): void;
}

const batchFiles = 100;
const batchBytes = 4 * 1024 * 1024;
/** Larger values are artifacts that no prompt holds; counting one would keep the others waiting. */
const maxCountedBytes = 8 * 1024 * 1024;

/** null = looked at, and not a text. */
type Count = number | null;

export function createEntryTokens(services: Services, store: SandboxStore): EntryTokens {
  const modelSetting = 'contextCache.tokens.model';
  let target = currentTarget(services);
  const counted = new EventEmitter<{ sandbox: Sandbox; scope: ScopeName }>();
  const counts = new Map<string, Map<string, { readonly identity: string; readonly count: Count }>>();
  const running = new Map<string, AbortController>();
  const again = new Set<string>();
  const requested = new Map<Sandbox, Set<ScopeName>>();

  const ofSandbox = (sandbox: Sandbox): Map<string, { readonly identity: string; readonly count: Count }> => {
    const known = counts.get(sandbox.tree.id);
    if (known !== undefined) {
      return known;
    }
    const fresh = new Map<string, { readonly identity: string; readonly count: Count }>();
    counts.set(sandbox.tree.id, fresh);
    return fresh;
  };

  const known = (sandbox: Sandbox, entry: CacheEntry): Count | undefined => {
    if (!isCountable(entry)) {
      return null;
    }
    const found = counts.get(sandbox.tree.id)?.get(pathOf(entry));
    return found?.identity === identityOf(entry, target.tokenizer.encoding) ? found.count : undefined;
  };

  const countScope = async (sandbox: Sandbox, scope: ScopeName, signal: AbortSignal): Promise<void> => {
    const { encoding } = target.tokenizer;
    const missing = (store.scope(sandbox, scope)?.entries ?? []).filter((entry) => known(sandbox, entry) === undefined);
    for (const batch of batches(missing)) {
      throwIfCancelled(signal);
      const files = await readValues(sandbox, batch.map(pathOf), signal);
      const texts = batch.map((entry) => {
        const bytes = files.get(pathOf(entry));
        return bytes instanceof Uint8Array ? decodeText(bytes) : undefined;
      });
      const readable = texts.filter((text) => text !== undefined);
      const numbers = await services.counter.countAll(readable, encoding, { signal, priority: 'visible' });
      let next = 0;
      batch.forEach((entry, index) => {
        const count = texts[index] === undefined ? null : (numbers[next++] ?? null);
        ofSandbox(sandbox).set(pathOf(entry), { identity: identityOf(entry, encoding), count });
      });
      counted.fire({ sandbox, scope });
    }
  };

  const request = (sandbox: Sandbox, scope: ScopeName): void => {
    requested.set(sandbox, (requested.get(sandbox) ?? new Set<ScopeName>()).add(scope));
    const id = `${sandbox.id}/${scope}`;
    if (running.has(id)) {
      again.add(id);
      return;
    }
    const abort = new AbortController();
    running.set(id, abort);
    void countScope(sandbox, scope, abort.signal)
      .catch((error: unknown) => {
        // The rows stay without a count; the reason is the same as the one that the sandbox's row shows.
        if (!isSourceError(error, 'cancelled')) {
          services.log.warn(`Counting the tokens of ${sandbox.label}/${scope}: ${String(error)}`);
        }
      })
      .finally(() => {
        running.delete(id);
        if (again.delete(id) && !abort.signal.aborted) {
          request(sandbox, scope);
        }
      });
  };

  const toSum = (raw: number, complete: boolean): TokenSum => {
    const { tokens, method } = countFor(target, raw);
    return { tokens, estimated: method === 'estimate', complete };
  };

  const settingListener = services.settings.onDidChange((change) => {
    if (change.affects([modelSetting])) {
      target = currentTarget(services);
      for (const sandbox of requested.keys()) {
        for (const scope of requested.get(sandbox) ?? []) {
          request(sandbox, scope);
        }
      }
    }
  });

  return {
    of: (sandbox, entry) => {
      const count = known(sandbox, entry);
      return count === undefined || count === null ? undefined : toSum(count, true);
    },
    sum: (sandbox, entries) => {
      let raw = 0;
      let complete = true;
      for (const entry of entries) {
        const count = known(sandbox, entry);
        complete &&= count !== undefined;
        raw += count ?? 0;
      }
      return toSum(raw, complete);
    },
    count: countScope,
    request,
    onDidCount: counted.event,
    forget: (sandbox, scope) => {
      requested.get(sandbox)?.delete(scope);
    },
    wanted: (sandbox) => [...(requested.get(sandbox) ?? [])],
    dispose: () => {
      settingListener.dispose();
      for (const abort of running.values()) {
        abort.abort();
      }
      counted.dispose();
    },
  };
}

/** Of a place far away, values that its mirror has are not fetched again. */
async function readValues(
  { tree, near }: Sandbox,
  files: readonly string[],
  signal: AbortSignal,
): Promise<ScanResult['files']> {
  return near ? (await tree.scan({ files }, { signal })).files : tree.values(files, { signal });
}

function isCountable(entry: CacheEntry): boolean {
  return entry.fileBytes !== undefined && entry.fileBytes <= maxCountedBytes;
}

function pathOf(entry: CacheEntry): string {
  return `${entry.scope}/${entry.key}`;
}

/** What tells one content of a key from the next. */
function identityOf(entry: CacheEntry, encoding: string): string {
  const { contentSha256, fingerprint, fileBytes, fileModifiedMs } = entry;
  return `${encoding}:${contentSha256 ?? `${fingerprint ?? ''}:${fileBytes ?? ''}:${fileModifiedMs ?? ''}`}`;
}

function* batches(entries: readonly CacheEntry[]): Generator<readonly CacheEntry[]> {
  let batch: CacheEntry[] = [];
  let bytes = 0;
  for (const entry of entries) {
    const size = entry.fileBytes ?? 0;
    if (batch.length > 0 && (batch.length >= batchFiles || bytes + size > batchBytes)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(entry);
    bytes += size;
  }
  if (batch.length > 0) {
    yield batch;
  }
}
