import type { TokenCount, TokenCounter } from '../../core/tokens/counter';
import type { WorkOptions } from '../../core/ports';
import { sectionsOf, withSubsections } from './sections';
import type { Section } from './sections';
import { countFor, countingTarget } from './target';
import type { CountingTarget } from './target';
import { lineKinds, partsOf } from './textParts';
import type { LineKind } from './textParts';

/** A text's tokens as one encoding or model counts them. */
export interface SideBySide {
  readonly target: CountingTarget;
  readonly count: TokenCount;
}

/** What a number of tokens is made of; all but `models` in tokens of the target's encoding. */
export interface Explanation {
  readonly target: CountingTarget;
  readonly tokens: number;
  readonly characters: number;
  readonly bytes: number;
  readonly models: readonly SideBySide[];
  readonly kinds: readonly { readonly kind: LineKind; readonly tokens: number }[];
  readonly sections: readonly { readonly section: Section; readonly tokens: number; readonly own: number }[];
  readonly lines: readonly { readonly line: number; readonly text: string; readonly tokens: number }[];
}

const namedLines = 10;
const shownLineLength = 80;

/** Explains a text's tokens: each part is counted as it stands in the text. */
export async function explainText(
  text: string,
  target: CountingTarget,
  compared: readonly string[],
  counter: TokenCounter,
  { signal }: WorkOptions = {},
): Promise<Explanation> {
  const { encoding } = target.tokenizer;
  const countTexts = async (texts: readonly string[]): Promise<number[]> =>
    counter.countAll(texts, encoding, { signal, priority: 'visible' });

  const [tokens = 0] = await countTexts([text]);
  const parts = partsOf(text);
  const partTokens = await countTexts(parts.map(({ start, end }) => text.slice(start, end)));
  const kinds = lineKinds
    .map((kind) => ({
      kind,
      tokens: partTokens.reduce((sum, count, index) => sum + (parts[index]!.kind === kind ? count : 0), 0),
    }))
    .filter((part) => part.tokens > 0)
    .sort((a, b) => b.tokens - a.tokens);

  const sections = sectionsOf(text);
  const own = await countTexts(sections.map(({ start, ownEnd }) => text.slice(start, ownEnd)));
  return {
    target,
    tokens,
    characters: text.length,
    bytes: Buffer.byteLength(text),
    models: await compare(text, [target.name, ...compared], counter, signal),
    kinds,
    sections: sections.map((section, index) => ({
      section,
      own: own[index]!,
      tokens: withSubsections(sections, own, index),
    })),
    lines: await largestLines(text, countTexts),
  };
}

async function compare(
  text: string,
  names: readonly string[],
  counter: TokenCounter,
  signal: AbortSignal | undefined,
): Promise<SideBySide[]> {
  const targets = [...new Set(names)].map(countingTarget);
  const encodings = [...new Set(targets.map(({ tokenizer }) => tokenizer.encoding))];
  const counts = new Map(
    await Promise.all(
      encodings.map(
        async (encoding) => [encoding, await counter.count(text, encoding, { signal, priority: 'visible' })] as const,
      ),
    ),
  );
  return targets.map((target) => ({ target, count: countFor(target, counts.get(target.tokenizer.encoding)!) }));
}

async function largestLines(
  text: string,
  countTexts: (texts: readonly string[]) => Promise<number[]>,
): Promise<Explanation['lines']> {
  const lines = text.split(/\r\n|\n|\r/);
  // Tokens are nearly proportional to length, so only the longest lines can be the largest.
  const candidates = lines
    .map((line, index) => ({ line: index, text: line }))
    .sort((a, b) => b.text.length - a.text.length)
    .slice(0, namedLines * 5);
  const counts = await countTexts(candidates.map((candidate) => candidate.text));
  return candidates
    .map((candidate, index) => ({ line: candidate.line, text: shorten(candidate.text), tokens: counts[index]! }))
    .filter(({ tokens }) => tokens > 0)
    .sort((a, b) => b.tokens - a.tokens || a.line - b.line)
    .slice(0, namedLines);
}

function shorten(line: string): string {
  const trimmed = line.trim();
  return trimmed.length <= shownLineLength ? trimmed : `${trimmed.slice(0, shownLineLength - 1)}…`;
}
