import { emptyLabel, labelBits, leafBase, noToken } from './rankTable';

const blockSlots = 256;
/** Free slots that are tried for a node with several children before the array grows; more pack it tighter. */
const maxTries = 96;

/** A node still to be given children: the tokens from `first` to before `end`, in sorted order, begin alike. */
interface PendingNode {
  /** -1 for the root. */
  readonly slot: number;
  readonly first: number;
  readonly end: number;
  readonly depth: number;
  /** The longest token that this node's bytes begin with, other than they themselves. */
  readonly longestPrefix: number;
}

/** Packs the trie of a set of tokens into the double array that `RankTable.nodes` describes. */
export class TrieBuilder {
  nodes = new Int32Array(0);
  /** Slots of `nodes` that are in use, a multiple of 256. */
  slots = 0;
  readonly shorterPrefix: Int32Array;

  /** Circular list of the free slots; `leafBase` lies in a block that stays empty, and is its head. */
  #nextFree = new Int32Array(0);
  #previousFree = new Int32Array(0);
  #baseTaken = new Uint8Array(0);
  #cursor: number = leafBase;
  readonly #bytes: Uint8Array;
  readonly #starts: Int32Array;

  /** Token `t` is `bytes.subarray(starts[t], starts[t + 1])`; no two are equal. */
  constructor(bytes: Uint8Array, starts: Int32Array) {
    this.#bytes = bytes;
    this.#starts = starts;
    this.shorterPrefix = new Int32Array(starts.length - 1).fill(noToken);
    this.#addBlock();
    this.#nextFree[leafBase] = leafBase;
    this.#previousFree[leafBase] = leafBase;
    this.#freeBlock(0);
    this.#addBlock();
    this.#build(sortedTokens(bytes, starts));
  }

  /** The token with exactly these bytes, or `noToken`. */
  find(bytes: Uint8Array, start: number, end: number): number {
    let base = 0;
    let token = noToken;
    for (let index = start; index < end; index++) {
      const slot = (base ^ bytes[index]!) * 2;
      const word = this.nodes[slot + 1]!;
      if ((word & ((1 << labelBits) - 1)) !== bytes[index]) {
        return noToken;
      }
      token = (word >>> labelBits) - 1;
      base = this.nodes[slot]!;
    }
    return token;
  }

  #build(order: Int32Array): void {
    const pending: PendingNode[] = [{ slot: -1, first: 0, end: order.length, depth: 0, longestPrefix: noToken }];
    for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
      const { slot, end, depth } = node;
      let { first, longestPrefix } = node;
      const shortest = order[first]!;
      const length = this.#starts[shortest + 1]! - this.#starts[shortest]!;
      if (length === depth) {
        this.shorterPrefix[shortest] = longestPrefix;
        this.nodes[slot * 2 + 1]! |= (shortest + 1) << labelBits;
        longestPrefix = shortest;
        first++;
      }
      const labels: number[] = [];
      const borders: number[] = [];
      for (let index = first; index < end; index++) {
        const label = this.#bytes[this.#starts[order[index]!]! + depth]!;
        if (labels.at(-1) !== label) {
          labels.push(label);
          borders.push(index);
        }
      }
      borders.push(end);
      const base = this.#baseFor(slot, labels);
      for (const [index, label] of labels.entries()) {
        const child = base ^ label;
        this.#take(child);
        this.nodes[child * 2] = leafBase;
        this.nodes[child * 2 + 1] = label;
        pending.push({
          slot: child,
          first: borders[index]!,
          end: borders[index + 1]!,
          depth: depth + 1,
          longestPrefix,
        });
      }
    }
  }

  /** Chooses and records the base of a node's children. */
  #baseFor(slot: number, labels: readonly number[]): number {
    if (slot < 0) {
      return 0;
    }
    const base = labels.length === 0 ? leafBase : this.#freeBase(labels);
    this.nodes[slot * 2] = base;
    return base;
  }

  /** A base of which no node knows yet and whose slots for all labels are free. */
  #freeBase(labels: readonly number[]): number {
    // Slots that did not fit are left behind: going on from the last place instead of the first keeps the search short.
    for (let tries = 0; tries < maxTries; tries++) {
      const base = this.#cursor ^ labels[0]!;
      if (
        this.#cursor !== leafBase &&
        this.#baseTaken[base] === 0 &&
        labels.every((label) => this.#isFree(base ^ label))
      ) {
        this.#baseTaken[base] = 1;
        return base;
      }
      this.#cursor = this.#nextFree[this.#cursor]!;
    }
    const base = this.slots;
    this.#addBlock();
    this.#freeBlock(base);
    this.#baseTaken[base] = 1;
    return base;
  }

  #isFree(slot: number): boolean {
    return this.nodes[slot * 2 + 1] === emptyLabel;
  }

  #take(slot: number): void {
    const next = this.#nextFree[slot]!;
    const previous = this.#previousFree[slot]!;
    if (this.#cursor === slot) {
      this.#cursor = next;
    }
    this.#nextFree[previous] = next;
    this.#previousFree[next] = previous;
  }

  /** Adds a block of empty slots to the array, not yet to the list. */
  #addBlock(): void {
    const first = this.slots;
    this.slots += blockSlots;
    if (this.slots * 2 > this.nodes.length) {
      const capacity = Math.max(4 * blockSlots, first * 2);
      this.nodes = enlarged(this.nodes, new Int32Array(capacity * 2));
      this.#nextFree = enlarged(this.#nextFree, new Int32Array(capacity));
      this.#previousFree = enlarged(this.#previousFree, new Int32Array(capacity));
      this.#baseTaken = enlarged(this.#baseTaken, new Uint8Array(capacity));
    }
    for (let slot = first; slot < this.slots; slot++) {
      this.nodes[slot * 2 + 1] = emptyLabel;
    }
  }

  /** Appends the block's slots to the list of free ones. */
  #freeBlock(first: number): void {
    let last = this.#previousFree[leafBase]!;
    for (let slot = first; slot < first + blockSlots; slot++) {
      this.#nextFree[last] = slot;
      this.#previousFree[slot] = last;
      last = slot;
    }
    this.#nextFree[last] = leafBase;
    this.#previousFree[leafBase] = last;
  }
}

function enlarged<Words extends Int32Array | Uint8Array>(old: Words, larger: Words): Words {
  larger.set(old);
  return larger;
}

/** The tokens in the order of their bytes. */
function sortedTokens(bytes: Uint8Array, starts: Int32Array): Int32Array {
  return Int32Array.from(starts.subarray(1).keys()).sort((one, other) => {
    const oneStart = starts[one]!;
    const otherStart = starts[other]!;
    const oneLength = starts[one + 1]! - oneStart;
    const otherLength = starts[other + 1]! - otherStart;
    const shared = Math.min(oneLength, otherLength);
    for (let index = 0; index < shared; index++) {
      const difference = bytes[oneStart + index]! - bytes[otherStart + index]!;
      if (difference !== 0) {
        return difference;
      }
    }
    return oneLength - otherLength;
  });
}
