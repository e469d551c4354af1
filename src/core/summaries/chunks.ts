/** Counts the tokens of texts, in their order. */
export type CountTexts = (texts: readonly string[]) => Promise<readonly number[]>;

/** A text in paragraphs; each keeps the blank lines after it, so that together they are the text. */
export function paragraphsOf(text: string): string[] {
  return [...text.matchAll(/[^]*?\n[ \t]*\r?\n|[^]+$/g)].map(([paragraph]) => paragraph);
}

/**
 * Packs pieces into as few texts as fit when taken in order, each of at most `limit` tokens. A piece that is larger is
 * cut at its line ends, and a line that is larger between characters. Together the results are the pieces, to the
 * byte; the same pieces give the same results.
 */
export async function packPieces(pieces: readonly string[], limit: number, count: CountTexts): Promise<string[]> {
  const packed: string[] = [];
  let current = '';
  let tokens = 0;
  for (const { text, size } of await fittingPieces(pieces, limit, count)) {
    if (current !== '' && tokens + size > limit) {
      packed.push(current);
      current = '';
      tokens = 0;
    }
    current += text;
    tokens += size;
  }
  return current === '' ? packed : [...packed, current];
}

interface SizedText {
  readonly text: string;
  readonly size: number;
}

async function fittingPieces(pieces: readonly string[], limit: number, count: CountTexts): Promise<SizedText[]> {
  const sizes = await count(pieces);
  const fitting: SizedText[] = [];
  for (const [index, text] of pieces.entries()) {
    const size = sizes[index]!;
    const cuts = size <= limit ? [text] : smaller(text);
    if (cuts.length === 1) {
      fitting.push({ text, size });
    } else {
      fitting.push(...(await fittingPieces(cuts, limit, count)));
    }
  }
  return fitting;
}

/** The lines of a text; for a single line its two halves. */
function smaller(text: string): string[] {
  const lines = [...text.matchAll(/[^\n]*\n|[^\n]+$/g)].map(([line]) => line);
  if (lines.length > 1) {
    return lines;
  }
  const middle = Math.floor(text.length / 2);
  const splitsPair = /[\ud800-\udbff]/.test(text[middle - 1] ?? '') && /[\udc00-\udfff]/.test(text[middle] ?? '');
  const cut = splitsPair ? middle + 1 : middle;
  // One character is never cut, however few tokens are allowed.
  return cut === 0 || cut >= text.length ? [text] : [text.slice(0, cut), text.slice(cut)];
}
