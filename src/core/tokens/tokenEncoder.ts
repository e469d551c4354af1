import { BytePairs } from './bytePairs';
import type { CharacterClasses } from './characterClasses';
import type { EncodingName } from './counter';
import { PieceMemo, longestRememberedPiece } from './pieceMemo';
import { pieceScanners } from './pieceScanner';
import type { PieceScanner } from './pieceScanner';
import type { RankTable } from './rankTable';
import { SafeCuts } from './safeCuts';

const utf8 = new TextEncoder();
/** The memo reads whole words, so this much must follow the last byte. */
const padding = 16;
/** Long texts are encoded in parts of about this many UTF-16 units, so that their bytes stay in the processor's cache. */
const partSize = 16_384;
/** What is kept between texts; a part may be larger where no cut is safe. */
const keptBytes = 1 << 20;

/** Encodes texts in the calling thread, exactly as tiktoken's `encode_ordinary` does. Not reentrant. */
export class TokenEncoder {
  readonly encoding: EncodingName;
  /** Where this encoding lets texts be cut. */
  readonly cuts: SafeCuts;
  readonly table: RankTable;
  readonly classes: CharacterClasses;
  readonly #scan: PieceScanner;
  readonly #pairs: BytePairs;
  readonly #memo = new PieceMemo();
  #bytes = new Uint8Array(0);
  #view = new DataView(this.#bytes.buffer);

  constructor(encoding: EncodingName, table: RankTable, classes: CharacterClasses) {
    this.encoding = encoding;
    this.#scan = pieceScanners[encoding];
    this.table = table;
    this.classes = classes;
    this.#pairs = new BytePairs(table);
    this.cuts = new SafeCuts(encoding, classes);
  }

  /** The number of tokens of a text, in time that grows with its length, whatever its characters. */
  count(text: string): number {
    let total = 0;
    for (let start = 0; start < text.length;) {
      const end = this.cuts.partEnd(text, start, partSize);
      total += this.#countPart(start === 0 && end === text.length ? text : text.slice(start, end));
      start = end;
    }
    return total;
  }

  /** The tokens of a text as their ranks. */
  encode(text: string): number[] {
    const tokens: number[] = [];
    for (let start = 0; start < text.length;) {
      const end = this.cuts.partEnd(text, start, partSize);
      this.#encodePart(text.slice(start, end), tokens);
      start = end;
    }
    return tokens;
  }

  #countPart(text: string): number {
    const end = this.#load(text);
    const classes = this.classes;
    const bytes = this.#bytes;
    const view = this.#view;
    const memo = this.#memo;
    const pairs = this.#pairs;
    let total = 0;
    for (let start = 0; start < end;) {
      const pieceEnd = this.#scan(classes, bytes, start, end);
      const length = pieceEnd - start;
      if (length > longestRememberedPiece) {
        total += pairs.encode(bytes, start, pieceEnd);
      } else {
        let count = memo.recall(view, start, length);
        if (count === 0) {
          count = pairs.encode(bytes, start, pieceEnd);
          memo.remember(count);
        }
        total += count;
      }
      start = pieceEnd;
    }
    return total;
  }

  #encodePart(text: string, tokens: number[]): void {
    const end = this.#load(text);
    for (let start = 0; start < end;) {
      const pieceEnd = this.#scan(this.classes, this.#bytes, start, end);
      const count = this.#pairs.encode(this.#bytes, start, pieceEnd);
      for (const token of this.#pairs.tokens.subarray(0, count)) {
        tokens.push(token);
      }
      start = pieceEnd;
    }
  }

  /** Writes the text's UTF-8 into `#bytes`, lone surrogates as U+FFFD, and returns its length. */
  #load(text: string): number {
    const needed = text.length * 3 + padding;
    if (this.#bytes.length < needed || this.#bytes.length > Math.max(needed, keptBytes)) {
      this.#bytes = new Uint8Array(Math.max(needed, partSize * 3 + padding));
      this.#view = new DataView(this.#bytes.buffer);
    }
    return utf8.encodeInto(text, this.#bytes).written;
  }
}
