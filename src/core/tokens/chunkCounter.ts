import { notCounted } from './chunkList';
import type { Chunk, ChunkList, ChunkPlace } from './chunkList';
import { PieceWindows, lookAhead } from './pieceWindows';
import type { PieceLoop } from './pieceLoops';
import type { BrokenSeam, Seam } from './pieceWindows';
import type { TokenEncoder } from './tokenEncoder';

/** UTF-16 units of a chunk when it is made, and when it is divided again. */
export const chunkSize = 2048;
export const maxChunkSize = 2 * chunkSize;
/** Units of a text that are looked at for safe cuts at once: a fraction of a millisecond. */
export const dividedAtOnce = 65_536;
/** Units of a chunk between seams, all of which an edit has encoded again. */
const seamedChunkSize = 1024;
/** No further than this is looked for a place for a seam. */
const maxReach = 16_384;

/**
 * Counts the chunks of a document in small steps. A run without a safe cut, such as a megabyte of one letter, is
 * divided at seams. What a seam promises is verified by the chunks on both of its sides, whichever is counted last;
 * where it does not hold, they are put together and counted again. So all seams hold once all chunks are counted. For
 * each kilobyte of such a run some 100 bytes are kept beside the text.
 */
export class ChunkCounter {
  readonly #encoder: TokenEncoder;
  readonly #chunks: ChunkList;
  readonly #windows: PieceWindows;

  constructor(encoder: TokenEncoder, chunks: ChunkList) {
    this.#encoder = encoder;
    this.#chunks = chunks;
    this.#windows = new PieceWindows(encoder);
  }

  /**
   * Counts a chunk, or a part of it that is divided from it, or puts it together with neighbours. Takes a fraction of
   * a millisecond but for a chunk that can't be divided.
   * @returns false, with nothing done, when that chunk is longer than `longest`
   */
  step(place: ChunkPlace, longest: number): boolean {
    const { chunk } = place;
    if (chunk.undivided !== undefined) {
      this.#divideAtCuts(place, chunk.undivided);
      return true;
    }
    const left = this.seamBefore(place);
    const right = this.seamAfter(place);
    if (chunk.text.length > maxChunkSize) {
      const cut = this.#encoder.cuts.lastBefore(chunk.text, chunkSize, 0);
      if (cut > 0) {
        this.#divide(place, { ...chunk, text: chunk.text.slice(0, cut) });
        return true;
      }
      if (this.#divideAtSeam(place, left, right)) {
        return true;
      }
      if (chunk.text.length > longest) {
        return this.#merge(place, right !== undefined ? 'right' : left !== undefined ? 'left' : undefined);
      }
    }
    if (left === undefined && right === undefined) {
      this.#chunks.update(place, chunk.text, this.#encoder.count(chunk.text));
      return true;
    }
    const measured = this.#windows.measure(chunk.text, left, right);
    if (typeof measured === 'string') {
      return (measured === 'right' && this.#shift(place, left)) || this.#merge(place, measured);
    }
    chunk.first = measured.first;
    chunk.last = measured.last;
    chunk.reach = undefined;
    this.#chunks.update(place, chunk.text, measured.tokens);
    return true;
  }

  /** The tokens of a text between two seams, or undefined when one of them does not hold for this text. */
  countBetween(text: string, left: Seam | undefined, right: Seam | undefined): number | undefined {
    if (left === undefined && right === undefined) {
      return this.#encoder.count(text);
    }
    const measured = this.#windows.measure(text, left, right);
    return typeof measured === 'string' ? undefined : measured.tokens;
  }

  /**
   * Divides the beginning of a long text at safe cuts, near each other where it has them; the rest stays as it is.
   * @param known units at its beginning that hold none
   */
  #divideAtCuts(place: ChunkPlace, known: number): void {
    const { cuts } = this.#encoder;
    const { text, loop, reach } = place.chunk;
    const chunks: Chunk[] = [];
    let start = 0;
    let without = known;
    while (start < text.length && start + without < known + dividedAtOnce) {
      const wanted = start + chunkSize;
      let end = without < chunkSize ? cuts.lastBefore(text, Math.min(wanted, text.length), start) : -1;
      if (end === -1) {
        const from = Math.min(text.length, Math.max(wanted, start + without));
        end = cuts.firstAfter(text, from, Math.min(text.length, from + dividedAtOnce));
        if (!cuts.isSafe(text, end)) {
          without = end - start;
          break;
        }
      }
      chunks.push({ text: text.slice(start, end), tokens: notCounted });
      start = end;
      without = 0;
    }
    if (start < text.length) {
      chunks.push({ text: text.slice(start), tokens: notCounted, undivided: without });
    }
    this.#chunks.replace(place, place, [{ ...chunks[0]!, loop, reach }, ...chunks.slice(1)]);
  }

  /** Divides a run after about a kilobyte. False when there is no place for a seam. */
  #divideAtSeam(place: ChunkPlace, left: Seam | undefined, right: Seam | undefined): boolean {
    const { text, loop, reach = seamedChunkSize } = place.chunk;
    for (let size = reach; size <= maxReach && size + lookAhead < text.length; size *= 2) {
      const part = this.#windows.split(text, left, right, size);
      if (part === 'left') {
        return this.#merge(place, 'left');
      }
      if (part !== undefined) {
        const { length, tokens, first, last } = part;
        this.#divide(place, { text: text.slice(0, length), tokens, loop, first, last }, part.loop);
        return true;
      }
    }
    return false;
  }

  /** Replaces a chunk by its beginning and by the rest, which is not counted. */
  #divide(place: ChunkPlace, beginning: Chunk, loop?: PieceLoop): void {
    const { text, reach } = place.chunk;
    const rest = { text: text.slice(beginning.text.length), tokens: notCounted, loop, reach };
    this.#chunks.replace(place, place, [beginning, rest]);
  }

  /**
   * Runs that repeat themselves never go on as before behind an edit: all their tokens move. But the text that they
   * move over moves the other way, and the chunks look as before. So what of a chunk does not fill a token is passed on
   * to the first chunk that would look different with it in front. False when not even the next one looks the same.
   */
  #shift(place: ChunkPlace, left: Seam | undefined): boolean {
    const { chunk } = place;
    const next = this.#chunks.after(place)!;
    if (next.chunk.undivided !== undefined) {
      return false;
    }
    const part = this.#windows.split(chunk.text + next.chunk.text, left, this.seamAfter(next), chunk.text.length);
    if (typeof part !== 'object' || part.loop !== next.chunk.loop || !this.#windows.join(part.last, next.chunk.first)) {
      return false;
    }
    let moved = chunk.text.slice(part.length);
    let receiver = next;
    while (
      counted(receiver.chunk) &&
      isRepeated(moved, receiver.chunk.text) &&
      this.seamAfter(receiver) !== undefined
    ) {
      moved = receiver.chunk.text.slice(-moved.length);
      receiver = this.#chunks.after(receiver)!;
    }
    if (receiver === next) {
      return false;
    }
    if (receiver.chunk.undivided !== undefined) {
      receiver.chunk.undivided = 0;
    }
    this.#chunks.update(receiver, moved + receiver.chunk.text, notCounted);
    this.#chunks.update(place, chunk.text.slice(0, part.length), part.tokens);
    chunk.first = part.first;
    chunk.last = part.last;
    return true;
  }

  /** Puts a chunk together with neighbours beyond a seam that does not hold. False when there is no seam. */
  #merge(place: ChunkPlace, side: BrokenSeam | undefined): boolean {
    if (side === undefined) {
      return false;
    }
    let first = place;
    let last = place;
    let { text, undivided, reach = seamedChunkSize } = place.chunk;
    if (side === 'right') {
      last = this.#chunks.after(place)!;
      text += last.chunk.text;
      undivided = last.chunk.undivided;
    } else {
      const { length } = text;
      do {
        first = this.#chunks.before(first)!;
        text = first.chunk.text + text;
        undivided ??= first.chunk.undivided;
      } while (first.chunk.loop !== undefined && (text.length < length + reach || isAmongBlanks(first, place)));
      // Had so much been looked at before, the seam would not have been placed there.
      reach *= 2;
    }
    const merged: Chunk = { text, tokens: notCounted, loop: first.chunk.loop, reach };
    // What was known of its cuts was known without the text that is before it now.
    this.#chunks.replace(first, last, [undivided === undefined ? merged : { ...merged, undivided: 0 }]);
    return true;
  }

  /** The seam at which a chunk begins, if it does not begin at a safe cut. */
  seamBefore(place: ChunkPlace): Seam | undefined {
    const { loop } = place.chunk;
    return loop === undefined ? undefined : { loop, token: counted(this.#chunks.before(place)?.chunk)?.last };
  }

  /** The seam at which a chunk ends. */
  seamAfter(place: ChunkPlace): Seam | undefined {
    const next = this.#chunks.after(place)?.chunk;
    return next?.loop === undefined ? undefined : { loop: next.loop, token: counted(next)?.first };
  }
}

function counted(chunk: Chunk | undefined): Chunk | undefined {
  return chunk?.tokens === notCounted ? undefined : chunk;
}

/** Whether a text consists of a shorter one again and again, the last time perhaps of its beginning. */
function isRepeated(part: string, text: string): boolean {
  const { length } = part;
  return length > 0 && length <= text.length && text.startsWith(part) && text.slice(length) === text.slice(0, -length);
}

/** What blanks promise, that there is no newline in their white space, fails for all of them at once. */
function isAmongBlanks(first: ChunkPlace, broken: ChunkPlace): boolean {
  return first.chunk.loop === 'blanks' && broken.chunk.loop === 'blanks';
}
