import { firstLineCut } from '../core/tokens/lineCuts';

/** Characters that travel to the worker in one message: a few milliseconds of work for it, well under one for us. */
const batchCharacters = 200_000;

/** Texts, or parts of texts, that are counted together. Text `i` adds to the count of `owners[i]`. */
export interface Batch {
  readonly texts: string[];
  readonly owners: number[];
}

/**
 * Groups texts into messages of a bounded size. A long text is divided at line starts that no token can reach over;
 * one without such places travels whole.
 */
export function* batchesOf(texts: readonly string[]): Generator<Batch> {
  let batch: Batch = { texts: [], owners: [] };
  let size = 0;
  for (const [owner, text] of texts.entries()) {
    for (let start = 0; start < text.length || start === 0;) {
      const end = partEnd(text, start);
      batch.texts.push(start === 0 && end === text.length ? text : text.slice(start, end));
      batch.owners.push(owner);
      size += end - start;
      if (size >= batchCharacters) {
        yield batch;
        batch = { texts: [], owners: [] };
        size = 0;
      }
      start = Math.max(end, 1);
    }
  }
  if (batch.texts.length > 0) {
    yield batch;
  }
}

function partEnd(text: string, start: number): number {
  if (text.length - start <= batchCharacters * 2) {
    return text.length;
  }
  const cut = firstLineCut(text, start + batchCharacters);
  return cut === -1 ? text.length : cut;
}
