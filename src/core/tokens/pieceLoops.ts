import { CharacterClass } from './characterClasses';
import type { CharacterClasses } from './characterClasses';
import type { EncodingName } from './counter';
import { classAt, widthAt } from './utf8Characters';

const { other, upper, lower, letter, mark, space, newline } = CharacterClass;
const anyLetter = upper | lower | letter;
const signs = other | mark;
const whiteSpace = space | newline;

/**
 * Where in a pattern the scanner stands in the middle of a long piece: which of its repetitions goes on. Together with
 * what follows, and nothing else, it decides where the piece ends.
 * - `upper`, `caseless`, `lower`: a word, so far of upper-case letters alone; with caseless ones, the last character
 *   being one; past its upper-case beginning. In cl100k_base all words are `lower`.
 * - `signs`, `tail`: signs, and the newlines (and slashes) that they take along.
 * - `blanks`: white space without a newline so far, and none in the white space that follows.
 * - `lines`: white space with a newline in the white space that follows.
 */
export type PieceLoop = 'upper' | 'caseless' | 'lower' | 'signs' | 'tail' | 'blanks' | 'lines';

/** Shorter beginnings of pieces may be contractions, or a single character that belongs to what follows. */
const fewestCharacters = 4;

/** A beginning of a piece, in place of the real one, that brings the scanner of either encoding into the loop. */
export const loopEntrances: Readonly<Record<PieceLoop, string>> = {
  upper: 'AAAA',
  caseless: '漢漢漢漢',
  lower: 'aaaa',
  signs: '!!!!',
  tail: '!!!\n',
  blanks: '    ',
  lines: '\n\n\n\n',
};

/**
 * The loop in which the scanner stands at `position` in the piece from `start` to `end`. Undefined when it depends on
 * text still to come whether the piece reaches that position, other than as `blanks` and `lines` tell.
 */
export function loopAt(
  encoding: EncodingName,
  classes: CharacterClasses,
  bytes: Uint8Array,
  start: number,
  position: number,
  end: number,
): PieceLoop | undefined {
  const first = classAt(classes, bytes, start);
  let rest = 0;
  let last = first;
  let characters = 1;
  for (let at = start + widthAt(bytes, start); at < position; at += widthAt(bytes, at)) {
    last = classAt(classes, bytes, at);
    rest |= last;
    characters++;
  }
  const all = first | rest;
  if (characters < fewestCharacters) {
    return undefined;
  }
  if ((all & ~whiteSpace) === 0) {
    // A newline ends the piece wherever white space has one.
    return classes[bytes[end - 1]!] === newline ? 'lines' : 'blanks';
  }
  const isO200k = encoding === 'o200k_base';
  if ((rest & ~(isO200k ? anyLetter | mark : anyLetter)) === 0) {
    return isO200k ? casedLoop(first, rest, last) : 'lower';
  }
  if ((rest & ~(signs | newline)) === 0 && (all & signs) !== 0) {
    return (all & newline) === 0 ? 'signs' : 'tail';
  }
  return undefined;
}

function casedLoop(first: number, rest: number, last: number): PieceLoop | undefined {
  const word = rest | (first & (anyLetter | mark));
  if ((word & lower) !== 0) {
    return 'lower';
  }
  if (word === upper) {
    return 'upper';
  }
  // What ends in upper case may have to be given back, down to the last caseless letter.
  return last === upper ? undefined : 'caseless';
}
