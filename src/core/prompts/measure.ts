import type { CountMethod, CountOptions, EncodingName, TokenCounter } from '../tokens/counter';
import type { CompiledPiece, CompiledPrompt } from './compile';

/** The tokens of one piece of a compiled prompt. */
export interface MeasuredPiece {
  readonly piece: CompiledPiece;
  /** Of the piece's own text: does not depend on what stands around it. */
  readonly tokens: number;
  /** Tokens of the prompt before the piece. */
  readonly offset: number;
  /** Tokens that the piece adds to the prompt, the empty line before the next piece included; they sum to the total. */
  readonly added: number;
}

export interface MeasuredPrompt {
  readonly prompt: CompiledPrompt;
  readonly encoding: EncodingName;
  readonly method: CountMethod;
  readonly tokens: number;
  readonly pieces: readonly MeasuredPiece[];
  /** Undefined when the manifest sets no budget for the variant. */
  readonly budget: number | undefined;
}

/** Counts a compiled prompt and its pieces exactly in one encoding. */
export async function measurePrompt(
  prompt: CompiledPrompt,
  counter: TokenCounter,
  encoding: EncodingName,
  options: CountOptions = {},
): Promise<MeasuredPrompt> {
  const { pieces, offsets, text } = prompt;
  const prefixes = offsets.slice(1).map((offset) => text.slice(0, offset));
  const counts = await counter.countAll([...pieces.map((piece) => piece.text), ...prefixes, text], encoding, options);
  const own = counts.slice(0, pieces.length);
  const ends = counts.slice(pieces.length);
  const tokens = ends.at(-1) ?? 0;
  return {
    prompt,
    encoding,
    method: 'exact',
    tokens: pieces.length === 0 ? 0 : tokens,
    pieces: pieces.map((piece, index) => {
      const offset = index === 0 ? 0 : ends[index - 1]!;
      return { piece, tokens: own[index]!, offset, added: ends[index]! - offset };
    }),
    budget: prompt.manifest.budgets.get(prompt.variant),
  };
}
