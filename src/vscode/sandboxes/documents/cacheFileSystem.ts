import { Disposable, EventEmitter, FileChangeType, FilePermission, FileSystemError, FileType } from 'vscode';
import type { FileChangeEvent, FileStat, FileSystemProvider, Uri } from 'vscode';
import { describeError, isSourceError } from '../../../core/errors';
import { effectId } from '../../../core/cache/changes';
import type { ContentHistory } from '../../../core/cache/history';
import { indexName } from '../../../core/cache/keys';
import { isScopeName } from '../../../core/cache/scopes';
import type { CacheEntry } from '../../../core/cache/model';
import type { Sandbox } from '../sandbox';
import type { SandboxRegistry } from '../sandboxRegistry';
import type { SandboxStore } from '../sandboxStore';
import { cacheUri, parseCacheUri } from './cacheUri';
import type { CacheAddress } from './cacheUri';
import type { PlanDocuments } from './planDocuments';
import { toReadable } from './readable';

export interface CacheFileSystemParts {
  readonly registry: SandboxRegistry;
  readonly store: SandboxStore;
  readonly history: ContentHistory;
  readonly plans: PlanDocuments;
}

/** Values as read-only documents. What can't be read is an error of the file system, never a document's text. */
export interface CacheFileSystem extends FileSystemProvider {
  dispose(): void;
}

/** A document that is open, with the content that it showed. */
interface Watched {
  readonly uri: Uri;
  readonly address: CacheAddress;
  identity: string;
  changes: number;
}

export function createCacheFileSystem({ registry, store, history, plans }: CacheFileSystemParts): CacheFileSystem {
  const changed = new EventEmitter<FileChangeEvent[]>();
  const watched = new Map<string, Watched>();

  const sandboxOf = async (uri: Uri, id: string): Promise<Sandbox> => {
    const sandbox = await registry.find(id);
    if (sandbox === undefined) {
      throw FileSystemError.FileNotFound(uri);
    }
    return sandbox;
  };

  const addressOf = (uri: Uri): CacheAddress => {
    const address = parseCacheUri(uri);
    if (address === undefined) {
      throw FileSystemError.FileNotFound(uri);
    }
    return address;
  };

  const entryOf = async (uri: Uri, { sandboxId, scope, key }: CacheAddress): Promise<CacheEntry> => {
    const sandbox = await sandboxOf(uri, sandboxId);
    await translated(uri, store.snapshot(sandbox));
    const entry = store.entry(sandbox, scope, key);
    if (entry === undefined) {
      throw FileSystemError.FileNotFound(uri);
    }
    return entry;
  };

  const readBytes = async (uri: Uri, address: CacheAddress): Promise<Uint8Array> => {
    const { sandboxId, scope, key, query } = address;
    if (query.version !== undefined) {
      return found(uri, await translated(uri, history.content(query.version)));
    }
    if (query.plan !== undefined) {
      const { id, side } = query.plan;
      return found(uri, await translated(uri, plans.read(id, effectOf(address), side)));
    }
    return translated(uri, (await sandboxOf(uri, sandboxId)).tree.read(`${scope}/${key}`));
  };

  const storeListener = store.onDidChange((sandbox) => {
    const events: FileChangeEvent[] = [];
    for (const one of watched.values()) {
      const { sandboxId, scope, key } = one.address;
      const identity = identityOf(store.entry(sandbox, scope, key));
      if (sandboxId === sandbox.id && !store.state(sandbox).reading && one.identity !== identity) {
        one.identity = identity;
        one.changes += 1;
        const type = store.entry(sandbox, scope, key) === undefined ? FileChangeType.Deleted : FileChangeType.Changed;
        events.push({ type, uri: one.uri });
      }
    }
    if (events.length > 0) {
      changed.fire(events);
    }
  });

  const refuse = (uri: Uri): never => {
    throw FileSystemError.NoPermissions(
      `${uri.path} shows a cache and can not be written. Use the commands of Context Cache.`,
    );
  };

  return {
    onDidChangeFile: changed.event,
    watch: (uri): Disposable => {
      const address = parseCacheUri(uri);
      const isLive = address?.query.version === undefined && address?.query.plan === undefined;
      if (address === undefined || !isLive || watched.has(uri.toString())) {
        return new Disposable(() => undefined);
      }
      const sandbox = registry.byId(address.sandboxId);
      const entry = sandbox === undefined ? undefined : store.entry(sandbox, address.scope, address.key);
      watched.set(uri.toString(), { uri, address, identity: identityOf(entry), changes: 0 });
      return new Disposable(() => {
        watched.delete(uri.toString());
      });
    },
    stat: async (uri): Promise<FileStat> => {
      const folder = folderOf(uri);
      if (folder !== undefined) {
        if (folder.sandboxId !== undefined) {
          await sandboxOf(uri, folder.sandboxId);
        }
        return { type: FileType.Directory, ctime: 0, mtime: 0, size: 0, permissions: FilePermission.Readonly };
      }
      const address = addressOf(uri);
      const { plan, version } = address.query;
      const still = { type: FileType.File, ctime: 0, mtime: 0, permissions: FilePermission.Readonly };
      if (plan !== undefined) {
        const size = plans.sizeOf(plan.id, effectOf(address), plan.side);
        return { ...still, size: size ?? 0 };
      }
      if (version !== undefined) {
        return { ...still, size: (await readBytes(uri, address)).byteLength };
      }
      const entry = await entryOf(uri, address);
      return {
        ...still,
        ctime: entry.createdMs ?? 0,
        // Every content that is seen gets another time, also where the source tells none.
        mtime: (entry.fileModifiedMs ?? entry.createdMs ?? 0) + (watched.get(uri.toString())?.changes ?? 0),
        size: entry.fileBytes ?? 0,
      };
    },
    readFile: async (uri) => {
      const address = addressOf(uri);
      const bytes = await readBytes(uri, address);
      if (address.query.readable !== true) {
        return bytes;
      }
      const entry = await entryOf(uri, address);
      return Buffer.from(toReadable(bytes, entry.contentType), 'utf8');
    },
    readDirectory: async (uri) => {
      const folder = folderOf(uri);
      if (folder === undefined) {
        throw FileSystemError.FileNotADirectory(uri);
      }
      if (folder.sandboxId === undefined) {
        return (await registry.all()).map(({ id }) => [id, FileType.Directory]);
      }
      const { scopes } = await translated(uri, store.snapshot(await sandboxOf(uri, folder.sandboxId)));
      return folder.scope === undefined
        ? scopes.map(({ scope }) => [scope, FileType.Directory])
        : (scopes.find(({ scope }) => scope === folder.scope)?.entries ?? [])
            .filter(({ fileBytes }) => fileBytes !== undefined)
            .map(({ key }) => [key, FileType.File]);
    },
    createDirectory: refuse,
    writeFile: refuse,
    delete: refuse,
    rename: refuse,
    dispose: () => {
      storeListener.dispose();
      changed.dispose();
    },
  };
}

/** The URI under which a person opens an entry: indented, described or cut where the bytes alone would not read well. */
export function readableUri(sandbox: Sandbox, entry: CacheEntry): Uri {
  return cacheUri(sandbox.id, entry.scope, entry.key, { readable: true });
}

function folderOf(
  uri: Uri,
): { readonly sandboxId: string | undefined; readonly scope: string | undefined } | undefined {
  const [sandboxId, scope, ...rest] = uri.path.split('/').filter(Boolean);
  if (rest.length > 0 || (scope !== undefined && !isScopeName(scope))) {
    return undefined;
  }
  return { sandboxId, scope };
}

/** The id of a plan's effect; the whole index is shown under its file's name. */
function effectOf({ scope, key }: CacheAddress): string {
  return effectId(scope, key === indexName ? '' : key);
}

function identityOf(entry: CacheEntry | undefined): string {
  return entry === undefined ? '' : [entry.fileBytes, entry.fileModifiedMs, entry.fingerprint].join(':');
}

function found(uri: Uri, bytes: Uint8Array | undefined): Uint8Array {
  if (bytes === undefined) {
    throw FileSystemError.FileNotFound(uri);
  }
  return bytes;
}

/** Turns a source's error into one that the editor knows how to show. */
async function translated<T>(uri: Uri, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (isSourceError(error, 'not-found')) {
      throw FileSystemError.FileNotFound(uri);
    }
    if (isSourceError(error, 'forbidden', 'auth')) {
      throw FileSystemError.NoPermissions(describeError(error));
    }
    throw FileSystemError.Unavailable(describeError(error));
  }
}
