import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { sha256Hex } from '../cache/fingerprint';
import { silentLogger } from '../ports';
import type { Logger } from '../ports';
import { isMissing, namesIn, statOrUndefined } from './fileSystem';

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** No content of a cache is larger than 50 MiB; indexes stay far below this too. */
const largestContent = 256 * 1024 * 1024;
const sha256Pattern = /^[0-9a-f]{64}$/;
/** Temporary files of a process that died are removed when they are older. */
const abandonedMs = 60 * 60 * 1000;

/** One kept content on disk. */
export interface StoredObject {
  readonly sha256: string;
  /** Bytes on disk, compressed. */
  readonly storedBytes: number;
  /** When it was last written or read, in milliseconds since the epoch. */
  readonly usedMs: number;
}

/**
 * Contents by SHA-256 in a folder: `objects/<first two digits>/<sha256>.gz`. Several processes may use one folder at
 * once: files come into being complete, through a rename, and are verified whenever they are read.
 */
export class ObjectStore {
  readonly #objects: string;
  readonly #temporary: string;
  readonly #logger: Logger;

  constructor(folder: string, logger: Logger = silentLogger) {
    this.#objects = join(folder, 'objects');
    this.#temporary = join(folder, 'tmp');
    this.#logger = logger;
  }

  /** Keeps bytes; returns their SHA-256 and how much the folder grew. */
  async put(
    bytes: Uint8Array,
    options: { readonly durable?: boolean } = {},
  ): Promise<{ sha256: string; grew: number }> {
    const sha256 = sha256Hex(bytes);
    // A durable content is relied upon later: a damaged file in its place would be found out too late.
    const present = options.durable === true ? (await this.get(sha256)) !== undefined : await this.touch(sha256);
    if (present) {
      return { sha256, grew: 0 };
    }
    const packed = await compress(bytes);
    const temporary = join(this.#temporary, `${sha256.slice(0, 16)}-${randomUUID()}`);
    await mkdir(this.#temporary, { recursive: true, mode: 0o700 });
    await mkdir(join(this.#objects, sha256.slice(0, 2)), { recursive: true, mode: 0o700 });
    try {
      const file = await open(temporary, 'wx', 0o600);
      try {
        await file.writeFile(packed);
        if (options.durable === true) {
          await file.sync();
        }
      } finally {
        await file.close();
      }
      await rename(temporary, this.#path(sha256));
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
    return { sha256, grew: packed.byteLength };
  }

  /** The bytes, verified; undefined when they are not here. A damaged file is removed and counts as not here. */
  async get(sha256: string): Promise<Uint8Array | undefined> {
    if (!sha256Pattern.test(sha256)) {
      return undefined;
    }
    let packed: Uint8Array;
    try {
      packed = await readFile(this.#path(sha256));
    } catch (error) {
      if (isMissing(error)) {
        return undefined;
      }
      throw error;
    }
    const bytes = await this.#unpack(packed);
    if (bytes === undefined || sha256Hex(bytes) !== sha256) {
      this.#logger.warn(`Discarded the damaged content ${sha256} of the version store.`);
      await rm(this.#path(sha256), { force: true });
      return undefined;
    }
    await this.touch(sha256);
    return bytes;
  }

  /** Marks a content as used now; false when it is not here. */
  async touch(sha256: string): Promise<boolean> {
    const now = new Date();
    try {
      await utimes(this.#path(sha256), now, now);
      return true;
    } catch (error) {
      if (isMissing(error)) {
        return false;
      }
      throw error;
    }
  }

  async has(sha256: string): Promise<boolean> {
    return sha256Pattern.test(sha256) && (await statOrUndefined(this.#path(sha256))) !== undefined;
  }

  /** Every kept content, in no particular order; also clears away what dead processes left unfinished. */
  async list(): Promise<StoredObject[]> {
    await this.#removeAbandoned();
    const found: StoredObject[] = [];
    for (const prefix of await namesIn(this.#objects)) {
      for (const name of await namesIn(join(this.#objects, prefix))) {
        const sha256 = name.replace(/\.gz$/, '');
        const status = await statOrUndefined(join(this.#objects, prefix, name));
        if (status !== undefined && sha256Pattern.test(sha256)) {
          found.push({ sha256, storedBytes: status.size, usedMs: status.mtimeMs });
        }
      }
    }
    return found;
  }

  /** Removes a content unless it has been used since it was listed; returns whether it is gone. */
  async remove(object: StoredObject): Promise<boolean> {
    // Moved aside first: another process may mark it as used between the look and the removal.
    const aside = join(this.#temporary, `removed-${randomUUID()}`);
    await mkdir(this.#temporary, { recursive: true, mode: 0o700 });
    try {
      await rename(this.#path(object.sha256), aside);
    } catch (error) {
      if (isMissing(error)) {
        return true;
      }
      throw error;
    }
    const status = await statOrUndefined(aside);
    if (status !== undefined && status.mtimeMs > object.usedMs) {
      await rename(aside, this.#path(object.sha256));
      return false;
    }
    await rm(aside, { force: true });
    return true;
  }

  #path(sha256: string): string {
    return join(this.#objects, sha256.slice(0, 2), `${sha256}.gz`);
  }

  async #unpack(packed: Uint8Array): Promise<Uint8Array | undefined> {
    try {
      return await decompress(packed, { maxOutputLength: largestContent });
    } catch {
      return undefined;
    }
  }

  async #removeAbandoned(): Promise<void> {
    for (const name of await namesIn(this.#temporary)) {
      const path = join(this.#temporary, name);
      const status = await statOrUndefined(path);
      if (status !== undefined && Date.now() - status.mtimeMs > abandonedMs) {
        await rm(path, { force: true });
      }
    }
  }
}
