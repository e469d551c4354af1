import type { CountOptions, EncodingName, TokenCounter } from '../../tokens/counter';

/**
 * Tokens before each of some places in a text (UTF-16, ascending), and of the whole: exact, as if each prefix were
 * counted. Between places where all encodings begin anew, each stretch is counted once, so that the work grows with
 * the text and not with the number of places.
 */
export async function cumulativeTokens(
  text: string,
  places: readonly number[],
  counter: TokenCounter,
  encoding: EncodingName,
  options: CountOptions = {},
): Promise<{ readonly before: readonly number[]; readonly total: number }> {
  const stretches: { readonly start: number; readonly inner: number[] }[] = [{ start: 0, inner: [] }];
  for (const place of places) {
    if (beginsAnew(text, place)) {
      stretches.push({ start: place, inner: [] });
    } else {
      stretches.at(-1)!.inner.push(place);
    }
  }
  const texts = stretches.flatMap(({ start, inner }, index) =>
    [...inner, stretches[index + 1]?.start ?? text.length].map((end) => text.slice(start, end)),
  );
  const counts = await counter.countAll(texts, encoding, options);
  const before: number[] = [];
  let base = 0;
  let next = 0;
  stretches.forEach(({ inner }, index) => {
    if (index > 0) {
      before.push(base);
    }
    before.push(...inner.map(() => base + counts[next++]!));
    base += counts[next++]!;
  });
  return { before, total: base };
}

/** After a line break, all encodings start a new piece at anything but white space and a slash. */
function beginsAnew(text: string, place: number): boolean {
  return (
    place > 0 && text[place - 1] === '\n' && /^[A-Za-z0-9#<>*_`"'(){}[\]|:.,!?=+-]/.test(text.slice(place, place + 1))
  );
}
