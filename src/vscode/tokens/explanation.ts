import type { TokenCount, TokenCounter } from '../../core/tokens/counter';
import type { WorkOptions } from '../../core/ports';
import { Turns, takeTurn } from '../../core/turns';
import { sectionsOf, sumOfStretches, totalsOf } from './sections';
import type { Section } from './sections';
import { countFor, countingTarget } from './target';
import type { CountingTarget } from './target';
import { lineKinds, partsOf } from './textParts';
import { countTokenKinds } from './tokenKinds';
import type { TokenKindCounts } from './tokenKinds';
import type { RawToken } from './tokenSpans';
import { maxMeasuredLength } from './measuredLength';
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
  /** Tokens by what they are made of; undefined for a text too long to look at each. */
  readonly tokenKinds: TokenKindCounts | undefined;
  /** Lines by what they are, and sections: of Markdown that is not too long; else empty. */
  readonly kinds: readonly { readonly kind: LineKind; readonly tokens: number }[];
  readonly sections: readonly { readonly section: Section; readonly tokens: number; readonly own: number }[];
  readonly lines: readonly { readonly line: number; readonly text: string; readonly tokens: number }[];
}

const namedLines = 10;
const shownLineLength = 80;

export interface ExplainOptions extends WorkOptions {
  /** Whether the text is Markdown, so that it has headings, lists, code and so on. */
  readonly isMarkdown: boolean;
  /** Gives the tokens of a part of the text. */
  readonly inspect: (part: string) => Promise<readonly RawToken[]>;
}

interface PausingOptions {
  readonly signal: AbortSignal | undefined;
  readonly turns: Turns;
}

/** Explains a text's tokens: each part is counted as it stands in the text. */
export async function explainText(
  text: string,
  target: CountingTarget,
  compared: readonly string[],
  counter: TokenCounter,
  { signal, turns = new Turns(), isMarkdown, inspect }: ExplainOptions,
): Promise<Explanation> {
  const { encoding } = target.tokenizer;
  const countTexts = async (texts: readonly string[]): Promise<number[]> =>
    counter.countAll(texts, encoding, { signal, priority: 'visible' });

  const [tokens = 0] = await countTexts([text]);
  const takenApart = text.length <= maxMeasuredLength;
  const tokenKinds = takenApart
    ? await countTokenKinds(text, inspect, async () => takeTurn({ signal, turns }, 'visible'))
    : undefined;
  const markdown = takenApart && isMarkdown ? text : '';
  const parts = partsOf(markdown);
  const partTokens = await countTexts(parts.map(({ start, end }) => text.slice(start, end)));
  const kinds = lineKinds
    .map((kind) => ({
      kind,
      tokens: partTokens.reduce((sum, count, index) => sum + (parts[index]!.kind === kind ? count : 0), 0),
    }))
    .filter((part) => part.tokens > 0)
    .sort((a, b) => b.tokens - a.tokens);

  const sections = sectionsOf(markdown);
  const stretches = sections.flatMap((section) => section.own);
  const own = sumOfStretches(sections, await countTexts(stretches.map(([start, end]) => text.slice(start, end))));
  const totals = totalsOf(sections, own);
  return {
    target,
    tokens,
    characters: text.length,
    bytes: Buffer.byteLength(text),
    tokenKinds,
    models: await compare(text, [target.name, ...compared], counter, signal),
    kinds,
    sections: sections.map((section, index) => ({
      section,
      own: own[index]!,
      tokens: totals[index]!,
    })),
    lines: await largestLines(text, countTexts, { signal, turns }),
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
  options: PausingOptions,
): Promise<Explanation['lines']> {
  const candidates = await longestLines(text, namedLines * 5, options);
  const counts = await countTexts(candidates.map((candidate) => candidate.text));
  return candidates
    .map((candidate, index) => ({ line: candidate.line, text: shorten(candidate.text), tokens: counts[index]! }))
    .filter(({ tokens }) => tokens > 0)
    .sort((a, b) => b.tokens - a.tokens || a.line - b.line)
    .slice(0, namedLines);
}

/** Tokens are nearly proportional to length, so only the longest lines can be the largest. */
async function longestLines(
  text: string,
  wanted: number,
  { signal, turns }: PausingOptions,
): Promise<{ readonly line: number; readonly text: string }[]> {
  const longest: { readonly line: number; readonly start: number; readonly end: number }[] = [];
  const breaks = /\r\n|\n|\r|$/g;
  for (let line = 0, start = 0; start <= text.length; line++) {
    breaks.lastIndex = start;
    const found = breaks.exec(text)!;
    const end = found.index;
    const least = longest.length < wanted ? undefined : longest.at(-1)!;
    if (least === undefined || end - start > least.end - least.start) {
      const at = longest.findIndex((other) => other.end - other.start < end - start);
      longest.splice(at === -1 ? longest.length : at, 0, { line, start, end });
      longest.length = Math.min(longest.length, wanted);
    }
    start = end === text.length ? end + 1 : end + found[0].length;
    if (turns.isSpent) {
      await takeTurn({ signal, turns }, 'visible');
    }
  }
  return longest.map(({ line, start, end }) => ({ line, text: text.slice(start, end) }));
}

function shorten(line: string): string {
  const trimmed = line.trim();
  return trimmed.length <= shownLineLength ? trimmed : `${trimmed.slice(0, shownLineLength - 1)}…`;
}
