import { takeTurn } from '../turns';
import type { TurnOptions } from '../turns';
import type { CountOptions, EncodingName, TokenCounter } from './counter';
import { lastLineCut } from './lineCuts';

/**
 * Gathers a text that comes bit by bit in parts whose tokens add up, so that a long one is never put together as a
 * whole, which holds a thread up for tens of milliseconds.
 */
export class TextParts {
  #parts: string[] = [];
  /** What has no end yet that no token reaches over. */
  #rest: string[] = [];

  /** Forgets what was gathered. */
  begin(): void {
    this.#parts = [];
    this.#rest = [];
  }

  add(bit: string): void {
    if (bit === '') {
      return;
    }
    const seen = this.#rest.at(-1)?.slice(-1) ?? '';
    const cut = lastLineCut(seen + bit) - seen.length;
    if (cut < 0) {
      this.#rest.push(bit);
      return;
    }
    this.#rest.push(bit.slice(0, cut));
    this.#parts.push(this.#rest.join(''));
    this.#rest = [bit.slice(cut)];
  }

  /** The text so far; never no part. */
  get parts(): readonly string[] {
    return this.#parts.length > 0 && this.#rest.length === 0 ? this.#parts : [...this.#parts, this.#rest.join('')];
  }
}

/** The tokens of texts that are given in parts, in their order. */
export async function countParts(
  counter: TokenCounter,
  texts: readonly (readonly string[])[],
  encoding: EncodingName,
  options: CountOptions,
): Promise<number[]> {
  const counts = await counter.countAll(texts.flat(), encoding, options);
  let next = 0;
  return texts.map((parts) => {
    const first = next;
    next += parts.length;
    return counts.slice(first, next).reduce((sum, count) => sum + count, 0);
  });
}

/** UTF-16 units of a text. */
export function lengthOfParts(parts: readonly string[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}

/** Bytes of a text as UTF-8. */
export async function bytesOf(parts: readonly string[], options: TurnOptions): Promise<number> {
  let bytes = 0;
  for (const part of parts) {
    await takeTurn(options, 'visible');
    bytes += Buffer.byteLength(part);
  }
  return bytes;
}
