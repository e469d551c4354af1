import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { silentLogger } from '../ports';
import type { Logger } from '../ports';
import { isMissing, namesIn, statOrUndefined } from './fileSystem';
import { decodeLines, encodeLines } from './journalLines';

/** Another process may compact the folder while it is read; each time the reading starts again. */
const readingAttempts = 20;
/** A lock that is older was left behind by a process that died. */
const staleLockMs = 5 * 60 * 1000;
const unfinished = '.tmp';
const compactedMark = '-compacted-';
const lockName = 'compaction.lock';

interface Segment {
  readonly inode: number;
  readonly size: number;
  readonly records: readonly unknown[];
}

export interface JournalContents {
  /** In the order of the segments' names, then of their lines; a record may occur twice. */
  readonly records: readonly unknown[];
  readonly segments: number;
  /** Bytes of the segments that no compaction has made. */
  readonly looseBytes: number;
  /** Changes whenever the contents do. */
  readonly revision: number;
}

/**
 * An append-only record of events in a folder that several processes use at once without a lock. Each process appends
 * to a segment of its own, so that lines never mix; readers merge all segments. Compaction takes segments away by
 * renaming them first: whoever appended to one meanwhile notices that its name is gone and appends again. Events
 * must therefore carry an identity, as they may occur twice.
 */
export class Journal {
  readonly #folder: string;
  readonly #logger: Logger;
  readonly #known = new Map<string, Segment>();
  #revision = 0;
  #ownSegment: string | undefined;
  #lastReading: Promise<unknown> = Promise.resolve();

  constructor(folder: string, logger: Logger = silentLogger) {
    this.#folder = folder;
    this.#logger = logger;
  }

  /** Appends records in one piece; with `durable` they are on disk when this returns. */
  async append(records: readonly object[], options: { readonly durable?: boolean } = {}): Promise<void> {
    if (records.length === 0) {
      return;
    }
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const lines = encodeLines(records);
    let appended = false;
    while (!appended) {
      const { file, path } = await this.#openOwnSegment();
      try {
        await file.appendFile(lines);
        if (options.durable === true) {
          await file.datasync();
        }
        const written = await file.stat();
        appended = (await statOrUndefined(path))?.ino === written.ino;
      } finally {
        await file.close();
      }
    }
  }

  /** A segment that was compacted away is never made again under its name: readers would take it for the old one. */
  async #openOwnSegment(): Promise<{ file: FileHandle; path: string }> {
    if (this.#ownSegment !== undefined) {
      try {
        const path = join(this.#folder, this.#ownSegment);
        return { file: await open(path, constants.O_WRONLY | constants.O_APPEND), path };
      } catch (error) {
        if (!isMissing(error)) {
          throw error;
        }
      }
    }
    this.#ownSegment = `${Date.now().toString(36)}-${process.pid.toString(36)}-${randomUUID().slice(0, 8)}.jsonl`;
    const path = join(this.#folder, this.#ownSegment);
    return { file: await open(path, 'ax', 0o600), path };
  }

  /** All records; only what changed since the last reading is read again. */
  async read(): Promise<JournalContents> {
    const reading = this.#lastReading.then(async () => this.#readAll());
    this.#lastReading = reading.catch(() => undefined);
    return reading;
  }

  /**
   * Replaces all segments by one that holds `fold` of their records. Does nothing, and returns false, when another
   * process is at it.
   */
  async compact(fold: (records: readonly unknown[]) => readonly object[]): Promise<boolean> {
    const release = await this.#lock();
    if (release === undefined) {
      return false;
    }
    try {
      return await this.#compactLocked(fold);
    } catch (error) {
      if (isMissing(error)) {
        return false;
      }
      throw error;
    } finally {
      await release();
    }
  }

  async #compactLocked(fold: (records: readonly unknown[]) => readonly object[]): Promise<boolean> {
    const sealed: string[] = [];
    for (const name of await this.#segmentNames()) {
      const aside = `${name}.${randomUUID().slice(0, 8)}.sealed`;
      if (name.endsWith('.sealed')) {
        sealed.push(name);
      } else {
        await rename(join(this.#folder, name), join(this.#folder, aside));
        sealed.push(aside);
      }
    }
    const records: unknown[] = [];
    for (const name of sealed) {
      records.push(...decodeLines(await readFile(join(this.#folder, name))).records);
    }
    const target = join(this.#folder, `${Date.now().toString(36)}${compactedMark}${randomUUID().slice(0, 8)}.jsonl`);
    const file = await open(`${target}${unfinished}`, 'wx', 0o600);
    try {
      await file.writeFile(encodeLines(fold(records)));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${target}${unfinished}`, target);
    for (const name of sealed) {
      await rm(join(this.#folder, name), { force: true });
    }
    return true;
  }

  async #readAll(): Promise<JournalContents> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#readOnce();
      } catch (error) {
        if (!isMissing(error) || attempt === readingAttempts) {
          throw error;
        }
      }
    }
  }

  async #readOnce(): Promise<JournalContents> {
    const names = await this.#segmentNames();
    for (const known of this.#known.keys()) {
      if (!names.includes(known)) {
        this.#known.delete(known);
        this.#revision += 1;
      }
    }
    const records: unknown[] = [];
    let looseBytes = 0;
    for (const name of names) {
      const segment = await this.#readSegment(name);
      records.push(...segment.records);
      looseBytes += name.includes(compactedMark) ? 0 : segment.size;
    }
    return { records, segments: names.length, looseBytes, revision: this.#revision };
  }

  async #readSegment(name: string): Promise<Segment> {
    const known = this.#known.get(name);
    const file = await open(join(this.#folder, name), 'r');
    try {
      const status = await file.stat();
      if (known?.inode === status.ino && known.size === status.size) {
        return known;
      }
      const continues = known?.inode === status.ino && known.size < status.size;
      const start = continues ? known.size : 0;
      const buffer = Buffer.alloc(status.size - start);
      const { bytesRead } = await file.read(buffer, 0, buffer.length, start);
      const decoded = decodeLines(buffer.subarray(0, bytesRead));
      if (decoded.damaged > 0) {
        this.#logger.warn(`Skipped ${decoded.damaged} damaged lines of the version store's journal ${name}.`);
      }
      const segment: Segment = {
        inode: status.ino,
        // A line that is still being written is read again next time.
        size: start + decoded.complete,
        records: continues ? [...known.records, ...decoded.records] : decoded.records,
      };
      this.#known.set(name, segment);
      this.#revision += 1;
      return segment;
    } finally {
      await file.close();
    }
  }

  async #segmentNames(): Promise<string[]> {
    const names = await namesIn(this.#folder);
    return names.filter((name) => name.endsWith('.jsonl') || name.endsWith('.sealed')).sort();
  }

  async #lock(): Promise<(() => Promise<void>) | undefined> {
    const path = join(this.#folder, lockName);
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const status = await statOrUndefined(path);
    if (status !== undefined && Date.now() - status.mtimeMs > staleLockMs) {
      await rm(path, { force: true });
    }
    try {
      const file = await open(path, 'wx', 0o600);
      await file.close();
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST') {
        return undefined;
      }
      throw error;
    }
    return async () => {
      await rm(path, { force: true });
    };
  }
}
