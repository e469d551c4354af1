import type { Clock } from './ports';

/** What tells one state of a file from another without reading it. */
export interface FileIdentity {
  /** Another text after any change: inode, size, and the times of its content and of its inode. */
  readonly id: string;
  /** When the inode changed last, which no program can set; milliseconds since the epoch. */
  readonly changedMs: number;
}

/** A file that changed this recently may change again within the same tick of the file system's clock. */
const settledMs = 2000;
/** More files than this are forgotten at once: the memory serves a few that are read again and again. */
const mostFiles = 4096;

/** What was made of files, for as long as they are the same. A change is seen by the next `get`. */
export class FileMemory<Value> {
  readonly #clock: Clock;
  readonly #known = new Map<string, { readonly id: string; readonly value: Value }>();

  /** @param clock the machine's own: it is compared with the times of files */
  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * @param identity of the file before it is read; undefined where it can't be known, and then nothing is remembered
   * @param make reads the file
   */
  async get(path: string, identity: FileIdentity | undefined, make: () => Promise<Value>): Promise<Value> {
    const known = this.#known.get(path);
    if (identity !== undefined && known?.id === identity.id) {
      return known.value;
    }
    this.#known.delete(path);
    const isSettled = identity !== undefined && this.#clock.now() - identity.changedMs > settledMs;
    const value = await make();
    if (isSettled) {
      if (this.#known.size >= mostFiles) {
        this.#known.clear();
      }
      this.#known.set(path, { id: identity.id, value });
    }
    return value;
  }
}
