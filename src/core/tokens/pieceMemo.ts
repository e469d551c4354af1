const entries = 1 << 16;
const words = 4;
/** The longest piece that is remembered, in bytes: with its length it fills the four words of a key. */
export const longestRememberedPiece = 15;

/**
 * Token counts of short pieces, most of which a text repeats. A piece's bytes and length are its key, so a hit is
 * exact; each key has one place, and the latest piece takes it.
 */
export class PieceMemo {
  readonly #keys = new Int32Array(entries * words);
  readonly #counts = new Uint8Array(entries);
  #place = 0;
  #key0 = 0;
  #key1 = 0;
  #key2 = 0;
  #key3 = 0;

  /** The count of the piece of `length` bytes at `start`, or 0 when it is not remembered. Reads up to 16 bytes. */
  recall(bytes: DataView, start: number, length: number): number {
    let key0 = bytes.getInt32(start, true);
    let key1 = 0;
    let key2 = 0;
    let key3 = length << 24;
    if (length <= 4) {
      key0 &= lowBytes(length);
    } else {
      key1 = bytes.getInt32(start + 4, true);
      if (length <= 8) {
        key1 &= lowBytes(length - 4);
      } else {
        key2 = bytes.getInt32(start + 8, true);
        if (length <= 12) {
          key2 &= lowBytes(length - 8);
        } else {
          key3 |= bytes.getInt32(start + 12, true) & lowBytes(length - 12);
        }
      }
    }
    let hash = Math.imul(key0, 0x9e3779b1) ^ Math.imul(key1, 0x85ebca6b) ^ Math.imul(key2 ^ key3, 0xc2b2ae35);
    hash ^= hash >>> 15;
    const place = hash & (entries - 1);
    const keys = this.#keys;
    const first = place * words;
    if (keys[first] === key0 && keys[first + 1] === key1 && keys[first + 2] === key2 && keys[first + 3] === key3) {
      return this.#counts[place]!;
    }
    this.#place = place;
    this.#key0 = key0;
    this.#key1 = key1;
    this.#key2 = key2;
    this.#key3 = key3;
    return 0;
  }

  /** Remembers the count of the piece that `recall` just did not know. */
  remember(count: number): void {
    const keys = this.#keys;
    const first = this.#place * words;
    keys[first] = this.#key0;
    keys[first + 1] = this.#key1;
    keys[first + 2] = this.#key2;
    keys[first + 3] = this.#key3;
    this.#counts[this.#place] = count;
  }
}

/** A mask of the first `count` bytes of a little-endian word, 1 to 4. */
function lowBytes(count: number): number {
  return -1 >>> (32 - count * 8);
}
