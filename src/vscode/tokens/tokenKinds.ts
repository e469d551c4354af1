import { firstLineCut } from '../../core/tokens/lineCuts';
import type { RawToken } from './tokenSpans';

/** What a token is made of, as far as it tells why a text costs what it costs. */
export const tokenKindNames = [
  'words in Latin letters',
  'words in other scripts',
  'numbers',
  'punctuation and symbols',
  'white space and line ends',
  'pieces of characters',
  'other characters',
] as const;
export type TokenKind = (typeof tokenKindNames)[number];

/** Tokens of each kind, in the order of the names. */
export type TokenKindCounts = Readonly<Record<TokenKind, number>>;

/** Text encoded at a time, in UTF-16 units: about a millisecond of the extension host's. */
const sliceLength = 2 * 1024;
/** Cut here in any case, where a line does not end; the tokens around the cut may differ. */
const longestSlice = 8 * sliceLength;

const fatalDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The kind of a token: by the first of its characters that is not white space. */
export function tokenKind(bytes: Uint8Array): TokenKind {
  let text: string;
  try {
    text = fatalDecoder.decode(bytes);
  } catch {
    return 'pieces of characters';
  }
  const first = /[^\s\uFEFF]/u.exec(text)?.[0];
  if (first === undefined) {
    return 'white space and line ends';
  }
  if (/\p{N}/u.test(first)) {
    return 'numbers';
  }
  if (/[\p{P}\p{S}]/u.test(first) && !/\p{Extended_Pictographic}/u.test(first)) {
    // A sign that leads a word, such as the quote of `"name`, is the lesser part of its token.
    const letter = /\p{L}/u.exec(text)?.[0];
    return letter === undefined ? 'punctuation and symbols' : wordKind(letter);
  }
  return /\p{L}/u.test(first) ? wordKind(first) : 'other characters';
}

function wordKind(letter: string): TokenKind {
  return /\p{Script=Latin}/u.test(letter) ? 'words in Latin letters' : 'words in other scripts';
}

/**
 * Counts the tokens of a text by kind, slice after slice, so that nobody waits for a long text.
 * @param inspect gives the tokens of a slice
 * @param pause gives the thread to others between slices
 */
export async function countTokenKinds(
  text: string,
  inspect: (slice: string) => Promise<readonly RawToken[]>,
  pause: () => Promise<void>,
): Promise<TokenKindCounts> {
  const counts = Object.fromEntries(tokenKindNames.map((kind) => [kind, 0])) as Record<TokenKind, number>;
  for (let start = 0; start < text.length;) {
    const end = endOfSlice(text, start);
    for (const { bytes } of await inspect(text.slice(start, end))) {
      counts[tokenKind(bytes)] += 1;
    }
    start = end;
    await pause();
  }
  return counts;
}

/** Where a slice may end so that its tokens are those of the whole text: before a line that no token reaches into. */
function endOfSlice(text: string, start: number): number {
  if (text.length - start <= sliceLength) {
    return text.length;
  }
  const lineStart = firstLineCut(text, start + sliceLength);
  if (lineStart !== -1 && lineStart - start <= longestSlice) {
    return lineStart;
  }
  const cut = Math.min(text.length, start + longestSlice);
  const splitsPair = /[\uDC00-\uDFFF]/.test(text.charAt(cut)) && /[\uD800-\uDBFF]/.test(text.charAt(cut - 1));
  return splitsPair ? cut - 1 : cut;
}
