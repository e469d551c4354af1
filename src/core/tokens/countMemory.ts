import { createHash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describeError } from '../errors';
import { silentLogger } from '../ports';
import type { Logger } from '../ports';
import { removeLeftovers } from './leftovers';

const headerBytes = 32;
const keyBytes = 16;
/** Key, count and check, the latter two as 32-bit numbers. */
const recordBytes = keyBytes + 8;
/** A file that is made anew is left with room: else the next counts would have it made again. */
const fullestRewritten = 0.75;

export interface CountMemoryOptions {
  /** Absolute path of the file; other processes may use it at the same time. */
  readonly file: string;
  /** What the counts depend on besides the text: the encoding's tables. Counts of other tables are discarded. */
  readonly tables: string;
  readonly log?: Logger | undefined;
  /** With more counts than this, in the file or in this process, all but half as many are forgotten. Default 65,536. */
  readonly maxRecords?: number | undefined;
}

/**
 * Counts of texts, remembered between runs by the hash of the text. The file is a list to which every process appends
 * what it learned; every record is checked, also for having been made with the same tables, and a file with a wrong one
 * is thrown away. Losing it costs nothing but time.
 */
export class CountMemory {
  readonly #file: string;
  readonly #maxRecords: number;
  readonly #log: Logger;
  readonly #header: Buffer;
  /** The latest used last. */
  #counts = new Map<string, number>();
  #unsaved: Buffer[] = [];
  #saving: Promise<void> = Promise.resolve();
  /** Whether the file can't be appended to: it is missing, damaged, too large, or perhaps torn by a failed write. */
  #startAnew = false;
  #toldFailure = false;

  private constructor({ file, tables, log = silentLogger, maxRecords = 65_536 }: CountMemoryOptions) {
    this.#file = file;
    this.#maxRecords = maxRecords;
    this.#log = log;
    this.#header = createHash('sha256').update(`token counts 2\n${tables}`).digest();
  }

  static async open(options: CountMemoryOptions): Promise<CountMemory> {
    const memory = new CountMemory(options);
    await memory.#load();
    return memory;
  }

  /** What a text is remembered by. Lone surrogates count as U+FFFD, and hash as such. */
  static keyOf(text: string): string {
    return createHash('sha256').update(text).digest().toString('latin1', 0, keyBytes);
  }

  recall(key: string): number | undefined {
    const count = this.#counts.get(key);
    if (count !== undefined) {
      this.#counts.delete(key);
      this.#counts.set(key, count);
    }
    return count;
  }

  /** @param count of tokens; one that no text of this world has, from 2^32 on, is not remembered */
  remember(key: string, count: number): void {
    if (this.#counts.has(key) || count > 0xffffffff) {
      return;
    }
    this.#counts.set(key, count);
    const record = Buffer.alloc(recordBytes);
    this.#writeRecord(record, 0, key, count);
    this.#unsaved.push(record);
    if (this.#counts.size > this.#maxRecords) {
      this.#forgetHalf();
    }
  }

  /** Writes what was learned since the last time. Never fails: a folder that can't be written is told to the log. */
  async save(): Promise<void> {
    this.#saving = this.#saving.then(async () => {
      const learned = Buffer.concat(this.#unsaved);
      const anew = this.#startAnew;
      if (learned.length === 0 && !anew) {
        return;
      }
      this.#unsaved = [];
      this.#startAnew = false;
      try {
        if (anew || !(await this.#append(learned))) {
          await this.#rewrite();
        }
      } catch (error) {
        // What was learned is still in `#counts`, from which the file is made next time.
        this.#startAnew = true;
        if (!this.#toldFailure) {
          this.#toldFailure = true;
          this.#log.info(`Token counts are not remembered: ${describeError(error)}`);
        }
      }
    });
    return this.#saving;
  }

  async #load(): Promise<void> {
    const found = await this.#read(this.#log);
    if (found === undefined) {
      this.#startAnew = true;
      return;
    }
    this.#counts = found.counts;
    if (found.records > this.#maxRecords) {
      this.#forgetHalf();
    }
  }

  /** What the file holds; undefined when there is none of ours, or a damaged one. An end that is torn is left out. */
  async #read(log: Logger): Promise<{ counts: Map<string, number>; records: number } | undefined> {
    let bytes: Buffer;
    try {
      bytes = await readFile(this.#file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        log.warn(`The remembered token counts can’t be read: ${describeError(error)}`);
      }
      return undefined;
    }
    const counts = bytes.subarray(0, headerBytes).equals(this.#header)
      ? this.#readRecords(bytes.subarray(headerBytes))
      : undefined;
    if (counts === undefined) {
      log.warn('The remembered token counts are damaged or of another version, and are made again.');
      return undefined;
    }
    return { counts, records: Math.floor((bytes.length - headerBytes) / recordBytes) };
  }

  #readRecords(bytes: Buffer): Map<string, number> | undefined {
    const counts = new Map<string, number>();
    // The last record may be incomplete: another process may be writing it right now.
    for (let offset = 0; offset + recordBytes <= bytes.length; offset += recordBytes) {
      if (bytes.readUInt32LE(offset + keyBytes + 4) !== this.#checkOf(bytes, offset)) {
        return undefined;
      }
      counts.set(bytes.toString('latin1', offset, offset + keyBytes), bytes.readUInt32LE(offset + keyBytes));
    }
    return counts;
  }

  /** False, with nothing written, when the file has to be made anew: it is gone, torn, or would grow too large. */
  async #append(learned: Buffer): Promise<boolean> {
    const file = await open(this.#file, constants.O_RDWR | constants.O_APPEND).catch(() => undefined);
    if (file === undefined) {
      return false;
    }
    try {
      const header = Buffer.alloc(headerBytes);
      await file.read(header, 0, headerBytes, 0);
      const recordsSize = (await file.stat()).size - headerBytes;
      if (!header.equals(this.#header) || recordsSize % recordBytes !== 0) {
        return false;
      }
      if (recordsSize + learned.length > this.#maxRecords * recordBytes) {
        return false;
      }
      // In one go, so that the records of several processes don't mix.
      const { bytesWritten } = await file.write(learned);
      if (bytesWritten < learned.length) {
        throw new Error(`only ${bytesWritten} of ${learned.length} bytes could be written`);
      }
      return true;
    } finally {
      await file.close();
    }
  }

  /** Makes the file of what it holds, if that is intact, and what this process knows. */
  async #rewrite(): Promise<void> {
    await mkdir(dirname(this.#file), { recursive: true });
    const temporary = `${this.#file}.${randomUUID()}.tmp`;
    // Where nothing can be written it ends here, before there is work.
    const file = await open(temporary, 'wx');
    try {
      try {
        await this.#merge();
        await file.writeFile(this.#fileContent());
      } finally {
        await file.close();
      }
      await rename(temporary, this.#file);
    } finally {
      await rm(temporary, { force: true });
    }
    await removeLeftovers(this.#file);
  }

  /** Adds what other processes wrote to what this one knows. */
  async #merge(): Promise<void> {
    const found = await this.#read(silentLogger);
    if (found !== undefined) {
      for (const key of this.#counts.keys()) {
        found.counts.delete(key);
      }
      this.#counts = new Map([...found.counts, ...this.#counts]);
    }
    if (this.#counts.size > this.#maxRecords * fullestRewritten) {
      this.#counts = this.#latestHalf();
    }
  }

  #fileContent(): Buffer {
    const bytes = Buffer.alloc(headerBytes + this.#counts.size * recordBytes);
    this.#header.copy(bytes);
    let offset = headerBytes;
    for (const [key, count] of this.#counts) {
      this.#writeRecord(bytes, offset, key, count);
      offset += recordBytes;
    }
    return bytes;
  }

  /** Keeps what was used last, and has the file made of it. */
  #forgetHalf(): void {
    this.#counts = this.#latestHalf();
    this.#unsaved = [];
    this.#startAnew = true;
  }

  #latestHalf(): Map<string, number> {
    return new Map([...this.#counts].slice(-Math.ceil(this.#maxRecords / 2)));
  }

  #writeRecord(bytes: Buffer, offset: number, key: string, count: number): void {
    bytes.write(key, offset, 'latin1');
    bytes.writeUInt32LE(count, offset + keyBytes);
    bytes.writeUInt32LE(this.#checkOf(bytes, offset), offset + keyBytes + 4);
  }

  /**
   * A check over a record's key and count, so that a changed bit or a torn write is noticed, and over the header: a
   * process with other tables may replace the file just before this one appends to it.
   */
  #checkOf(bytes: Buffer, offset: number): number {
    let check = this.#header.readUInt32LE(0);
    for (let index = offset; index < offset + keyBytes + 4; index++) {
      check = Math.imul(check ^ bytes[index]!, 0x01000193);
    }
    return check >>> 0;
  }
}
