import { throwIfCancelled } from '../../core/errors';

/** A document as far as taking its text is concerned. */
export interface LinedText {
  readonly version: number;
  readonly lineCount: number;
  /** The text from the start of a line to the start of another, or to the end of the text. */
  linesBetween(firstLine: number, endLine: number): string;
}

const linesAtOnce = 1000;
/** After so many tries that an edit interrupted, the text is taken at once. */
const maxTries = 5;

/**
 * Takes a text without holding the thread up: putting 10 MB of lines together at once takes 20 ms. The text is that of
 * the document's version at the moment when the promise settles.
 * @param pause gives the thread to others for a moment
 */
export async function textInSlices(
  document: LinedText,
  { signal, sliceMs }: { readonly signal: AbortSignal; readonly sliceMs: number },
  pause: () => Promise<void> = async () => new Promise((resolve) => setImmediate(resolve)),
): Promise<string> {
  for (let attempt = 0; attempt < maxTries; attempt++) {
    const { version, lineCount } = document;
    const parts: string[] = [];
    let sliceEnd = performance.now() + sliceMs;
    for (let line = 0; line < lineCount && document.version === version; line += linesAtOnce) {
      if (performance.now() >= sliceEnd) {
        await pause();
        throwIfCancelled(signal);
        sliceEnd = performance.now() + sliceMs;
        if (document.version !== version) {
          break;
        }
      }
      parts.push(document.linesBetween(line, line + linesAtOnce));
    }
    if (document.version === version) {
      return parts.join('');
    }
  }
  return document.linesBetween(0, document.lineCount);
}
