/**
 * Line starts that no token reaches over, in any encoding: behind a newline, before anything but white space and
 * slashes. Texts that are cut there and counted apart have the tokens of the whole. U+0085 is white space for the
 * encodings and U+FEFF for JavaScript, so neither may follow.
 */
const lineCut = /\n(?=[^\s/\u0085\uFEFF])/g;

/** The first such line start behind `from`, or -1. */
export function firstLineCut(text: string, from: number): number {
  lineCut.lastIndex = from;
  return lineCut.test(text) ? lineCut.lastIndex : -1;
}

/** The last one, or -1. */
export function lastLineCut(text: string): number {
  let newline = text.lastIndexOf('\n');
  while (newline !== -1 && firstLineCut(text.slice(newline, newline + 2), 0) === -1) {
    newline = newline === 0 ? -1 : text.lastIndexOf('\n', newline - 1);
  }
  return newline === -1 ? -1 : newline + 1;
}
