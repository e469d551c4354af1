import { join } from 'node:path';
import { throwIfCancelled } from '../errors';
import type { CharacterClasses } from './characterClasses';
import { CountMemory } from './countMemory';
import type { CountOptions, EncodingName, TokenCounter } from './counter';
import { TableStore } from './tableStore';
import type { TableStoreOptions } from './tableStore';
import { TokenEncoder } from './tokenEncoder';

/** With a data folder, tables are expanded once per machine and counts of texts are remembered between runs. */
export type LocalCounterOptions = TableStoreOptions;

/** Characters that are counted between two looks at the signal and a pause for whatever else waits. */
const charactersPerTurn = 100_000;
/** Shorter texts are counted faster than looked up. */
const shortestRemembered = 1_000;

/** A counter that works in the calling thread: for the command line, the token worker and tests. */
export class LocalTokenCounter implements TokenCounter {
  readonly #options: LocalCounterOptions;
  readonly #store: TableStore;
  readonly #encoders = new Map<EncodingName, Promise<TokenEncoder>>();
  readonly #memories = new Map<EncodingName, Promise<CountMemory>>();

  constructor(options: LocalCounterOptions = {}) {
    this.#options = options;
    this.#store = new TableStore(options);
  }

  /**
   * The encoder that counts; made at the first call, and again after a failure.
   * @throws UserError when the packaged tables are missing or damaged
   */
  async encoder(encoding: EncodingName): Promise<TokenEncoder> {
    return onceEach(this.#encoders, encoding, async () => {
      const [ranks, classes] = await Promise.all([this.#store.openRanks(encoding), this.#store.openClasses()]);
      return new TokenEncoder(encoding, ranks, classes);
    });
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
    const memory = await this.#memory(encoding);
    const counts: number[] = [];
    let untilPause = charactersPerTurn;
    for (const text of texts) {
      if (untilPause <= 0) {
        untilPause = charactersPerTurn;
        options.progress?.report({ done: counts.length, total: texts.length });
        await new Promise((resolve) => setImmediate(resolve));
      }
      throwIfCancelled(options.signal);
      const key = memory !== undefined && text.length >= shortestRemembered ? CountMemory.keyOf(text) : undefined;
      let count = key === undefined ? undefined : memory?.recall(key);
      if (count === undefined) {
        count = (await this.encoder(encoding)).count(text);
        if (key !== undefined) {
          memory?.remember(key, count);
        }
      }
      counts.push(count);
      untilPause -= text.length;
    }
    await memory?.save();
    return counts;
  }

  dispose(): void {
    this.#encoders.clear();
    this.#memories.clear();
  }

  async #memory(encoding: EncodingName): Promise<CountMemory | undefined> {
    const { dataFolder, log } = this.#options;
    return dataFolder === undefined
      ? undefined
      : onceEach(this.#memories, encoding, async () =>
          CountMemory.open({
            file: join(dataFolder, 'token-counts', `${encoding}.counts`),
            tables: await this.#store.identity(encoding),
            log,
          }),
        );
  }
}

/** A counter for the calling thread. */
export function createTokenCounter(options: LocalCounterOptions = {}): LocalTokenCounter {
  return new LocalTokenCounter(options);
}

/** Makes a value at the first call and keeps it; a failure is not kept. */
async function onceEach<Key, Value>(
  made: Map<Key, Promise<Value>>,
  key: Key,
  make: () => Promise<Value>,
): Promise<Value> {
  const known = made.get(key);
  if (known !== undefined) {
    return known;
  }
  const making = make();
  made.set(key, making);
  try {
    return await making;
  } catch (error) {
    made.delete(key);
    throw error;
  }
}
