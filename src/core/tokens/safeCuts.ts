import { CharacterClass } from './characterClasses';
import type { CharacterClasses } from './characterClasses';
import type { EncodingName } from './counter';

const { other, upper, lower, letter, mark, number, space, newline } = CharacterClass;
const anyLetter = upper | lower | letter;
const whiteSpace = space | newline;

/**
 * Tells where a text can be cut such that both parts, encoded alone, have the pieces of the whole: then their counts
 * add up. It looks at the two characters beside the cut only, and says no when in doubt.
 */
export class SafeCuts {
  readonly #classes: CharacterClasses;
  readonly #isO200k: boolean;

  constructor(encoding: EncodingName, classes: CharacterClasses) {
    this.#classes = classes;
    this.#isO200k = encoding === 'o200k_base';
  }

  /** Whether the text can be cut before `index`; always at its ends. */
  isSafe(text: string, index: number): boolean {
    if (index <= 0 || index >= text.length) {
      return true;
    }
    return this.isSafeBetween(text.charCodeAt(index - 1), text.charCodeAt(index));
  }

  /** The same for two neighbouring UTF-16 units. */
  isSafeBetween(before: number, after: number): boolean {
    const left = this.#classes[before]!;
    const right = this.#classes[after]!;
    if ((left & whiteSpace) !== 0) {
      // After a newline everything begins anew, but for more white space and, in o200k_base, slashes.
      return left === newline && (right & whiteSpace) === 0 && !(this.#isO200k && after === 0x2f);
    }
    if ((right & whiteSpace) !== 0) {
      // Signs take the newlines that follow them along, and marks can be signs.
      return right === space || (left & (anyLetter | number)) !== 0;
    }
    // What a half of a character is part of is known to be no white space, and no more.
    if (isSurrogate(before) || isSurrogate(after)) {
      return false;
    }
    if ((left & number) !== 0 || (right & number) !== 0) {
      return left !== right;
    }
    if ((left & anyLetter) === 0) {
      return false;
    }
    if (this.#isO200k) {
      return right === upper ? left === lower && !splitsContraction(before, after) : right === other && after !== 0x27;
    }
    return right === other || right === mark;
  }

  /** The last safe cut at or before `index` and after `floor`, or -1. */
  lastBefore(text: string, index: number, floor: number): number {
    let cut = index;
    while (cut > floor && !this.isSafe(text, cut)) {
      cut--;
    }
    return cut > floor ? cut : -1;
  }

  /** The first safe cut at or after `index`, at the latest the end of the text; `ceiling` if there is none before it. */
  firstAfter(text: string, index: number, ceiling = text.length): number {
    let cut = index;
    while (cut < ceiling && !this.isSafe(text, cut)) {
      cut++;
    }
    return cut;
  }

  /**
   * Where to end a part that begins at `start`: at a safe cut near `size` units further, before it where there is one.
   * A run without any safe cut stays whole, however long it is.
   */
  partEnd(text: string, start: number, size: number): number {
    const wanted = start + size;
    if (wanted >= text.length) {
      return text.length;
    }
    const before = this.lastBefore(text, wanted, start);
    return before >= 0 ? before : this.firstAfter(text, wanted);
  }
}

function isSurrogate(unit: number): boolean {
  return (unit & 0xf800) === 0xd800;
}

/** Whether a lower-case letter before an upper-case one can be the middle of `'rE`, `'vE` or `'lL`. */
function splitsContraction(before: number, after: number): boolean {
  return after === 0x45 ? before === 0x72 || before === 0x76 : after === 0x4c && before === 0x6c;
}
