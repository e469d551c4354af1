import { get_encoding } from 'tiktoken';
import type { Tiktoken } from 'tiktoken';
import { throwIfCancelled } from '../errors';
import type { CountOptions, EncodingName, TokenCounter } from './counter';

export interface LocalCounterOptions {
  /** Where expanded tables are kept between runs; without it they are expanded in memory. */
  readonly dataFolder?: string;
}

/** A counter that works in the calling thread: for the command line, the token worker and tests. */
export function createTokenCounter(_options: LocalCounterOptions = {}): TokenCounter {
  const encoders = new Map<EncodingName, Tiktoken>();
  const count = (text: string, encoding: EncodingName): number => {
    let encoder = encoders.get(encoding);
    if (encoder === undefined) {
      encoder = get_encoding(encoding);
      encoders.set(encoding, encoder);
    }
    return encoder.encode_ordinary(text).length;
  };
  return {
    async count(text: string, encoding: EncodingName, options: CountOptions = {}): Promise<number> {
      throwIfCancelled(options.signal);
      return Promise.resolve(count(text, encoding));
    },
    async countAll(texts: readonly string[], encoding: EncodingName, options: CountOptions = {}): Promise<number[]> {
      const counts: number[] = [];
      for (const text of texts) {
        throwIfCancelled(options.signal);
        counts.push(count(text, encoding));
        await new Promise((resolve) => setImmediate(resolve));
      }
      return counts;
    },
    dispose() {
      for (const encoder of encoders.values()) {
        encoder.free();
      }
      encoders.clear();
    },
  };
}
