import { setTimeout as delay } from 'node:timers/promises';

const limitMs = 20_000;

/**
 * Reads again and again until the value is acceptable, and returns it.
 * @param what named in the error, together with the value read last
 */
export async function eventually<T>(what: string, read: () => Promise<T>, accept: (value: T) => boolean): Promise<T> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const value = await read();
    if (accept(value)) {
      return value;
    }
    if (Date.now() > deadline) {
      const shown = typeof value === 'string' ? value : JSON.stringify(value, undefined, 2);
      throw new Error(`Still not so after ${limitMs / 1000} s: ${what}. Last seen:\n${shown}`);
    }
    await delay(100);
  }
}
