import type { CountOptions, TokenCounter } from '../tokens/counter';
import { shapeOf } from './economics';
import type { PromptShape } from './economics';
import type { MeasuredPrompt } from './measure';
import type { ResolvedPrompt } from './resolve';

/** The shape of a measured variant, with the mean size of the instructions that it leaves to be fetched. */
export async function shapeWithFetches(
  measured: MeasuredPrompt,
  { parts }: Pick<ResolvedPrompt, 'parts'>,
  counter: TokenCounter,
  options: CountOptions = {},
): Promise<PromptShape> {
  const tags = new Set(measured.prompt.pieces.flatMap(({ onDemand }) => onDemand));
  const texts = new Map(
    parts.flatMap(({ instruction }) =>
      instruction !== undefined && tags.has(instruction.tag) ? [[instruction.tag, instruction.text] as const] : [],
    ),
  );
  const counts = await counter.countAll([...texts.values()], measured.encoding, options);
  const sum = counts.reduce((total, tokens) => total + tokens, 0);
  return shapeOf(measured, counts.length === 0 ? 0 : Math.round(sum / counts.length));
}
