import { CharacterClass } from './characterClasses';
import type { CharacterClasses } from './characterClasses';
import type { EncodingName } from './counter';
import { classAt, widthAt } from './utf8Characters';

const { other, upper, lower, letter, mark, number, space, newline } = CharacterClass;
const anyLetter = upper | lower | letter;
const signs = other | mark;
const whiteSpace = space | newline;

const slash = 0x2f;
const apostrophe = 0x27;
const blank = 0x20;

/**
 * The end of the piece that begins at `start`: what the encoding's pattern matches there. `bytes` is well-formed UTF-8
 * and `start < end`. Byte pair encoding never merges across pieces. Reads nothing from `end` on: a text ends there.
 */
export type PieceScanner = (classes: CharacterClasses, bytes: Uint8Array, start: number, end: number) => number;

/** One scanner per encoding, each equal to the regular expression that tiktoken splits with. */
export const pieceScanners: Readonly<Record<EncodingName, PieceScanner>> = {
  /**
   * `[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?`
   * `|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?`
   * `|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`
   */
  o200k_base(classes, bytes, start, end) {
    const first = classAt(classes, bytes, start);
    if ((first & (number | newline)) === 0) {
      const wordStart = (first & (other | space)) !== 0 ? start + widthAt(bytes, start) : start;
      const wordEnd = casedWordEnd(classes, bytes, wordStart, end);
      if (wordEnd > wordStart) {
        return contractionEnd(bytes, wordEnd, end);
      }
    }
    if (first === number) {
      return numberEnd(classes, bytes, start, end);
    }
    let position = signsEnd(classes, bytes, start, end);
    if (position > start) {
      while (position < end && (bytes[position] === slash || classes[bytes[position]!] === newline)) {
        position++;
      }
      return position;
    }
    return whiteSpaceEnd(classes, bytes, start, end);
  },

  /**
   * `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*`
   * `|\s*[\r\n]+|\s+(?!\S)|\s+`
   */
  cl100k_base(classes, bytes, start, end) {
    const contraction = contractionEnd(bytes, start, end);
    if (contraction > start) {
      return contraction;
    }
    const first = classAt(classes, bytes, start);
    if ((first & (number | newline)) === 0) {
      const wordStart = (first & anyLetter) === 0 ? start + widthAt(bytes, start) : start;
      const wordEnd = runEnd(classes, bytes, wordStart, end, anyLetter);
      if (wordEnd > wordStart) {
        return wordEnd;
      }
    }
    if (first === number) {
      return numberEnd(classes, bytes, start, end);
    }
    let position = signsEnd(classes, bytes, start, end);
    if (position > start) {
      while (position < end && classes[bytes[position]!] === newline) {
        position++;
      }
      return position;
    }
    return whiteSpaceEnd(classes, bytes, start, end);
  },
};

/** The end of the run of characters whose class is in the set; `start` when there is none. */
function runEnd(classes: CharacterClasses, bytes: Uint8Array, start: number, end: number, set: number): number {
  let position = start;
  while (position < end && (classAt(classes, bytes, position) & set) !== 0) {
    position += widthAt(bytes, position);
  }
  return position;
}

/**
 * o200k_base's words: any upper-case beginning, then at least one character that is not upper-case; failing that,
 * upper case alone. So `HTMLElement` is one word, and in `漢AB` the word ends before `AB`: the beginning gives back
 * what it took until a caseless letter or mark can stand for the rest. `start` when there is no word.
 */
function casedWordEnd(classes: CharacterClasses, bytes: Uint8Array, start: number, end: number): number {
  let position = start;
  let afterCaseless = start;
  while (position < end) {
    const found = classAt(classes, bytes, position);
    if ((found & (upper | letter | mark)) === 0) {
      if (found === lower) {
        return runEnd(classes, bytes, position, end, lower | letter | mark);
      }
      break;
    }
    position += widthAt(bytes, position);
    if (found !== upper) {
      afterCaseless = position;
    }
  }
  return afterCaseless > start ? afterCaseless : position;
}

/** The end of an English contraction such as `'s` or `'LL` that begins at `start`, or `start`. */
function contractionEnd(bytes: Uint8Array, start: number, end: number): number {
  if (start + 1 >= end || bytes[start] !== apostrophe) {
    return start;
  }
  const lowerCase = 0x20;
  switch (bytes[start + 1]! | lowerCase) {
    case 0x73: // s
    case 0x74: // t
    case 0x6d: // m
    case 0x64: // d
      return start + 2;
    case 0x72: // re
    case 0x76: // ve
      return start + 2 < end && (bytes[start + 2]! | lowerCase) === 0x65 ? start + 3 : start;
    case 0x6c: // ll
      return start + 2 < end && (bytes[start + 2]! | lowerCase) === 0x6c ? start + 3 : start;
    default:
      // U+017F, the long s, is an s regardless of case.
      return bytes[start + 1] === 0xc5 && bytes[start + 2] === 0xbf ? start + 3 : start;
  }
}

/** `\p{N}{1,3}` */
function numberEnd(classes: CharacterClasses, bytes: Uint8Array, start: number, end: number): number {
  let position = start;
  for (let digits = 0; digits < 3 && position < end && classAt(classes, bytes, position) === number; digits++) {
    position += widthAt(bytes, position);
  }
  return position;
}

/** ` ?[^\s\p{L}\p{N}]+`, or `start` when it does not match. */
function signsEnd(classes: CharacterClasses, bytes: Uint8Array, start: number, end: number): number {
  const signsStart = bytes[start] === blank ? start + 1 : start;
  const position = runEnd(classes, bytes, signsStart, end, signs);
  return position > signsStart ? position : start;
}

/**
 * `\s*[\r\n]+|\s+(?!\S)|\s+` on a run of white space: up to its last newline; without one, all but its last character,
 * which joins the next piece; the whole run at the end of the text or when it is a single character.
 */
function whiteSpaceEnd(classes: CharacterClasses, bytes: Uint8Array, start: number, end: number): number {
  let position = start;
  let afterNewline = start;
  let lastCharacter = start;
  while (position < end) {
    const found = classAt(classes, bytes, position);
    if ((found & whiteSpace) === 0) {
      break;
    }
    lastCharacter = position;
    position += widthAt(bytes, position);
    if (found === newline) {
      afterNewline = position;
    }
  }
  if (afterNewline > start) {
    return afterNewline;
  }
  return position < end && lastCharacter > start ? lastCharacter : position;
}
