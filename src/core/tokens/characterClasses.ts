/**
 * What the patterns of the encodings tell apart, one bit each, so that sets of classes are sums. The build reads the
 * class of every character out of tiktoken, whose Unicode version is the one that counts; not of the running Node.
 */
export const CharacterClass = {
  /** Everything that is in none of the other classes: punctuation, symbols, controls, unassigned characters. */
  other: 1,
  /** Upper-case and title-case letters. */
  upper: 2,
  lower: 4,
  /** Letters that have no case. */
  letter: 8,
  mark: 16,
  number: 32,
  /** White space other than the two newlines, carriage return and line feed. */
  space: 64,
  newline: 128,
} as const;

/** The class of each Unicode character, by code point, in memory that threads can share. Surrogates are `other`. */
export type CharacterClasses = Uint8Array;

/** Expands `classes.bin`: runs of equal classes, each a first code point and, in the top byte, the class's number. */
export function parseCharacterClasses(file: Uint8Array): CharacterClasses {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const classes = new Uint8Array(new SharedArrayBuffer(0x110000));
  for (let offset = 0; offset < file.byteLength; offset += 4) {
    const range = view.getUint32(offset, true);
    const next = offset + 4 < file.byteLength ? view.getUint32(offset + 4, true) & 0xffffff : classes.length;
    classes.fill(1 << (range >>> 24), range & 0xffffff, next);
  }
  return classes;
}
