import type { ChunkCounter } from './chunkCounter';
import type { ChunkList, ChunkPlace } from './chunkList';
import type { TokenEncoder } from './tokenEncoder';

/** The part of a range from one of its ends to a border of chunks, where its tokens go on as they do in the document. */
interface RangeEnd {
  /** The last chunk that it takes in, seen from that end. */
  readonly place: ChunkPlace;
  readonly tokens: number;
}

/** Counts ranges of a document: their ends are encoded, the chunks between them are known. */
export class RangeCounter {
  readonly #encoder: TokenEncoder;
  readonly #chunks: ChunkList;
  readonly #counter: ChunkCounter;

  constructor(encoder: TokenEncoder, chunks: ChunkList, counter: ChunkCounter) {
    this.#encoder = encoder;
    this.#chunks = chunks;
    this.#counter = counter;
  }

  /** The tokens of the text from `start` to before `end`, taken by itself. Counts chunks that are not counted yet. */
  count(start: number, end: number): number {
    const place = (): [first: ChunkPlace, last: ChunkPlace] => [
      this.#chunks.at(start),
      this.#chunks.at(Math.max(start, end - 1)),
    ];
    let [first, last] = place();
    for (let [next] = this.#chunks.between(first, last).uncounted; next !== undefined;) {
      this.#counter.step(next, Number.POSITIVE_INFINITY);
      [first, last] = place();
      [next] = this.#chunks.between(first, last).uncounted;
    }
    if (first.chunk !== last.chunk) {
      const head = this.#head(first, last, start);
      const tail = this.#tail(first, last, end);
      if (head !== undefined && tail !== undefined && head.place.start < tail.place.start) {
        return head.tokens + this.#chunks.between(head.place, tail.place).tokens + tail.tokens;
      }
    }
    return this.#encoder.count(this.#chunks.textBetween(start, end));
  }

  /** Takes in twice as much text each time when the tokens from `start` on do not meet those of the document. */
  #head(first: ChunkPlace, last: ChunkPlace, start: number): RangeEnd | undefined {
    let place = first;
    let text = first.chunk.text.slice(start - first.start);
    for (;;) {
      const tokens = this.#counter.countBetween(text, undefined, this.#counter.seamAfter(place));
      if (tokens !== undefined) {
        return { place, tokens };
      }
      const wanted = text.length * 2;
      do {
        place = this.#chunks.after(place)!;
        if (place.start >= last.start) {
          return undefined;
        }
        text += place.chunk.text;
      } while (text.length < wanted && this.#counter.seamAfter(place) !== undefined);
    }
  }

  #tail(first: ChunkPlace, last: ChunkPlace, end: number): RangeEnd | undefined {
    let place = last;
    let text = last.chunk.text.slice(0, end - last.start);
    for (;;) {
      const tokens = this.#counter.countBetween(text, this.#counter.seamBefore(place), undefined);
      if (tokens !== undefined) {
        return { place, tokens };
      }
      const wanted = text.length * 2;
      do {
        place = this.#chunks.before(place)!;
        if (place.start <= first.start) {
          return undefined;
        }
        text = place.chunk.text + text;
      } while (text.length < wanted && this.#counter.seamBefore(place) !== undefined);
    }
  }
}
