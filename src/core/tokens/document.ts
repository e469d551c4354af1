import { Turns, takeTurn } from '../turns';
import type { TurnOptions } from '../turns';
import { ChunkCounter, chunkSize, dividedAtOnce, maxChunkSize } from './chunkCounter';
import { ChunkList, notCounted } from './chunkList';
import type { Chunk, ChunkPlace } from './chunkList';
import type { PieceLoop } from './pieceLoops';
import { RangeCounter } from './rangeCounter';
import type { TokenEncoder } from './tokenEncoder';

/** One change as the editor reports it: `text` in place of `rangeLength` UTF-16 units from `rangeOffset` on. */
export interface TextChange {
  readonly rangeOffset: number;
  readonly rangeLength: number;
  readonly text: string;
}

export interface SliceOptions extends TurnOptions {
  /** Without `turns`: milliseconds of work before the thread is given to others for a moment. Default 4. */
  readonly sliceMs?: number;
}

/** Counts a text in another thread. */
export type CountElsewhere = (text: string, signal: AbortSignal | undefined) => Promise<number>;

/** UTF-16 units before a cut that can make a difference to it, and more. */
const cutContext = 8;
/** A run of more text without a place to cut is counted elsewhere: it takes milliseconds. */
const maxRunCountedHere = 65_536;
/** UTF-16 units of what was typed or pasted that are counted at once. */
const maxCountedAtOnce = 16_384;

/**
 * A text whose tokens are counted once and then kept current at the cost of each edit, whatever its length. It is kept
 * in chunks between safe cuts. An edit is counted in a window around it: from the last safe cut before it to the first
 * one behind it, which the edit leaves safe; what changes is the window's count. Runs without a safe cut are divided
 * at seams, and the chunks that an edit touches are counted again: see {@link ChunkCounter}.
 */
export class IncrementalDocument {
  readonly #encoder: TokenEncoder;
  readonly #countElsewhere: CountElsewhere | undefined;
  readonly #chunks: ChunkList;
  readonly #counter: ChunkCounter;
  readonly #ranges: RangeCounter;

  /**
   * Takes the text without counting it yet.
   * @param countElsewhere counts runs so long, without a place to cut, that this thread would be held up; without it
   *   they are counted here
   */
  constructor(text: string, encoder: TokenEncoder, countElsewhere?: CountElsewhere) {
    this.#encoder = encoder;
    this.#countElsewhere = countElsewhere;
    this.#chunks = new ChunkList(this.#divide(text, undefined));
    this.#counter = new ChunkCounter(encoder, this.#chunks);
    this.#ranges = new RangeCounter(encoder, this.#chunks, this.#counter);
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
   * edit inside a very long run that can't be divided: then `countInSlices` does the rest.
   */
  get isCounted(): boolean {
    return this.#chunks.isCounted;
  }

  /** The tokens of the whole text, exactly. Counts what is not counted yet, which can take long: see `isCounted`. */
  get tokens(): number {
    for (let place = this.#chunks.nextUncounted(); place !== undefined; place = this.#chunks.nextUncounted()) {
      this.#counter.step(place, Number.POSITIVE_INFINITY);
    }
    return this.#chunks.tokens;
  }

  get text(): string {
    return Array.from(this.#chunks, (chunk) => chunk.text).join('');
  }

  /**
   * Adds a part of a text that is being opened, to be counted later. Takes as long as the part is long, however long
   * the text before it.
   */
  append(part: string): void {
    const last = this.#chunks.at(this.length);
    const { chunk } = last;
    if (chunk.text === '') {
      this.#chunks.replace(last, last, this.#divide(part, undefined));
      return;
    }
    // What stands before the first cut goes with the end of the text so far. Some cuts depend on more than a character.
    const seen = chunk.text.slice(-cutContext);
    const joined = seen + part;
    const cut = this.#joins(seen, part) ? seen.length : this.#encoder.cuts.firstAfter(joined, seen.length + 1);
    if (cut > seen.length) {
      this.#chunks.update(last, chunk.text + joined.slice(seen.length, cut), notCounted);
    }
    if (cut < joined.length) {
      this.#chunks.replace(last, last, [chunk, ...this.#divide(joined.slice(cut), undefined)]);
    }
  }

  /** Counts what is not counted yet, pausing often; edits may come in between. */
  async countInSlices({ signal, sliceMs, turns = new Turns(sliceMs) }: SliceOptions = {}): Promise<void> {
    while (!this.isCounted) {
      await takeTurn({ signal, turns }, 'visible');
      const place = this.#chunks.nextUncounted();
      if (place !== undefined && !this.#counter.step(place, this.#longestCountedHere)) {
        await this.#countLongChunk(place.chunk, signal);
      }
    }
  }

  /**
   * Applies the changes of one event in the order in which the editor lists them, each to the result of those before.
   * @throws RangeError when a change lies outside the text; those before it are applied
   */
  apply(changes: readonly TextChange[]): void {
    const { isCounted } = this;
    for (const change of changes) {
      this.#apply(change);
    }
    if (isCounted) {
      this.#countSome();
    }
  }

  /**
   * UTF-16 units that {@link countRange} encodes at most: from the ends of the range to the nearest safe cuts within,
   * and all of it while the document is not counted.
   */
  rangeCost(start: number, end: number): number {
    const whole = end - start;
    if (!this.isCounted || whole <= 0) {
      return whole;
    }
    let after: ChunkPlace | undefined = this.#chunks.at(start);
    do {
      after = this.#chunks.after(after);
    } while (after?.chunk.loop !== undefined && after.start < end);
    let before = this.#chunks.at(end - 1);
    while (before.chunk.loop !== undefined && before.start > start) {
      before = this.#chunks.before(before)!;
    }
    return Math.min(whole, (after?.start ?? end) - start + (end - before.start));
  }

  /** The text from `start` to before `end`. */
  textBetween(start: number, end: number): string {
    return this.#chunks.textBetween(start, end);
  }

  /** The tokens of the text from `start` to before `end`, taken by itself. */
  countRange(start: number, end: number): number {
    return this.#ranges.count(start, end);
  }

  #apply(change: TextChange): void {
    const { text } = change;
    const [start, end] = this.#middleOf(text);
    this.#replace(start === end ? change : { ...change, text: text.slice(0, start) + text.slice(end) });
    if (start < end) {
      this.#insert(change.rangeOffset + start, text.slice(start, end));
    }
  }

  /**
   * Of a long text, the part between the first and the last safe cut: nothing around it changes its tokens. Put in by
   * itself, it is not copied together with the text around it, which takes milliseconds.
   */
  #middleOf(text: string): readonly [start: number, end: number] {
    const { cuts } = this.#encoder;
    if (text.length <= 2 * dividedAtOnce) {
      return [0, 0];
    }
    const start = cuts.firstAfter(text, 1, dividedAtOnce);
    const end = cuts.lastBefore(text, text.length - 1, text.length - dividedAtOnce);
    return cuts.isSafe(text, start) && end !== -1 ? [start, end] : [0, 0];
  }

  /** Puts in a text with safe cuts at both of its ends, whatever is around it. */
  #insert(offset: number, text: string): void {
    const place = this.#chunks.at(offset);
    const { chunk } = place;
    const before = chunk.text.slice(0, offset - place.start);
    const behind = chunk.text.slice(offset - place.start);
    const undivided = chunk.undivided === undefined ? {} : { undivided: 0 };
    this.#chunks.replace(place, place, [
      ...(before === '' ? [] : [{ text: before, tokens: notCounted, loop: chunk.loop, ...undivided }]),
      { text, tokens: notCounted, undivided: 0 },
      ...(behind === '' ? [] : [{ text: behind, tokens: notCounted, ...undivided }]),
    ]);
  }

  #replace({ rangeOffset, rangeLength, text }: TextChange): void {
    const end = rangeOffset + rangeLength;
    if (!(rangeOffset >= 0 && rangeLength >= 0 && end <= this.length)) {
      throw new RangeError(`A change of ${rangeOffset}–${end} lies outside a text of length ${this.length}.`);
    }
    this.#divideAround(rangeOffset, end);
    const place = this.#chunks.at(rangeOffset);
    if (
      end > place.start + place.chunk.text.length ||
      !this.#editChunk(place, rangeOffset - place.start, rangeLength, text)
    ) {
      this.#rebuild(place, rangeOffset, end, text);
    }
  }

  /** Takes what is edited out of a long text that is not divided yet: else each edit would copy all of it. */
  #divideAround(from: number, to: number): void {
    const { cuts } = this.#encoder;
    const place = this.#chunks.at(from);
    const { start, chunk } = place;
    const { text, loop, undivided } = chunk;
    if (undivided === undefined || text.length <= 4 * dividedAtOnce || to > start + text.length) {
      return;
    }
    const [first, last] = [from - start, to - start];
    // Cuts that the edit can't touch: the characters on both of their sides stay.
    const before = first <= dividedAtOnce ? 0 : cuts.lastBefore(text, first - 1, first - dividedAtOnce);
    const ceiling = Math.min(text.length, last + dividedAtOnce);
    const behind = ceiling === text.length ? text.length : cuts.firstAfter(text, last + 1, ceiling);
    if (before === -1 || !cuts.isSafe(text, behind)) {
      return;
    }
    const parts: Chunk[] = [
      { text: text.slice(0, before), tokens: notCounted, undivided: Math.min(undivided, before) },
      { text: text.slice(before, behind), tokens: notCounted, undivided: 0 },
      { text: text.slice(behind), tokens: notCounted, undivided: 0 },
    ].filter((part) => part.text !== '');
    this.#chunks.replace(place, place, [{ ...parts[0]!, loop }, ...parts.slice(1)]);
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
    const next = this.#chunks.after(place)?.chunk;
    if (offset === 0 && chunk.loop === undefined && !this.#joins(this.#chunks.before(place)?.chunk.text, text)) {
      return false;
    }
    if (behind === old.length && next?.loop === undefined && !this.#joins(text, next?.text)) {
      return false;
    }
    if (chunk.tokens === notCounted) {
      if (chunk.undivided !== undefined) {
        chunk.undivided = 0;
      }
      this.#chunks.update(place, text, notCounted);
      return true;
    }
    // Cuts that the edit can't touch: the characters on both of their sides stay.
    const from = Math.max(0, cuts.lastBefore(old, offset - 1, 0));
    const to = cuts.firstAfter(old, Math.min(behind + 1, old.length));
    const reachesSeam = (from === 0 && chunk.loop !== undefined) || (to === old.length && next?.loop !== undefined);
    if (reachesSeam || to - from > maxChunkSize) {
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
      if (text !== '' && (first.chunk.loop !== undefined || this.#joins(before.chunk.text, text))) {
        break;
      }
      text = before.chunk.text + text;
      first = before;
    }
    for (let after = this.#chunks.after(last); after !== undefined; after = this.#chunks.after(last)) {
      if (text !== '' && (after.chunk.loop !== undefined || this.#joins(text, after.chunk.text))) {
        break;
      }
      text += after.chunk.text;
      last = after;
    }
    this.#chunks.replace(first, last, this.#divide(text, first.chunk.loop));
  }

  /** Whether the border of two neighbouring texts is a safe cut; true at the ends of the document. */
  #joins(left: string | undefined, right: string | undefined): boolean {
    return !left || !right || this.#encoder.cuts.isSafeBetween(left.charCodeAt(left.length - 1), right.charCodeAt(0));
  }

  /** @param loop of the seam that the text begins at, if there is one */
  #divide(text: string, loop: PieceLoop | undefined): Chunk[] {
    if (text.length > dividedAtOnce) {
      return [{ text, tokens: notCounted, loop, undivided: 0 }];
    }
    const chunks: Chunk[] = [];
    let start = 0;
    do {
      const end = this.#encoder.cuts.partEnd(text, start, chunkSize);
      chunks.push({ text: text.slice(start, end), tokens: notCounted, loop: start === 0 ? loop : undefined });
      start = end;
    } while (start < text.length);
    return chunks;
  }

  get #longestCountedHere(): number {
    return this.#countElsewhere === undefined ? Number.POSITIVE_INFINITY : maxRunCountedHere;
  }

  /** Counts what an edit left uncounted, as far as it does not take long. */
  #countSome(): void {
    let rest = maxCountedAtOnce;
    for (let place = this.#chunks.nextUncounted(); place !== undefined; place = this.#chunks.nextUncounted()) {
      rest -= Math.min(place.chunk.text.length, maxChunkSize);
      if (rest < 0 || !this.#counter.step(place, this.#longestCountedHere)) {
        break;
      }
    }
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
}
