/** A document as far as taking its text is concerned. */
export interface LinedText {
  readonly version: number;
  readonly lineCount: number;
  /** The text from the start of a line to the start of another, or to the end of the text. */
  linesBetween(firstLine: number, endLine: number): string;
}

/** Who takes a text, part by part. */
export interface TextTaker {
  /** The text begins, or begins again because it changed. */
  begin(): void;
  add(part: string): void;
}

const linesAtOnce = 500;
/** UTF-16 units: a line alone may be much longer. */
const maxPart = 65_536;
/** After so many tries that an edit interrupted, the text is taken at once. */
const maxTries = 5;

/**
 * Takes a text without holding the thread up: putting 10 MB of lines together at once takes 20 ms. What was taken is the
 * text of the document's version at the moment when the promise settles.
 * @param pause gives the thread to others for a moment, where it is time to; called before each part
 */
export async function takeText(document: LinedText, taker: TextTaker, pause: () => Promise<void>): Promise<void> {
  for (let attempt = 0; attempt < maxTries; attempt++) {
    const { version, lineCount } = document;
    const isSame = (): boolean => document.version === version;
    taker.begin();
    for (let line = 0; line < lineCount && isSame(); line += linesAtOnce) {
      await pause();
      const lines = isSame() ? document.linesBetween(line, line + linesAtOnce) : '';
      for (let start = 0; start < lines.length && isSame(); start += maxPart) {
        taker.add(lines.slice(start, start + maxPart));
        if (start + maxPart < lines.length) {
          await pause();
        }
      }
    }
    if (isSame()) {
      return;
    }
  }
  taker.begin();
  taker.add(document.linesBetween(0, document.lineCount));
}
