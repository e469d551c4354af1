import { throwIfCancelled } from '../errors';
import { ChunkList, notCounted } from './chunkList';
import type { Chunk, ChunkPlace } from './chunkList';
import type { TokenEncoder } from './tokenEncoder';

/** One change as the editor reports it: `text` in place of `rangeLength` UTF-16 units from `rangeOffset` on. */
export interface TextChange {
  readonly rangeOffset: number;
  readonly rangeLength: number;
  readonly text: string;
}

export interface SliceOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds of work before the thread is given to others for a moment. Default 4. */
  readonly sliceMs?: number;
}

/** Counts a text in another thread. */
export type CountElsewhere = (text: string, signal: AbortSignal | undefined) => Promise<number>;

/** UTF-16 units of a chunk when it is made, and when it is divided again. */
const chunkSize = 2048;
const maxChunkSize = 2 * chunkSize;
/** More text than this, pasted or without a place to cut, is not counted at once: it takes milliseconds. */
const maxCountedAtOnce = 65_536;

/**
 * A text whose tokens are counted once and then kept current at the cost of each edit, whatever its length. It is kept
 * in chunks between safe cuts. An edit is counted in a window around it: from the last safe cut before it to the first
 * one behind it, which the edit leaves safe; what changes is the window's count.
 */
export class IncrementalDocument {
  readonly #encoder: TokenEncoder;
  readonly #countElsewhere: CountElsewhere | undefined;
  #chunks: ChunkList;

  /**
   * Takes the text without counting it yet.
   * @param countElsewhere counts runs so long, without a place to cut, that this thread would be held up; without it
   *   they are counted here
   */
  constructor(text: string, encoder: TokenEncoder, countElsewhere?: CountElsewhere) {
    this.#encoder = encoder;
    this.#countElsewhere = countElsewhere;
    this.#chunks = new ChunkList(this.#divide(text, false));
  }

  /** A document all of whose tokens are counted, in slices of a few milliseconds. */
  static async open(text: string, encoder: TokenEncoder, options: SliceOptions = {}): Promise<IncrementalDocument> {
    const document = new IncrementalDocument(text, encoder);
    await document.countInSlices(options);
    return document;
  }

  get encoder(): TokenEncoder {
    return this.#encoder;
  }

  /** UTF-16 units. */
  get length(): number {
    return this.#chunks.length;
  }

  /**
   * Whether `tokens` is at hand. Opening leaves something to be counted, and so does pasting very much at once, or an
   * edit inside a very long run without a place to cut: then `countInSlices` does the rest.
   */
  get isCounted(): boolean {
    return this.#chunks.isCounted;
  }

  /** The tokens of the whole text, exactly. Counts what is not counted yet, which can take long: see `isCounted`. */
  get tokens(): number {
    for (let place = this.#chunks.nextUncounted(); place !== undefined; place = this.#chunks.nextUncounted()) {
      this.#countChunk(place);
    }
    return this.#chunks.tokens;
  }

  get text(): string {
    return Array.from(this.#chunks, (chunk) => chunk.text).join('');
  }

  /** Counts what is not counted yet, pausing often; edits may come in between. */
  async countInSlices({ signal, sliceMs = 4 }: SliceOptions = {}): Promise<void> {
    let sliceEnd = performance.now() + sliceMs;
    for (let place = this.#chunks.nextUncounted(); place !== undefined; place = this.#chunks.nextUncounted()) {
      throwIfCancelled(signal);
      if (this.#countElsewhere !== undefined && place.chunk.text.length > maxCountedAtOnce) {
        await this.#countLongChunk(place.chunk, signal);
        continue;
      }
      this.#countChunk(place);
      if (performance.now() >= sliceEnd) {
        await new Promise((resolve) => setImmediate(resolve));
        sliceEnd = performance.now() + sliceMs;
      }
    }
  }

  /**
   * Applies the changes of one event in the order in which the editor lists them, each to the result of those before.
   * @throws RangeError when a change lies outside the text; those before it are applied
   */
  apply(changes: readonly TextChange[]): void {
    for (const change of changes) {
      this.#apply(change);
    }
  }

  /** The tokens of the text from `start` to before `end`, taken by itself. */
  countRange(start: number, end: number): number {
    const first = this.#chunks.at(start);
    const last = this.#chunks.at(Math.max(start, end - 1));
    if (first.chunk === last.chunk) {
      return this.#encoder.count(first.chunk.text.slice(start - first.start, end - first.start));
    }
    const { tokens, uncounted } = this.#chunks.between(first, last);
    return (
      this.#encoder.count(first.chunk.text.slice(start - first.start)) +
      uncounted.reduce((sum, place) => sum + this.#countChunk(place), tokens) +
      this.#encoder.count(last.chunk.text.slice(0, end - last.start))
    );
  }

  #apply({ rangeOffset, rangeLength, text }: TextChange): void {
    const end = rangeOffset + rangeLength;
    if (!(rangeOffset >= 0 && rangeLength >= 0 && end <= this.length)) {
      throw new RangeError(`A change of ${rangeOffset}–${end} lies outside a text of length ${this.length}.`);
    }
    const place = this.#chunks.at(rangeOffset);
    if (
      end > place.start + place.chunk.text.length ||
      !this.#editChunk(place, rangeOffset - place.start, rangeLength, text)
    ) {
      this.#rebuild(place, rangeOffset, end, text);
    }
  }

  /** Edits inside one chunk; false, with nothing changed, when its borders would not be safe cuts any more. */
  #editChunk(place: ChunkPlace, offset: number, removed: number, inserted: string): boolean {
    const { cuts } = this.#encoder;
    const { chunk } = place;
    const old = chunk.text;
    const text = old.slice(0, offset) + inserted + old.slice(offset + removed);
    if (text.length > Math.max(maxChunkSize, old.length) || (text === '' && old !== '')) {
      return false;
    }
    const behind = offset + removed;
    if (offset === 0 && !this.#joins(this.#chunks.before(place)?.chunk.text, text)) {
      return false;
    }
    if (behind === old.length && !this.#joins(text, this.#chunks.after(place)?.chunk.text)) {
      return false;
    }
    if (chunk.tokens === notCounted) {
      this.#chunks.update(place, text, notCounted);
      return true;
    }
    // Cuts that the edit can't touch: the characters on both of their sides stay.
    const from = Math.max(0, cuts.lastBefore(old, offset - 1, 0));
    const to = cuts.firstAfter(old, Math.min(behind + 1, old.length));
    if (this.#countElsewhere !== undefined && to - from > maxCountedAtOnce) {
      this.#chunks.update(place, text, notCounted);
      return true;
    }
    const oldTokens = from === 0 && to === old.length ? chunk.tokens : this.#encoder.count(old.slice(from, to));
    const newTokens = this.#encoder.count(text.slice(from, to + text.length - old.length));
    this.#chunks.update(place, text, chunk.tokens - oldTokens + newTokens);
    return true;
  }

  /** Replaces all chunks that a change touches, and neighbours whose border with them is no safe cut any more. */
  #rebuild(firstTouched: ChunkPlace, from: number, to: number, inserted: string): void {
    let first = firstTouched;
    let last = this.#chunks.at(Math.max(from, to - 1));
    let text = first.chunk.text.slice(0, from - first.start) + inserted + last.chunk.text.slice(to - last.start);
    for (let before = this.#chunks.before(first); before !== undefined; before = this.#chunks.before(first)) {
      if (text !== '' && this.#joins(before.chunk.text, text)) {
        break;
      }
      text = before.chunk.text + text;
      first = before;
    }
    for (let after = this.#chunks.after(last); after !== undefined; after = this.#chunks.after(last)) {
      if (text !== '' && this.#joins(text, after.chunk.text)) {
        break;
      }
      text += after.chunk.text;
      last = after;
    }
    this.#chunks.replace(first, last, this.#divide(text, text.length <= maxCountedAtOnce));
  }

  /** Whether the border of two neighbouring texts is a safe cut; true at the ends of the document. */
  #joins(left: string | undefined, right: string | undefined): boolean {
    return !left || !right || this.#encoder.cuts.isSafeBetween(left.charCodeAt(left.length - 1), right.charCodeAt(0));
  }

  #divide(text: string, counted: boolean): Chunk[] {
    const chunks: Chunk[] = [];
    let start = 0;
    do {
      const end = this.#encoder.cuts.partEnd(text, start, chunkSize);
      const part = text.slice(start, end);
      chunks.push({ text: part, tokens: counted ? this.#encoder.count(part) : notCounted });
      start = end;
    } while (start < text.length);
    return chunks;
  }

  /** The count is dropped when the chunk was edited meanwhile: it is the next one to be counted then. */
  async #countLongChunk(chunk: Chunk, signal: AbortSignal | undefined): Promise<void> {
    const { text } = chunk;
    const tokens = await this.#countElsewhere!(text, signal);
    const place = this.#chunks.nextUncounted();
    if (place?.chunk === chunk && chunk.text === text) {
      this.#chunks.update(place, text, tokens);
    }
  }

  #countChunk(place: ChunkPlace): number {
    const tokens = this.#encoder.count(place.chunk.text);
    this.#chunks.update(place, place.chunk.text, tokens);
    return tokens;
  }
}
