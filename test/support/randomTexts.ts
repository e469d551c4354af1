/** A reproducible source of numbers in [0, 1) (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const telling = "aAzZ09 \t\r\n\u0085\ufeff\u00a0'!/-_.sSreRElLvVmMdDtTſ漢字ひ한éÉ\u0301١½😀";

/** A text in which characters that the encodings treat specially, ASCII and all of Unicode meet. */
export function randomText(random: () => number, length: number): string {
  let text = '';
  while (text.length < length) {
    const kind = random();
    if (kind < 0.35) {
      text += telling.charAt(Math.floor(random() * telling.length));
    } else if (kind < 0.6) {
      text += String.fromCharCode(Math.floor(random() * 0x80));
    } else if (kind < 0.75) {
      text += String.fromCharCode(Math.floor(random() * 0x600));
    } else if (kind < 0.9) {
      text += String.fromCharCode(Math.floor(random() * 0x10000));
    } else {
      text += String.fromCodePoint(Math.floor(random() * 0x110000));
    }
  }
  return text;
}

/** A text of characters from all of Unicode, each as likely as the other; a surrogate may stand alone. */
export function anyText(random: () => number, length: number): string {
  let text = '';
  while (text.length < length) {
    text += String.fromCodePoint(Math.floor(random() * 0x110000));
  }
  return text;
}

/** A text made of tokens and of parts of them, which makes byte pair encoding choose; the more frequent ones more often. */
export function textOfTokens(random: () => number, length: number, tokens: readonly Uint8Array[]): string {
  let text = '';
  while (text.length < length) {
    const token = Buffer.from(tokens[Math.floor(random() ** 2 * tokens.length)]!).toString();
    const start = random() < 0.5 ? 0 : Math.floor(random() * token.length);
    text += token.slice(start, start + 1 + Math.floor(random() * token.length)).repeat(random() < 0.1 ? 3 : 1);
  }
  return text;
}
