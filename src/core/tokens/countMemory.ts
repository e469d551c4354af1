import { createHash, randomUUID } from 'node:crypto';
import { appendFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describeError } from '../errors';
import { silentLogger } from '../ports';
import type { Logger } from '../ports';

const headerBytes = 32;
const keyBytes = 16;
/** Key, count and check, the latter two as 32-bit numbers. */
const recordBytes = keyBytes + 8;

export interface CountMemoryOptions {
  /** Absolute path of the file; other processes may use it at the same time. */
  readonly file: string;
  /** What the counts depend on besides the text: the encoding's tables. Counts of other tables are discarded. */
  readonly tables: string;
  readonly log?: Logger | undefined;
  /** When the file holds more counts than this, the older half is forgotten. Default 65,536. */
  readonly maxRecords?: number | undefined;
}

/**
 * Counts of texts, remembered between runs by the hash of the text. The file is a list to which every process appends
 * what it learned; a file that is not wholly as written is thrown away. Losing it costs nothing but time.
 */
export class CountMemory {
  readonly #options: CountMemoryOptions;
  readonly #log: Logger;
  readonly #header: Buffer;
  readonly #counts = new Map<string, number>();
  #unsaved: Buffer[] = [];
  #saving: Promise<void> = Promise.resolve();
  #startAnew = false;

  private constructor(options: CountMemoryOptions) {
    this.#options = options;
    this.#log = options.log ?? silentLogger;
    this.#header = createHash('sha256').update(`token counts 1\n${options.tables}`).digest();
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
    return this.#counts.get(key);
  }

  remember(key: string, count: number): void {
    if (!this.#counts.has(key)) {
      this.#counts.set(key, count);
      this.#unsaved.push(record(key, count));
    }
  }

  /** Writes what was learned since the last time. Never fails: a folder that can't be written is told to the log. */
  async save(): Promise<void> {
    this.#saving = this.#saving.then(async () => {
      const learned = this.#unsaved;
      this.#unsaved = [];
      if (learned.length === 0 && !this.#startAnew) {
        return;
      }
      try {
        await mkdir(dirname(this.#options.file), { recursive: true });
        await (this.#startAnew ? this.#rewrite() : appendFile(this.#options.file, Buffer.concat(learned)));
        this.#startAnew = false;
      } catch (error) {
        this.#log.info(`Token counts are not remembered: ${describeError(error)}`);
      }
    });
    return this.#saving;
  }

  async #load(): Promise<void> {
    const { file, maxRecords = 65_536 } = this.#options;
    let bytes: Buffer;
    try {
      bytes = await readFile(file);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        this.#log.warn(`The remembered token counts can’t be read: ${describeError(error)}`);
      }
      this.#startAnew = true;
      return;
    }
    const intact =
      bytes.subarray(0, headerBytes).equals(this.#header) && this.#readRecords(bytes.subarray(headerBytes));
    if (!intact) {
      this.#log.warn('The remembered token counts are damaged or of another version, and are made again.');
      this.#counts.clear();
      this.#startAnew = true;
    } else if (this.#counts.size > maxRecords) {
      for (const key of [...this.#counts.keys()].slice(0, -Math.ceil(maxRecords / 2))) {
        this.#counts.delete(key);
      }
      this.#startAnew = true;
    }
  }

  #readRecords(bytes: Buffer): boolean {
    for (let offset = 0; offset < bytes.length; offset += recordBytes) {
      if (offset + recordBytes > bytes.length) {
        return false;
      }
      const key = bytes.toString('latin1', offset, offset + keyBytes);
      const count = bytes.readUInt32LE(offset + keyBytes);
      if (bytes.readUInt32LE(offset + keyBytes + 4) !== checkOf(bytes, offset)) {
        return false;
      }
      this.#counts.set(key, count);
    }
    return true;
  }

  async #rewrite(): Promise<void> {
    const { file } = this.#options;
    const temporary = `${file}.${randomUUID()}.tmp`;
    try {
      const records = Array.from(this.#counts, ([key, count]) => record(key, count));
      await writeFile(temporary, Buffer.concat([this.#header, ...records]));
      await rename(temporary, file);
    } finally {
      await rm(temporary, { force: true });
    }
  }
}

function record(key: string, count: number): Buffer {
  const bytes = Buffer.alloc(recordBytes);
  bytes.write(key, 'latin1');
  bytes.writeUInt32LE(count, keyBytes);
  bytes.writeUInt32LE(checkOf(bytes, 0), keyBytes + 4);
  return bytes;
}

/** A check over a record's key and count, so that a changed bit or a torn write is noticed. */
function checkOf(bytes: Buffer, offset: number): number {
  let check = 0x811c9dc5;
  for (let index = offset; index < offset + keyBytes + 4; index++) {
    check = Math.imul(check ^ bytes[index]!, 0x01000193);
  }
  return check >>> 0;
}
