/** In `nodes`: the label of a slot that belongs to no node. Labels are bytes, so no byte ever equals it. */
export const emptyLabel = 256;
/** In `nodes`: bits of the second word that hold the label; the token stands above them. */
export const labelBits = 9;
/** In `nodes`: the base of nodes without children. The 256 slots from it on belong to no node. */
export const leafBase = 256;
/** In `shorterPrefix`: no shorter token begins the same way. */
export const noToken = -1;
/** Ranks below this are the single bytes. They alone are not made of two other tokens. */
export const singleByteTokens = 256;

/**
 * All that is known about an encoding's tokens, ready to be used as it is read from a file: flat arrays in one buffer.
 * A token is its rank: the lower, the earlier byte pair encoding merges it.
 */
export interface RankTable {
  /** The buffer that all arrays below are views of; several threads may use it. */
  readonly buffer: SharedArrayBuffer;
  readonly tokenCount: number;
  /**
   * A trie of all tokens as a double array, two words per slot. The child of a node for a byte stands in the slot
   * `base ^ byte`, where its label is that byte. First word: the base of the node's own children. Second word: label,
   * and above it the token that ends here plus one, or 0. The root's base is 0.
   */
  readonly nodes: Int32Array;
  /** For each token the longest other token that it begins with, or `noToken`. */
  readonly shorterPrefix: Int32Array;
  /** For each token the two tokens whose merge makes it; for single bytes the byte itself. */
  readonly leftPart: Int32Array;
  readonly rightPart: Int32Array;
  /**
   * A hash table with linear probing from those two parts to the token: token + 1, or 0 for an empty slot. Its length
   * is a power of two.
   */
  readonly merges: Int32Array;
  /** Bytes of each token. */
  readonly lengths: Uint8Array;
}

/** How large the arrays of a table are. */
export interface RankTableShape {
  readonly tokenCount: number;
  readonly nodeSlots: number;
  readonly mergeSlots: number;
}

/** Changes whenever the meaning of the bytes does: files of another layout are never opened. */
export const layoutVersion = 1;

const headerWords = 16;
const magic = 0x6b6e5243;

function sections({ tokenCount, nodeSlots, mergeSlots }: RankTableShape): { offsets: number[]; byteLength: number } {
  const byteLengths = [nodeSlots * 8, tokenCount * 4, tokenCount * 4, tokenCount * 4, mergeSlots * 4, tokenCount];
  const offsets: number[] = [];
  let end = headerWords * 4;
  for (const byteLength of byteLengths) {
    offsets.push(end);
    end = Math.ceil((end + byteLength) / 64) * 64;
  }
  return { offsets, byteLength: end };
}

/** An all-zero table of that shape. */
export function createRankTable(shape: RankTableShape): RankTable {
  const buffer = new SharedArrayBuffer(sections(shape).byteLength);
  new Int32Array(buffer).set([magic, layoutVersion, shape.tokenCount, shape.nodeSlots, shape.mergeSlots]);
  return viewRankTable(buffer);
}

/** Views a buffer that holds a table; throws a RangeError when it can't be one. Its content is not verified. */
export function viewRankTable(buffer: SharedArrayBuffer): RankTable {
  const header = buffer.byteLength < headerWords * 4 ? [] : new Int32Array(buffer, 0, headerWords);
  const [foundMagic, version, tokenCount = 0, nodeSlots = 0, mergeSlots = 0] = header;
  const { offsets, byteLength } = sections({ tokenCount, nodeSlots, mergeSlots });
  if (foundMagic !== magic || version !== layoutVersion || byteLength !== buffer.byteLength) {
    throw new RangeError('This is not a token table of the expected layout.');
  }
  const words = (index: number, length: number): Int32Array => new Int32Array(buffer, offsets[index], length);
  return {
    buffer,
    tokenCount,
    nodes: words(0, nodeSlots * 2),
    shorterPrefix: words(1, tokenCount),
    leftPart: words(2, tokenCount),
    rightPart: words(3, tokenCount),
    merges: words(4, mergeSlots),
    lengths: new Uint8Array(buffer, offsets[5], tokenCount),
  };
}

/** Where the search for a merge of two tokens begins in `merges`. */
export function mergeHash(left: number, right: number): number {
  const mixed = Math.imul(left, 0x9e3779b1) ^ Math.imul(right, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}

/**
 * The token that two tokens are merged to, or `noToken`. Other pairs whose bytes are those of a token never stand side
 * by side while byte pair encoding merges: what makes a token is merged in the same order wherever it stands.
 */
export function mergeOf({ merges, leftPart, rightPart }: RankTable, left: number, right: number): number {
  const mask = merges.length - 1;
  let slot = mergeHash(left, right) & mask;
  for (let merged = merges[slot]! - 1; merged >= 0; merged = merges[slot]! - 1) {
    if (leftPart[merged] === left && rightPart[merged] === right) {
      return merged;
    }
    slot = (slot + 1) & mask;
  }
  return noToken;
}

/**
 * Whether byte pair encoding leaves two tokens side by side, that is, whether the encoding of their joined bytes is
 * these two. Until something is merged across the border, each side develops as if it were alone; so only the tokens
 * that stand at the border at the same time can merge across it. They are visited from the finished tokens back to
 * the bytes, undoing the latest merge each time. A merge across would have to come before the one that was just
 * undone: at a lower rank, or at the same rank further left.
 */
export function staySeparate(table: RankTable, leftToken: number, rightToken: number): boolean {
  const { merges, leftPart, rightPart } = table;
  const mask = merges.length - 1;
  let left = leftToken;
  let right = rightToken;
  let limit = table.tokenCount;
  for (;;) {
    let slot = mergeHash(left, right) & mask;
    for (let merged = merges[slot]! - 1; merged >= 0; merged = merges[slot]! - 1) {
      if (leftPart[merged] === left && rightPart[merged] === right) {
        if (merged < limit) {
          return false;
        }
        break;
      }
      slot = (slot + 1) & mask;
    }
    if (left > right) {
      if (left < singleByteTokens) {
        return true;
      }
      limit = left;
      left = rightPart[left]!;
    } else {
      if (right < singleByteTokens) {
        return true;
      }
      limit = right + 1;
      right = leftPart[right]!;
    }
  }
}
