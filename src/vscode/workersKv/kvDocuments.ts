import { Disposable, EventEmitter, FileChangeType, FilePermission, FileSystemError, FileType, Uri } from 'vscode';
import type { FileChangeEvent, FileSystemProvider } from 'vscode';
import { describeError, isSourceError } from '../../core/errors';
import type { KvEntry } from '../../core/workersKv/model';
import { readKvValue } from '../../core/workersKv/readValue';
import { formatBytes } from '../format';
import type { KvCache, KvCaches } from './kvCaches';
import { isImage } from './rows';

/** Documents about entries of Workers KV: `context-cache-kv:/<name>.json?id=…&key=…&show=…`. */
export const kvScheme = 'context-cache-kv';

/** An image is read whole to be shown; a larger one is not. */
const mostImageBytes = 8 * 1024 * 1024;
const imageExtensions: ReadonlyMap<string, string> = new Map([
  ['image/jpeg', 'jpg'],
  ['image/png', 'png'],
  ['image/webp', 'webp'],
  ['image/gif', 'gif'],
  ['image/avif', 'avif'],
]);

/** What is known of an entry, without its value. */
export function metadataUri(cache: KvCache, key: string): Uri {
  return documentUri(cache, key, 'metadata', 'json');
}

/** The value of an entry that is an image; undefined when it is none, or too large to be read whole. */
export function imageUri(cache: KvCache, entry: KvEntry): Uri | undefined {
  const extension = imageExtensions.get(entry.contentType ?? '') ?? entry.format;
  return isImage(entry) && (entry.sizeBytes ?? Infinity) <= mostImageBytes
    ? documentUri(cache, entry.key, 'image', extension ?? 'jpg')
    : undefined;
}

function documentUri(cache: KvCache, key: string, show: 'metadata' | 'image', extension: string): Uri {
  // A key may hold what no name of a file does; the whole of it stands in the query.
  const name = key
    .split('/')
    .at(-1)!
    .replace(/[^A-Za-z0-9_.=-]/g, ' ')
    .slice(-100);
  const query = new URLSearchParams({ id: cache.id, key, show });
  return Uri.from({ scheme: kvScheme, path: `/${name}.${extension}`, query: query.toString() });
}

/** Read-only. What can't be read is an error of the file system, never a document's text. */
export interface KvDocuments extends FileSystemProvider {
  dispose(): void;
}

export function createKvDocuments(caches: KvCaches): KvDocuments {
  const changed = new EventEmitter<FileChangeEvent[]>();
  const watched = new Map<string, Uri>();
  const listener = caches.onDidChangeState((cache) => {
    const uris = [...watched.values()].filter((uri) => new URLSearchParams(uri.query).get('id') === cache.id);
    if (uris.length > 0 && !caches.state(cache).reading) {
      changed.fire(uris.map((uri) => ({ type: FileChangeType.Changed, uri })));
    }
  });

  const find = async (uri: Uri): Promise<{ cache: KvCache; entry: KvEntry; show: string | null }> => {
    const query = new URLSearchParams(uri.query);
    const cache = caches.byId(query.get('id') ?? '');
    if (cache === undefined) {
      throw FileSystemError.FileNotFound(uri);
    }
    const { snapshot, error } = await caches.look(cache);
    const entry = snapshot?.entries.find(({ key }) => key === query.get('key'));
    if (entry === undefined) {
      throw snapshot === undefined && error !== undefined
        ? FileSystemError.Unavailable(describeError(error))
        : FileSystemError.FileNotFound(uri);
    }
    return { cache, entry, show: query.get('show') };
  };

  const refuse = (uri: Uri): never => {
    throw FileSystemError.NoPermissions(`${uri.path} shows a cache and can not be written.`);
  };

  return {
    onDidChangeFile: changed.event,
    watch: (uri) => {
      watched.set(uri.toString(), uri);
      return new Disposable(() => {
        watched.delete(uri.toString());
      });
    },
    stat: async (uri) => {
      const { cache, entry, show } = await find(uri);
      return {
        type: FileType.File,
        ctime: entry.createdMs ?? 0,
        mtime: show === 'image' ? (entry.createdMs ?? 0) : caches.state(cache).snapshot!.takenMs,
        size: show === 'image' ? (entry.sizeBytes ?? 0) : metadataText(entry).byteLength,
        permissions: FilePermission.Readonly,
      };
    },
    readFile: async (uri) => {
      const { cache, entry, show } = await find(uri);
      if (show !== 'image') {
        return metadataText(entry);
      }
      if (imageUri(cache, entry) === undefined) {
        throw FileSystemError.Unavailable(`Only images of at most ${formatBytes(mostImageBytes)} are read whole.`);
      }
      try {
        return (await readKvValue(cache.api, entry, { length: mostImageBytes })).bytes;
      } catch (error) {
        throw isSourceError(error, 'not-found')
          ? FileSystemError.FileNotFound(uri)
          : FileSystemError.Unavailable(describeError(error));
      }
    },
    readDirectory: () => [],
    createDirectory: refuse,
    writeFile: refuse,
    delete: refuse,
    rename: refuse,
    dispose: () => {
      listener.dispose();
      changed.dispose();
    },
  };
}

function metadataText(entry: KvEntry): Uint8Array {
  return Buffer.from(`${JSON.stringify(describe(entry), undefined, 2)}\n`);
}

/** The entry for a person: what is worked out first, then the metadata as it stands. */
function describe(entry: KvEntry): object {
  const instant = (ms: number | undefined): string | undefined =>
    ms === undefined ? undefined : new Date(ms).toISOString();
  return {
    key: entry.key,
    state: entry.states.join(', '),
    contentType: entry.contentType,
    size: entry.sizeBytes === undefined ? undefined : formatBytes(entry.sizeBytes),
    created: instant(entry.createdMs),
    expires: instant(entry.expiresMs) ?? 'never',
    version: { ofEntry: entry.entryVersion, current: entry.version?.version, record: entry.versionKey },
    chunks: entry.chunks?.map(({ key, sizeBytes }) => ({ key, sizeBytes })),
    problems: entry.chunkProblems.length === 0 ? undefined : entry.chunkProblems,
    metadata: entry.metadata,
  };
}
