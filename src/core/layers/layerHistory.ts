import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../errors';
import type { FileTree } from '../fileTree';
import type { Clock, WorkOptions } from '../ports';
import { writeArchive } from './archiveFile';
import { isLayerKind } from './model';
import type { Layer, LayerEntry, LayerListing } from './model';

/** All that is kept together; the oldest go first. */
const mostKeptBytes = 256 * 1024 * 1024;
const recordVersion = 1;
const idPattern = /^[0-9]{13}-[0-9a-f]{8}$/;

/** One change of a layer that can be taken back. */
export interface LayerOperation {
  readonly id: string;
  readonly atMs: number;
  readonly title: string;
  readonly treeId: string;
  readonly layer: Layer;
  /** Files that it wrote, with the SHA-256 of their contents. */
  readonly written: readonly { readonly name: string; readonly sha256: string }[];
  /** Names of the entries that it removed or replaced. */
  readonly removed: readonly string[];
}

interface Keeping {
  readonly tree: FileTree;
  readonly listing: LayerListing;
  readonly title: string;
  /** Entries whose contents are kept, since they will be removed or replaced. */
  readonly removed: readonly LayerEntry[];
  readonly written: LayerOperation['written'];
}

/**
 * What changes of layers removed and wrote, so that they can be taken back. Bounded: `canKeep` says before whether a
 * removal fits. Several processes may use one folder; each operation has files of its own.
 */
export class LayerHistory {
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #mostBytes: number;

  /** @param folder absolute; made when something is kept */
  constructor(folder: string, options: { readonly clock: Clock; readonly mostBytes?: number }) {
    this.#folder = folder;
    this.#clock = options.clock;
    this.#mostBytes = options.mostBytes ?? mostKeptBytes;
  }

  /** The most that one operation may remove and still be taken back. */
  get mostBytes(): number {
    return this.#mostBytes;
  }

  canKeep(removedBytes: number): boolean {
    return removedBytes <= this.#mostBytes;
  }

  /** Keeps what an operation will remove, and returns its id; undefined when that is more than is kept. */
  async keep({ tree, listing, title, removed, written }: Keeping, options: WorkOptions): Promise<string | undefined> {
    if (!this.canKeep(removed.reduce((sum, { bytes }) => sum + bytes, 0))) {
      return undefined;
    }
    const atMs = this.#clock.now();
    const id = `${String(Math.max(0, Math.floor(atMs))).padStart(13, '0')}-${randomBytes(4).toString('hex')}`;
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    if (removed.length > 0) {
      await writeArchive(this.archiveOf(id), [{ tree, listing, entries: removed }], { signal: options.signal });
    }
    await this.#write({
      id,
      atMs,
      title,
      treeId: tree.id,
      layer: listing.layer,
      written,
      removed: removed.map(({ name }) => name),
    });
    await this.#prune(id);
    return id;
  }

  /** Adds to an operation what it wrote. */
  async recordWritten(id: string, written: LayerOperation['written']): Promise<void> {
    await this.#write({ ...(await this.read(id)), written });
  }

  /** Newest first; of one tree, or of all. */
  async list(treeId?: string): Promise<readonly LayerOperation[]> {
    const operations: LayerOperation[] = [];
    for (const id of (await this.#ids()).reverse()) {
      const operation = await this.#read(id);
      if (operation !== undefined && (treeId === undefined || operation.treeId === treeId)) {
        operations.push(operation);
      }
    }
    return operations;
  }

  /** Throws a `UserError` when there is no such operation, or it was dropped to save space. */
  async read(id: string): Promise<LayerOperation> {
    const operation = idPattern.test(id) ? await this.#read(id) : undefined;
    if (operation === undefined) {
      throw new UserError(`There is no operation ${JSON.stringify(id)}.`, 'It may have been dropped to save space.');
    }
    return operation;
  }

  /** Where the contents that an operation removed are kept; absent when it removed none. */
  archiveOf(id: string): string {
    return join(this.#folder, `${id}.tar.gz`);
  }

  async forget(id: string): Promise<void> {
    await rm(join(this.#folder, `${id}.json`), { force: true });
    await rm(this.archiveOf(id), { force: true });
  }

  async #write(operation: LayerOperation): Promise<void> {
    const path = join(this.#folder, `${operation.id}.json`);
    await writeFile(`${path}.partial`, JSON.stringify({ version: recordVersion, ...operation }), { mode: 0o600 });
    await rename(`${path}.partial`, path);
  }

  async #read(id: string): Promise<LayerOperation | undefined> {
    let value: unknown;
    try {
      value = JSON.parse(await readFile(join(this.#folder, `${id}.json`), 'utf8'));
    } catch {
      return undefined; // Dropped meanwhile, or cut off by a crash: it can't be taken back.
    }
    return isOperation(value) ? value : undefined;
  }

  /** Oldest first: an id begins with its time. */
  async #ids(): Promise<string[]> {
    try {
      const names = await readdir(this.#folder);
      return names
        .filter((name) => name.endsWith('.json'))
        .map((name) => name.slice(0, -'.json'.length))
        .filter((id) => idPattern.test(id))
        .sort();
    } catch {
      return []; // Nothing was kept yet.
    }
  }

  async #prune(newest: string): Promise<void> {
    const sizes = await Promise.all(
      (await this.#ids()).map(async (id) => ({ id, bytes: await sizeOf(this.archiveOf(id)) })),
    );
    let total = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
    for (const { id, bytes } of sizes) {
      if (total <= this.#mostBytes || id === newest) {
        return;
      }
      await this.forget(id);
      total -= bytes;
    }
  }
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch {
    return 0;
  }
}

function isOperation(value: unknown): value is LayerOperation {
  const record = value as Partial<Record<string, unknown>> | null;
  const layer = record?.['layer'] as Partial<Record<string, unknown>> | undefined;
  return (
    record?.['version'] === recordVersion &&
    typeof record['id'] === 'string' &&
    typeof record['atMs'] === 'number' &&
    typeof record['title'] === 'string' &&
    typeof record['treeId'] === 'string' &&
    typeof layer?.['kind'] === 'string' &&
    isLayerKind(layer['kind']) &&
    typeof layer['folder'] === 'string' &&
    Array.isArray(record['written']) &&
    Array.isArray(record['removed'])
  );
}
