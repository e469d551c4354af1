import type { PieceLoop } from './pieceLoops';

/** A part of a document between two safe cuts, or between seams in the middle of a piece. */
export interface Chunk {
  text: string;
  /** Its number of tokens, or `notCounted`. */
  tokens: number;
  /** Where the scanner stands when the chunk begins at a seam; undefined at a safe cut. */
  loop?: PieceLoop | undefined;
  /** Its first and its last token, when it is counted and there is a seam beside them. */
  first?: number | undefined;
  last?: number | undefined;
  /**
   * Of a long text that was put in as a whole and is divided step by step when it is counted: how many units from its
   * start on are known to hold no safe cut.
   */
  undivided?: number | undefined;
  /** Units of text that have to be looked at to divide it, when the usual number did not do. */
  reach?: number | undefined;
}

export const notCounted = -1;

interface Sums {
  length: number;
  /** Of the counted chunks. */
  tokens: number;
  uncounted: number;
}

/** Chunks in a row with their sums, so that a place or a sum is found without visiting all chunks. */
interface Group extends Sums {
  readonly chunks: Chunk[];
  /** Of the chunks, side by side: the texts themselves are spread over memory, and looking at them takes longer. */
  readonly lengths: Int32Array;
}

/** Where a chunk stands in the list, and at which offset of the document it starts. */
export interface ChunkPlace {
  readonly group: number;
  readonly index: number;
  readonly start: number;
  readonly chunk: Chunk;
}

const maxGroupSize = 128;

/** The chunks of a document in order: never none; only an empty document has an empty one. */
export class ChunkList {
  #groups: Group[] = [];
  #groupLengths = new Int32Array(0);
  #total: Sums = { length: 0, tokens: 0, uncounted: 0 };

  constructor(chunks: readonly Chunk[]) {
    this.#setGroups(groupsOf(chunks));
  }

  get length(): number {
    return this.#total.length;
  }

  /** Tokens of all counted chunks. */
  get tokens(): number {
    return this.#total.tokens;
  }

  get isCounted(): boolean {
    return this.#total.uncounted === 0;
  }

  /** The chunk that holds the character at an offset; the last one at the end of the document. */
  at(offset: number): ChunkPlace {
    const groupLengths = this.#groupLengths;
    let start = 0;
    let group = 0;
    while (group < groupLengths.length - 1 && offset >= start + groupLengths[group]!) {
      start += groupLengths[group]!;
      group++;
    }
    const { chunks, lengths } = this.#groups[group]!;
    let index = 0;
    while (index < lengths.length - 1 && offset >= start + lengths[index]!) {
      start += lengths[index]!;
      index++;
    }
    return { group, index, start, chunk: chunks[index]! };
  }

  before(place: ChunkPlace): ChunkPlace | undefined {
    let { group, index } = place;
    if (index === 0) {
      if (group === 0) {
        return undefined;
      }
      group--;
      index = this.#groups[group]!.chunks.length;
    }
    const chunk = this.#groups[group]!.chunks[index - 1]!;
    return { group, index: index - 1, start: place.start - chunk.text.length, chunk };
  }

  after(place: ChunkPlace): ChunkPlace | undefined {
    let { group, index } = place;
    index++;
    if (index === this.#groups[group]!.chunks.length) {
      group++;
      index = 0;
    }
    const chunk = this.#groups[group]?.chunks[index];
    return chunk === undefined ? undefined : { group, index, start: place.start + place.chunk.text.length, chunk };
  }

  /** The first chunk that is not counted. */
  nextUncounted(): ChunkPlace | undefined {
    if (this.isCounted) {
      return undefined;
    }
    let start = 0;
    for (const [group, { chunks, lengths, uncounted, length }] of this.#groups.entries()) {
      if (uncounted > 0) {
        const index = chunks.findIndex((chunk) => chunk.tokens === notCounted);
        for (const earlier of lengths.subarray(0, index)) {
          start += earlier;
        }
        return { group, index, start, chunk: chunks[index]! };
      }
      start += length;
    }
    return undefined;
  }

  /** The text from `start` to before `end`. */
  textBetween(start: number, end: number): string {
    let place: ChunkPlace | undefined = this.at(start);
    let text = '';
    const first = place.start;
    for (; place !== undefined && place.start < end; place = this.after(place)) {
      text += place.chunk.text;
    }
    return text.slice(start - first, end - first);
  }

  /** Gives a chunk another text and count. */
  update({ group, index, chunk }: ChunkPlace, text: string, tokens: number): void {
    const owner = this.#groups[group]!;
    add(owner, chunk, -1);
    add(this.#total, chunk, -1);
    chunk.text = text;
    chunk.tokens = tokens;
    add(owner, chunk, 1);
    add(this.#total, chunk, 1);
    owner.lengths[index] = text.length;
    this.#groupLengths[group] = owner.length;
  }

  /** Puts other chunks, at least one, in the place of those from `first` to `last`. */
  replace(first: ChunkPlace, last: ChunkPlace, chunks: readonly Chunk[]): void {
    const kept = [
      ...this.#groups[first.group]!.chunks.slice(0, first.index),
      ...chunks,
      ...this.#groups[last.group]!.chunks.slice(last.index + 1),
    ];
    const { group } = first;
    this.#setGroups([...this.#groups.slice(0, group), ...groupsOf(kept), ...this.#groups.slice(last.group + 1)]);
  }

  /** Sums over the chunks strictly between two places: counted tokens, and the chunks that are not counted. */
  between(first: ChunkPlace, last: ChunkPlace): { tokens: number; uncounted: ChunkPlace[] } {
    let tokens = 0;
    const uncounted: ChunkPlace[] = [];
    for (let place = this.after(first); place !== undefined && place.start < last.start;) {
      const owner = this.#groups[place.group]!;
      if (place.index === 0 && owner.uncounted === 0 && place.group < last.group) {
        tokens += owner.tokens;
        const chunk = owner.chunks.at(-1)!;
        const start = place.start + owner.length - chunk.text.length;
        place = this.after({ group: place.group, index: owner.chunks.length - 1, start, chunk });
        continue;
      }
      if (place.chunk.tokens === notCounted) {
        uncounted.push(place);
      } else {
        tokens += place.chunk.tokens;
      }
      place = this.after(place);
    }
    return { tokens, uncounted };
  }

  #setGroups(groups: Group[]): void {
    this.#groups = groups;
    this.#groupLengths = Int32Array.from(groups, ({ length }) => length);
    this.#total = { length: 0, tokens: 0, uncounted: 0 };
    for (const { length, tokens, uncounted } of groups) {
      this.#total.length += length;
      this.#total.tokens += tokens;
      this.#total.uncounted += uncounted;
    }
  }

  *[Symbol.iterator](): Generator<Chunk> {
    for (const group of this.#groups) {
      yield* group.chunks;
    }
  }
}

function groupsOf(chunks: readonly Chunk[]): Group[] {
  const groups: Group[] = [];
  const size = Math.ceil(chunks.length / Math.ceil(chunks.length / maxGroupSize));
  for (let start = 0; start < chunks.length; start += size) {
    const members = chunks.slice(start, start + size);
    const lengths = Int32Array.from(members, ({ text }) => text.length);
    const group: Group = { chunks: members, lengths, length: 0, tokens: 0, uncounted: 0 };
    for (const chunk of members) {
      add(group, chunk, 1);
    }
    groups.push(group);
  }
  return groups;
}

/** Adds a chunk's numbers to sums, or takes them out. */
function add(sums: Sums, chunk: Chunk, sign: 1 | -1): void {
  sums.length += sign * chunk.text.length;
  if (chunk.tokens === notCounted) {
    sums.uncounted += sign;
  } else {
    sums.tokens += sign * chunk.tokens;
  }
}
