import { mergeInSweeps } from './mergeSweeps';
import { emptyLabel, labelBits, noToken, staySeparate } from './rankTable';
import type { RankTable } from './rankTable';

const labelMask = (1 << labelBits) - 1;
/** Room that is kept between pieces; what a longer one needed is given back. */
const keptTokens = 1 << 16;
/** A piece up to this many bytes that leads astray is merged by the definition instead. */
const longestMergedPiece = 512;

/**
 * Byte pair encoding of one piece in time that grows with its length, whatever the bytes.
 *
 * It rests on this: a sequence of tokens is the encoding of its bytes if and only if every two neighbours are the
 * encoding of theirs. So an encoding can be found from left to right: take the longest token that fits, or the next
 * shorter one, such that it stays separate from the token before it; where none does, take the last token back. The
 * encoding of the bytes up to a given place is unique, hence a place that led nowhere once need not be tried again.
 */
export class BytePairs {
  readonly #table: RankTable;
  /** Tokens of the encoding so far. */
  #tokens = new Int32Array(256);
  /** One bit per byte of the piece: places from which no encoding goes on. */
  #dead = new Uint32Array(16);
  /** Whether any of those bits is set for the current piece; most pieces never go back. */
  #anyDead = false;

  constructor(table: RankTable) {
    this.#table = table;
  }

  /** The tokens of the last `encode`; valid until the next one. */
  get tokens(): Int32Array {
    return this.#tokens;
  }

  /** Encodes the bytes from `start` to before `end` into `tokens` and returns how many tokens these are. */
  encode(bytes: Uint8Array, start: number, end: number): number {
    const { shorterPrefix, lengths } = this.#table;
    let token = this.#longestToken(bytes, start, end);
    if (lengths[token] === end - start) {
      this.#tokens[0] = token;
      return 1;
    }
    this.#reserve(end - start);
    const tokens = this.#tokens;
    let count = 0;
    let position = start;
    // One in eight bytes is more than ordinary words come to; runs of spaces or dashes soon do.
    let misfits = end - start > longestMergedPiece ? Number.POSITIVE_INFINITY : 8 + ((end - start) >> 3);
    for (;;) {
      const next = position + lengths[token]!;
      if (this.#isDead(next - start) || (count > 0 && !staySeparate(this.#table, tokens[count - 1]!, token))) {
        if (misfits-- === 0) {
          return this.#merge(bytes, start, end);
        }
        token = shorterPrefix[token]!;
        while (token === noToken) {
          this.#markDead(position - start, end - start);
          const last = tokens[--count]!;
          position -= lengths[last]!;
          // A token that repeats the one before it was tried out of turn, before the longer ones.
          token =
            count > 0 && last === tokens[count - 1] ? this.#longestToken(bytes, position, end) : shorterPrefix[last]!;
        }
        continue;
      }
      tokens[count++] = token;
      if (next === end) {
        this.#anyDead = false;
        return count;
      }
      position = next;
      const longest = this.#longestToken(bytes, position, end);
      token = this.#repeats(bytes, start, position, end, token, longest) ? token : longest;
    }
  }

  #merge(bytes: Uint8Array, start: number, end: number): number {
    this.#anyDead = false;
    for (let position = start; position < end; position++) {
      this.#tokens[position - start] = this.#longestToken(bytes, position, position + 1);
    }
    return mergeInSweeps(this.#table, this.#tokens, end - start);
  }

  /**
   * Whether to try the last token once more before the longest one, which saves runs of one character from trying
   * ever longer tokens in vain: when the bytes do repeat, and nothing speaks against it.
   */
  #repeats(bytes: Uint8Array, start: number, position: number, end: number, last: number, longest: number): boolean {
    const length = this.#table.lengths[last]!;
    if (length >= this.#table.lengths[longest]! || position + length > end) {
      return false;
    }
    for (let index = position; index < position + length; index++) {
      if (bytes[index] !== bytes[index - length]) {
        return false;
      }
    }
    return !this.#isDead(position + length - start) && staySeparate(this.#table, last, last);
  }

  #isDead(offset: number): boolean {
    return this.#anyDead && (this.#dead[offset >>> 5]! & (1 << (offset & 31))) !== 0;
  }

  #markDead(offset: number, pieceLength: number): void {
    if (!this.#anyDead) {
      this.#dead.fill(0, 0, (pieceLength >>> 5) + 1);
      this.#anyDead = true;
    }
    this.#dead[offset >>> 5]! |= 1 << (offset & 31);
  }

  #longestToken(bytes: Uint8Array, start: number, end: number): number {
    const { nodes } = this.#table;
    let base = 0;
    let longest = noToken;
    for (let position = start; position < end; position++) {
      const byte = bytes[position]!;
      const slot = (base ^ byte) << 1;
      const word = nodes[slot + 1]!;
      if ((word & labelMask) !== byte) {
        break;
      }
      if (word > emptyLabel) {
        longest = (word >>> labelBits) - 1;
      }
      base = nodes[slot]!;
    }
    return longest;
  }

  #reserve(byteLength: number): void {
    const capacity = this.#tokens.length;
    if (capacity < byteLength || capacity > Math.max(byteLength, keptTokens)) {
      this.#tokens = new Int32Array(Math.max(byteLength, 4096));
      this.#dead = new Uint32Array((this.#tokens.length >>> 5) + 1);
    }
  }
}
