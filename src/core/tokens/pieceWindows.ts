import { BytePairs } from './bytePairs';
import { CharacterClass } from './characterClasses';
import { loopAt, loopEntrances } from './pieceLoops';
import type { PieceLoop } from './pieceLoops';
import { pieceScanners } from './pieceScanner';
import { noToken, staySeparate } from './rankTable';
import type { TokenEncoder } from './tokenEncoder';
import { classAt, isInsideCharacter, utf16Length } from './utf8Characters';

/**
 * A border between two tokens of one piece, at which a text may be kept apart though no cut is safe there. A sequence
 * of tokens is the encoding of its bytes if and only if every two neighbours are the encoding of theirs: so both sides
 * can be encoded alone as long as the two tokens at the border stay separate.
 */
export interface Seam {
  /** Where the scanner stands in the piece. */
  readonly loop: PieceLoop;
  /** The token on the other side of the seam; undefined while that side is not counted. */
  readonly token: number | undefined;
}

/** The tokens of a text: how many, and which ones stand at its borders. */
export interface TextTokens {
  readonly tokens: number;
  readonly first: number;
  readonly last: number;
}

/** The tokens up to a place for a seam, `length` UTF-16 units from the beginning of a text. */
export interface TextPart extends TextTokens {
  readonly length: number;
  readonly loop: PieceLoop;
}

/** The seam at which a text can't be encoded alone. */
export type BrokenSeam = 'left' | 'right';

const utf8 = new TextEncoder();
const { letter, mark, space, newline } = CharacterClass;
/** UTF-16 units behind a new seam that are looked at: with less text behind it, the last tokens could be others. */
export const lookAhead = 256;
/** Borders of tokens that are tried for a seam; each try looks at the whole piece. */
const maxTries = 8;
/** Room that is kept between windows; what a longer one needed is given back. */
const keptBytes = 1 << 14;

/** A text in UTF-8, from `from` to before `to`, between what stands for the text around it. */
interface LoadedWindow {
  readonly from: number;
  readonly to: number;
  readonly end: number;
}

/** Encodes texts between seams. Not reentrant. */
export class PieceWindows {
  readonly #encoder: TokenEncoder;
  readonly #pairs: BytePairs;
  #bytes = new Uint8Array(0);

  constructor(encoder: TokenEncoder) {
    this.#encoder = encoder;
    this.#pairs = new BytePairs(encoder.table);
  }

  /** The tokens of a text, not empty, between two seams; where there is none, it begins or ends at a safe cut. */
  measure(text: string, left: Seam | undefined, right: Seam | undefined): TextTokens | BrokenSeam {
    const { from, to, end } = this.#load(text, left, right?.loop === 'lines');
    if (right !== undefined && isHighSurrogate(text.charCodeAt(text.length - 1))) {
      return 'right';
    }
    let tokens = 0;
    let first = noToken;
    let last = noToken;
    for (let start = 0; start < to;) {
      const pieceEnd = this.#scan(start, end);
      if (start === 0 && left !== undefined && !this.#enters(left, from, pieceEnd)) {
        return 'left';
      }
      if (
        pieceEnd >= to &&
        right !== undefined &&
        (pieceEnd < end || this.#loopAt(start, to, pieceEnd) !== right.loop)
      ) {
        return 'right';
      }
      const count = this.#pairs.encode(this.#bytes, Math.max(start, from), Math.min(pieceEnd, to));
      first = tokens === 0 ? this.#pairs.tokens[0]! : first;
      last = this.#pairs.tokens[count - 1]!;
      tokens += count;
      start = pieceEnd;
    }
    if (left !== undefined && !this.join(left.token, first)) {
      return 'left';
    }
    return right !== undefined && !this.join(last, right.token) ? 'right' : { tokens, first, last };
  }

  /**
   * Finds a place for a seam within the first `size` units of a text, and the tokens up to it. They hold for what was
   * seen of the text: whether they stay when there is more is told by measuring the other side of the seam.
   * @returns undefined when there is no place of which it is certain that it lies inside a piece
   */
  split(text: string, left: Seam | undefined, right: Seam | undefined, size: number): TextPart | 'left' | undefined {
    const seen = text.slice(0, size + lookAhead);
    const { from, to, end } = this.#load(seen, left, this.#newlineFollows(text, seen, left, right));
    const limit = from + Buffer.byteLength(text.slice(0, size));
    let tokens = 0;
    let first = noToken;
    for (let start = 0; ;) {
      const pieceEnd = this.#scan(start, end);
      if (start === 0 && left !== undefined && !this.#enters(left, from, pieceEnd)) {
        return 'left';
      }
      const partStart = Math.max(start, from);
      const count = this.#pairs.encode(this.#bytes, partStart, Math.min(pieceEnd, to));
      if (tokens === 0) {
        first = this.#pairs.tokens[0]!;
        if (left !== undefined && !this.join(left.token, first)) {
          return 'left';
        }
      }
      if (pieceEnd > limit) {
        const found = this.#seamInside(start, partStart, pieceEnd, count, limit);
        const length = found === undefined ? 0 : utf16Length(this.#bytes, from, found.position);
        return found === undefined || isHighSurrogate(text.charCodeAt(length - 1))
          ? undefined
          : { length, loop: found.loop, tokens: tokens + found.tokens, first, last: found.last };
      }
      tokens += count;
      start = pieceEnd;
    }
  }

  /** The last place for a seam at or before `limit` between the tokens of the part of a piece that was just encoded. */
  #seamInside(
    start: number,
    partStart: number,
    pieceEnd: number,
    count: number,
    limit: number,
  ): { position: number; tokens: number; loop: PieceLoop; last: number } | undefined {
    const { tokens } = this.#pairs;
    const { lengths } = this.#encoder.table;
    let position = partStart;
    let index = 0;
    while (index < count && position + lengths[tokens[index]!]! <= limit) {
      position += lengths[tokens[index++]!]!;
    }
    for (let tries = 0; index > 0 && tries < maxTries; position -= lengths[tokens[--index]!]!) {
      if (index < count && !isInsideCharacter(this.#bytes, position)) {
        tries++;
        const loop = this.#loopAt(start, position, pieceEnd);
        if (loop !== undefined) {
          return { position, tokens: index, loop, last: tokens[index - 1]! };
        }
      }
    }
    return undefined;
  }

  /** Writes the text's UTF-8 into `#bytes`, between what stands for the text before and behind it. */
  #load(text: string, left: Seam | undefined, newlineFollows: boolean): LoadedWindow {
    const entrance = left === undefined ? '' : loopEntrances[left.loop];
    const exit = newlineFollows ? '\n' : '';
    const needed = (entrance.length + text.length + exit.length) * 3;
    if (this.#bytes.length < needed || this.#bytes.length > Math.max(needed, keptBytes)) {
      this.#bytes = new Uint8Array(Math.max(needed, keptBytes));
    }
    const end = utf8.encodeInto(entrance + text + exit, this.#bytes).written;
    return { from: Buffer.byteLength(entrance), to: end - exit.length, end };
  }

  #scan(start: number, end: number): number {
    return pieceScanners[this.#encoder.encoding](this.#encoder.classes, this.#bytes, start, end);
  }

  #loopAt(start: number, position: number, end: number): PieceLoop | undefined {
    const { encoding, classes } = this.#encoder;
    const loop = loopAt(encoding, classes, this.#bytes, start, position, end);
    return loop === 'upper' && this.#mayGoOnWord(start) ? undefined : loop;
  }

  /** Whether the piece that enters at a seam does go on behind it as the seam has it. */
  #enters({ loop }: Seam, from: number, pieceEnd: number): boolean {
    return pieceEnd > from && !(loop === 'blanks' && this.#loopAt(0, from, pieceEnd) === 'lines');
  }

  /** Whether two tokens may stand at a seam; true while one of them is not known. */
  join(before: number | undefined, after: number | undefined): boolean {
    return before === undefined || after === undefined || staySeparate(this.#encoder.table, before, after);
  }

  /** Whether the beginning of a text ends in white space that goes on and has a newline further on. */
  #newlineFollows(text: string, beginning: string, left: Seam | undefined, right: Seam | undefined): boolean {
    const { classes } = this.#encoder;
    const classOf = (index: number): number => classes[text.charCodeAt(index)]!;
    let position = beginning.length;
    while (position > 0 && classOf(position - 1) === space) {
      position--;
    }
    // All of it being spaces, the seam before them tells; they may go on for long.
    if (position === 0 && (left?.loop === 'blanks' || left?.loop === 'lines')) {
      return left.loop === 'lines';
    }
    if ((classOf(beginning.length - 1) & (space | newline)) === 0) {
      return false;
    }
    position = beginning.length;
    while (position < text.length && classOf(position) === space) {
      position++;
    }
    return position < text.length ? classOf(position) === newline : right?.loop === 'lines';
  }

  /** Whether upper case from here on may turn out to go on a word that ended before it for want of a lower-case letter. */
  #mayGoOnWord(start: number): boolean {
    if (start === 0) {
      return false;
    }
    let previous = start - 1;
    while (isInsideCharacter(this.#bytes, previous)) {
      previous--;
    }
    return (classAt(this.#encoder.classes, this.#bytes, previous) & (letter | mark)) !== 0;
  }
}

function isHighSurrogate(unit: number): boolean {
  return (unit & 0xfc00) === 0xd800;
}
