import type { EncodingName } from '../../core/tokens/counter';
import type { EditorTokenCounter } from './tokenService';
import type { RawToken } from './tokenSpans';

/**
 * The tokens of a text themselves, with their ids and bytes, rather than their number. Lone surrogates count as U+FFFD.
 * @param text a part that a person looks at
 */
export async function inspectTokens(
  counter: EditorTokenCounter,
  text: string,
  encoding: EncodingName,
): Promise<RawToken[]> {
  const encoder = await counter.encoder(encoding);
  const bytes = new TextEncoder().encode(text);
  let start = 0;
  return encoder.encode(text).map((id) => {
    const end = start + encoder.table.lengths[id]!;
    const token = { id, bytes: bytes.subarray(start, end) };
    start = end;
    return token;
  });
}
