const tab = 0x09;
const blank = 0x20;
const slash = 0x2f;

/**
 * The first line start behind `from` that no token reaches over, in any encoding, or -1. Texts that are cut there and
 * counted apart have the tokens of the whole. Such a line begins with blanks that more than white space follows, or
 * with neither white space nor a slash.
 */
export function firstLineCut(text: string, from: number): number {
  let newline = text.indexOf('\n', from);
  while (newline !== -1 && !isCutBehind(text, newline)) {
    newline = text.indexOf('\n', newline + 1);
  }
  return newline === -1 ? -1 : newline + 1;
}

/** The last one, or -1. */
export function lastLineCut(text: string): number {
  let newline = text.lastIndexOf('\n');
  while (newline !== -1 && !isCutBehind(text, newline)) {
    newline = newline === 0 ? -1 : text.lastIndexOf('\n', newline - 1);
  }
  return newline === -1 ? -1 : newline + 1;
}

function isCutBehind(text: string, newline: number): boolean {
  let at = newline + 1;
  while (at < text.length && (text.charCodeAt(at) === blank || text.charCodeAt(at) === tab)) {
    at++;
  }
  const unit = text.charCodeAt(at);
  if (!(unit > blank)) {
    return false;
  }
  // U+0085 is white space for the encodings and U+FEFF for JavaScript.
  const isText = unit < 0x7f || !/[\s\u0085]/.test(text.charAt(at));
  return isText && (unit !== slash || at > newline + 1);
}
