import { throwIfCancelled } from '../errors';
import type { CharacterClasses } from './characterClasses';
import type { CountOptions, EncodingName, TokenCounter } from './counter';
import { TableStore } from './tableStore';
import type { TableStoreOptions } from './tableStore';
import { TokenEncoder } from './tokenEncoder';

export type LocalCounterOptions = TableStoreOptions;

/** Characters that are counted between two looks at the signal and a pause for whatever else waits. */
const charactersPerTurn = 100_000;

/** A counter that works in the calling thread: for the command line, the token worker and tests. */
export class LocalTokenCounter implements TokenCounter {
  readonly #store: TableStore;
  readonly #encoders = new Map<EncodingName, Promise<TokenEncoder>>();
  #classes: Promise<CharacterClasses> | undefined;

  constructor(options: LocalCounterOptions = {}) {
    this.#store = new TableStore(options);
  }

  /** The encoder that counts; made at the first call, again after a failure. */
  async encoder(encoding: EncodingName): Promise<TokenEncoder> {
    const known = this.#encoders.get(encoding);
    if (known !== undefined) {
      return known;
    }
    const opening = this.#open(encoding);
    this.#encoders.set(encoding, opening);
    try {
      return await opening;
    } catch (error) {
      this.#encoders.delete(encoding);
      this.#classes = undefined;
      throw error;
    }
  }

  /** The tables themselves, in memory that threads can share. */
  async tables(encoding: EncodingName): Promise<{ ranks: SharedArrayBuffer; classes: CharacterClasses }> {
    const { table, classes } = await this.encoder(encoding);
    return { ranks: table.buffer, classes };
  }

  async count(text: string, encoding: EncodingName, options: CountOptions = {}): Promise<number> {
    const [tokens] = await this.countAll([text], encoding, options);
    return tokens!;
  }

  async countAll(texts: readonly string[], encoding: EncodingName, options: CountOptions = {}): Promise<number[]> {
    throwIfCancelled(options.signal);
    const encoder = await this.encoder(encoding);
    const counts: number[] = [];
    let untilPause = charactersPerTurn;
    for (const text of texts) {
      if (untilPause <= 0) {
        untilPause = charactersPerTurn;
        options.progress?.report({ done: counts.length, total: texts.length });
        await new Promise((resolve) => setImmediate(resolve));
      }
      throwIfCancelled(options.signal);
      counts.push(encoder.count(text));
      untilPause -= text.length;
    }
    return counts;
  }

  dispose(): void {
    this.#encoders.clear();
    this.#classes = undefined;
  }

  async #open(encoding: EncodingName): Promise<TokenEncoder> {
    this.#classes ??= this.#store.openClasses();
    return new TokenEncoder(encoding, await this.#store.openRanks(encoding), await this.#classes);
  }
}

/** A counter for the calling thread. */
export function createTokenCounter(options: LocalCounterOptions = {}): LocalTokenCounter {
  return new LocalTokenCounter(options);
}
