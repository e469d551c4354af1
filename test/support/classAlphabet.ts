/**
 * One character for each set of characters that the patterns of the encodings can tell from the others; no pattern
 * treats two characters of one set differently, at any place: so the pieces of a text stay where they are when its
 * characters are replaced by these. A test derives the sets from the patterns and finds each of them here once.
 */
export const classAlphabet: readonly string[] = [
  // Lower case: in no contraction; in 's, 't, 'm and 'd; first of 're and 've; second of them; both letters of 'll.
  ...['a', 's', 'r', 'e', 'l'],
  // The same in upper case.
  ...['B', 'S', 'R', 'E', 'L'],
  // Caseless letters, marks, numbers.
  ...['漢', '\u0301', '1'],
  // The blank, which signs take along; other white space; newlines.
  ...[' ', '\t', '\n'],
  // Signs, the slash that follows signs with newlines, and the apostrophe of contractions.
  ...['!', '/', "'"],
];

/**
 * Characters that this project's scanner could treat differently although no pattern does: all letters that it names,
 * each class in each length that UTF-8 has, and both halves of a surrogate pair, which are well-formed side by side.
 */
export const scannerAlphabet: readonly string[] = [
  ...classAlphabet,
  ...['t', 'm', 'd', 'v', 'ſ', 'T', 'M', 'D', 'V', '\u212a'],
  ...['é', 'ﬁ', '𐐨', 'É', 'ǅ', 'Ⴀ', '𐐀', 'ª', 'ʰ', '𠀀', '\u20dd', '\u{1d165}'],
  ...['½', 'ⅷ', '𝟙', '\u00a0', '\u0085', '\u2028', '\u3000', '\v', '\r'],
  ...['\u0000', '\u007f', '¿', '’', '\ufeff', '😀', '\ud83d', '\ude00'],
];
