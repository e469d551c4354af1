import { isSafeName } from '../cache/entryStates';
import type { EntryTree, StoredEntry } from '../cache/entryTree';
import { unknownFingerprint } from '../cache/fingerprint';
import { IndexDocument } from '../cache/indexDocument';
import { indexName } from '../cache/keys';
import type { ScopeName } from '../cache/model';
import { scopeNames } from '../cache/model';
import { PythonNumber } from '../cache/pythonJson';
import type { PythonObject, PythonValue } from '../cache/pythonJson';
import { derivedPath, isScopeName } from '../cache/scopes';
import { parseTimestamp } from '../cache/timestamps';
import { isSourceError, SourceError, throwIfCancelled } from '../errors';
import type { FileTree, FileTreeCapabilities, ScanRequest, ScanResult, TreeEntry } from '../fileTree';
import { mapLimited } from '../instructions/concurrency';
import type { WorkOptions } from '../ports';
import { defaultMaxBytes } from './folderTree';
import { HttpCacheApi } from './httpCacheApi';
import type { HttpCacheApiOptions } from './httpCacheApi';
import { compareNames, treeSegments } from './treePath';

export interface HttpTreeOptions extends HttpCacheApiOptions {
  readonly label?: string;
}

const requestsAtOnce = 8;
/** An entry that expires within a request's time is not asked for: asking for one that has expired deletes it. */
const safeLifeMs = 90_000;

/**
 * A cache behind the original's HTTP API, as the tree that it would be on disk: the index files are made from what the
 * API lists, and the values are read one by one. It has no raw bytes, no seed flag, and shows no value without an index
 * entry. Values that have expired are listed and never read, since the API deletes what is asked for too late. Every
 * call may start the sandbox and cost money: never poll it.
 */
export class HttpTree implements EntryTree {
  readonly id: string;
  readonly label: string;
  readonly capabilities: FileTreeCapabilities = {
    write: true,
    watch: false,
    compareAndSwap: 'none',
    metered: true,
  };
  readonly #api: HttpCacheApi;
  /** Fingerprints by entry as it was listed: the list of keys has none, so each is asked for once. */
  readonly #fingerprints = new Map<string, string>();

  constructor(options: HttpTreeOptions) {
    this.#api = new HttpCacheApi(options);
    this.id = `http:${this.#api.url}`;
    this.label = options.label ?? new URL(this.#api.url).host;
  }

  async scan(request: ScanRequest, options: WorkOptions = {}): Promise<ScanResult> {
    return this.#scan(request, defaultMaxBytes, options.signal);
  }

  async read(path: string, options: WorkOptions & { readonly maxBytes?: number } = {}): Promise<Uint8Array> {
    if (treeSegments(path).length === 0) {
      throw new SourceError('forbidden', 'The root of a source is not a file.', { nextStep: 'Name a file inside it.' });
    }
    const { files } = await this.#scan({ files: [path] }, options.maxBytes ?? defaultMaxBytes, options.signal);
    const content = files.get(path);
    if (content instanceof Uint8Array) {
      return content;
    }
    throw content ?? absent(path);
  }

  readonly commit: FileTree['commit'] = async (change, options = {}) => {
    throwIfCancelled(options.signal);
    const paths = [...(change.expect ?? []), ...(change.writes ?? [])].map(({ path }) => path);
    for (const path of [...paths, ...(change.removes ?? [])]) {
      treeSegments(path);
    }
    await Promise.resolve();
    throw new SourceError('unsupported', `${this.label} stores and deletes whole entries; its files are not written.`, {
      nextStep: 'Reach the sandbox over SSH or a command to write its files.',
    });
  };

  async putEntry(entry: StoredEntry, options: WorkOptions = {}): Promise<void> {
    const { scope, originalKey, ttlHours, metadata, contentType } = entry;
    if (!Number.isInteger(ttlHours.value) || ttlHours.value < 1) {
      throw new SourceError('unsupported', `The API takes whole hours as a time to live, not ${String(ttlHours)}.`, {
        nextStep: 'Give a whole number of hours.',
      });
    }
    const text = textOf(entry.bytes);
    if (text === undefined) {
      throw new SourceError('unsupported', `${scope}/${originalKey} holds bytes that are not text.`, {
        nextStep: 'The API stores text alone; reach the sandbox over SSH or a command to store it.',
      });
    }
    const hours = PythonNumber.int(ttlHours.value);
    await this.#api.put({ scope, originalKey, text, ttlHours: hours, metadata, contentType }, options.signal);
  }

  async removeEntry(scope: ScopeName, originalKey: string, options: WorkOptions = {}): Promise<void> {
    await this.#api.remove(scope, originalKey, options.signal);
  }

  async #scan(request: ScanRequest, maxBytes: number, signal: AbortSignal | undefined): Promise<ScanResult> {
    throwIfCancelled(signal);
    const places = new Map<string, Place | SourceError>();
    for (const path of [...(request.folders ?? []), ...(request.files ?? [])]) {
      places.set(path, placeOf(path));
    }
    const scopes = new Set(
      [...places.values()].flatMap((place) => (place instanceof SourceError ? [] : (place.scope ?? []))),
    );
    if (scopes.size === 0 && request.folders?.includes('') === true) {
      // The root is only told when there is an API to ask.
      scopes.add('system');
    }
    const listings = new Map(
      await mapLimited([...scopes], requestsAtOnce, async (scope) => [scope, await this.#list(scope, signal)] as const),
    );
    const folders = new Map<string, readonly TreeEntry[] | SourceError>();
    for (const path of request.folders ?? []) {
      folders.set(path, folderOf(path, places.get(path)!, listings));
    }
    const files = new Map<string, Uint8Array | SourceError>();
    await mapLimited(request.files ?? [], requestsAtOnce, async (path) => {
      files.set(path, await this.#file(path, places.get(path)!, listings, maxBytes, signal));
    });
    return { folders, files };
  }

  async #list(scope: ScopeName, signal: AbortSignal | undefined): Promise<Listing> {
    const { records, serverNowMs } = await this.#api.keys(scope, signal);
    const entries = records.map((record) => readRecord(scope, record, serverNowMs)).reverse();
    const byName = new Map(entries.map((entry) => [entry.name, entry]));
    await mapLimited([...byName.values()], requestsAtOnce, async (entry) => this.#learn(scope, entry, signal));
    const index = new IndexDocument();
    for (const [name, entry] of byName) {
      const fingerprint = this.#fingerprints.get(markOf(scope, entry)) ?? unknownFingerprint;
      index.putRecord(name, indexRecord(scope, entry, fingerprint));
    }
    return { entries: byName, index: index.print() };
  }

  async #learn(scope: ScopeName, entry: ListedEntry, signal: AbortSignal | undefined): Promise<void> {
    if (entry.expired || this.#fingerprints.has(markOf(scope, entry))) {
      return;
    }
    try {
      const { fingerprint } = await this.#api.value(scope, entry.originalKey, signal);
      this.#fingerprints.set(markOf(scope, entry), fingerprint ?? unknownFingerprint);
    } catch (error) {
      if (!isSourceError(error, ...ofOneValue)) {
        throw error;
      }
    }
  }

  async #file(
    path: string,
    place: Place | SourceError,
    listings: ReadonlyMap<ScopeName, Listing>,
    maxBytes: number,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array | SourceError> {
    if (place instanceof SourceError) {
      return place;
    }
    const { scope, name } = place;
    if (scope === undefined || name === undefined) {
      return path === '' || scope !== undefined ? notA('file', path) : absent(path);
    }
    const { entries, index } = listings.get(scope)!;
    const entry = entries.get(name);
    const size = name === indexName ? index.byteLength : entry?.sizeBytes;
    if (size === undefined || entry === undefined) {
      return size === undefined ? absent(path) : size > maxBytes ? tooLarge(path, size) : index;
    }
    if (size > maxBytes) {
      return tooLarge(path, size);
    }
    if (entry.expired) {
      return new SourceError('unsupported', `'${path}' has expired, and the API deletes what is asked for too late.`, {
        nextStep: 'Read it in the sandbox itself, or prune it.',
      });
    }
    try {
      const { bytes, exact } = await this.#api.value(scope, entry.originalKey, signal);
      return exact ? bytes : lostLayout(path);
    } catch (error) {
      if (isSourceError(error, ...ofOneValue)) {
        return error;
      }
      throw error;
    }
  }
}

/** Failures that say nothing of other values. */
const ofOneValue = ['not-found', 'unsupported', 'protocol', 'too-large'] as const;

interface Listing {
  /** By their sanitized keys, oldest first. */
  readonly entries: ReadonlyMap<string, ListedEntry>;
  readonly index: Uint8Array;
}

interface ListedEntry {
  /** The sanitized key. */
  readonly name: string;
  readonly originalKey: string;
  readonly sizeBytes: number;
  /** Or so close to it that it must not be asked for. */
  readonly expired: boolean;
  readonly record: PythonObject;
}

interface Place {
  readonly scope: ScopeName | undefined;
  readonly name: string | undefined;
}

function placeOf(path: string): Place | SourceError {
  try {
    const [first, name, ...deeper] = treeSegments(path);
    const scope = first !== undefined && isScopeName(first) ? first : undefined;
    return { scope: deeper.length === 0 ? scope : undefined, name };
  } catch (error) {
    if (isSourceError(error)) {
      return error;
    }
    throw error;
  }
}

function folderOf(
  path: string,
  place: Place | SourceError,
  listings: ReadonlyMap<ScopeName, Listing>,
): readonly TreeEntry[] | SourceError {
  if (place instanceof SourceError) {
    return place;
  }
  if (path === '') {
    const folder = (name: string): TreeEntry => ({ name, kind: 'folder', sizeBytes: 0, modifiedMs: 0 });
    return scopeNames.map(folder).sort(compareNames);
  }
  if (place.scope === undefined) {
    return absent(path);
  }
  const { entries, index } = listings.get(place.scope)!;
  if (place.name !== undefined) {
    return entries.has(place.name) || place.name === indexName ? notA('folder', path) : absent(path);
  }
  const files = [...entries.values()].map((entry) => file(entry.name, entry.sizeBytes, modifiedMs(entry.record)));
  return [...files, file(indexName, index.byteLength, 0)].sort(compareNames);
}

function file(name: string, sizeBytes: number, modified: number): TreeEntry {
  return { name, kind: 'file', sizeBytes, modifiedMs: modified };
}

function modifiedMs(record: PythonObject): number {
  const times = [record.get('created_at'), record.get('updated_at')].map((time) => timeOf(time) ?? 0);
  return Math.floor(Math.max(...times));
}

function timeOf(value: PythonValue | undefined): number | undefined {
  const time = typeof value === 'string' ? parseTimestamp(value) : undefined;
  return time === undefined || time.kind === 'malformed' ? undefined : time.ms;
}

function readRecord(scope: ScopeName, record: PythonObject, serverNowMs: number): ListedEntry {
  const name = record.get('sanitized_key');
  const originalKey = record.get('key');
  const size = record.get('size_bytes');
  if (typeof name !== 'string' || typeof originalKey !== 'string' || !(size instanceof PythonNumber)) {
    throw new SourceError('protocol', `The cache API lists an entry of '${scope}' that is none.`, {
      nextStep: 'Check the address of the API.',
    });
  }
  if (!isSafeName(name)) {
    throw new SourceError('protocol', `The cache API lists ${JSON.stringify(name)}, which is no name of a value.`, {
      nextStep: 'Repair the index in the sandbox itself.',
    });
  }
  const expiresMs = timeOf(record.get('expires_at'));
  const expired = record.get('is_expired') !== false || (expiresMs ?? Infinity) <= serverNowMs + safeLifeMs;
  return { name, originalKey, sizeBytes: size.value, expired, record };
}

/** The entry as it stands in the index, as far as the API tells. */
function indexRecord(scope: ScopeName, { name, originalKey, record }: ListedEntry, fingerprint: string): PythonObject {
  const known = (field: string, fallback: PythonValue): [string, PythonValue] => [field, record.get(field) ?? fallback];
  const updated = record.get('updated_at') ?? null;
  const tags = record.get('tags');
  return new Map<string, PythonValue>([
    ['original_key', originalKey],
    known('path', derivedPath(scope, name)),
    known('content_type', 'text/plain'),
    known('size_bytes', PythonNumber.int(0)),
    ['fingerprint', fingerprint],
    known('created_at', null),
    known('expires_at', null),
    known('ttl_hours', null),
    known('metadata', new Map()),
    ...(updated === null ? [] : [['updated_at', updated] as const]),
    ...(Array.isArray(tags) && tags.length > 0 ? [['tags', tags as PythonValue] as const] : []),
  ]);
}

/** Tells one content of a key from another: the far end's clock counts microseconds. */
function markOf(scope: ScopeName, { name, sizeBytes, record }: ListedEntry): string {
  return JSON.stringify([scope, name, sizeBytes, record.get('created_at'), record.get('updated_at')]);
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

function absent(path: string): SourceError {
  return new SourceError('not-found', `'${path}' does not exist.`, { nextStep: 'Refresh to see what is there.' });
}

function notA(kind: 'file' | 'folder', path: string): SourceError {
  return new SourceError('unsupported', `'${path}' is not a ${kind}.`, { nextStep: 'Refresh to see what is there.' });
}

function tooLarge(path: string, size: number): SourceError {
  return new SourceError('too-large', `'${path}' has ${size} bytes.`, { nextStep: 'Read it in the sandbox itself.' });
}

function lostLayout(path: string): SourceError {
  return new SourceError(
    'unsupported',
    `The API hands '${path}' out parsed, and its bytes can not be told from that.`,
    {
      nextStep: 'Read it in the sandbox itself.',
    },
  );
}
