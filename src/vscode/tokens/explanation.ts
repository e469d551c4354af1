import type { TokenCount, TokenCounter } from '../../core/tokens/counter';
import type { WorkOptions } from '../../core/ports';
import { Turns, inTurns, takeTurn } from '../../core/turns';
import { sectionsOf, sumOfStretches, totalsOf } from './sections';
import type { Section } from './sections';
import { countFor, countingTarget } from './target';
import type { CountingTarget } from './target';
import { blocksOf, lineKinds } from './blocks';
import { countTokenKinds } from './tokenKinds';
import type { TokenKindCounts } from './tokenKinds';
import type { RawToken } from './tokenSpans';
import { bytesOf, countParts, lengthOfParts } from '../../core/tokens/textParts';
import { maxMeasuredLength } from './measuredLength';
import type { LineKind } from './blocks';

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

/**
 * Explains a text's tokens: each part is counted as it stands in the text.
 * @param parts the text, cut where the tokens of the parts add up
 */
export async function explainText(
  parts: readonly string[],
  target: CountingTarget,
  compared: readonly string[],
  counter: TokenCounter,
  { signal, turns = new Turns(), isMarkdown, inspect }: ExplainOptions,
): Promise<Explanation> {
  const { encoding } = target.tokenizer;
  const countTexts = async (texts: readonly string[]): Promise<number[]> =>
    counter.countAll(texts, encoding, { signal, priority: 'visible' });

  const [tokens = 0] = await countParts(counter, [parts], encoding, { signal, priority: 'visible' });
  const characters = lengthOfParts(parts);
  const takenApart = characters <= maxMeasuredLength;
  const text = takenApart ? parts.join('') : '';
  const tokenKinds = takenApart
    ? await countTokenKinds(text, inspect, async () => takeTurn({ signal, turns }, 'visible'))
    : undefined;
  const markdown = isMarkdown ? text : '';
  const blocks = await inTurns(blocksOf(markdown), { signal, turns }, 'visible');
  const blockTokens = await countTexts(blocks.map(({ start, end }) => text.slice(start, end)));
  const kinds = lineKinds
    .map((kind) => ({
      kind,
      tokens: blockTokens.reduce((sum, count, index) => sum + (blocks[index]!.kind === kind ? count : 0), 0),
    }))
    .filter((part) => part.tokens > 0)
    .sort((a, b) => b.tokens - a.tokens);

  const sections = await inTurns(sectionsOf(markdown), { signal, turns }, 'visible');
  const stretches = sections.flatMap((section) => section.own);
  const own = sumOfStretches(sections, await countTexts(stretches.map(([start, end]) => text.slice(start, end))));
  const totals = totalsOf(sections, own);
  return {
    target,
    tokens,
    characters,
    bytes: await bytesOf(parts, { signal, turns }),
    tokenKinds,
    models: await compare(parts, [target.name, ...compared], counter, signal),
    kinds,
    sections: sections.map((section, index) => ({
      section,
      own: own[index]!,
      tokens: totals[index]!,
    })),
    lines: await largestLines(parts, countTexts, { signal, turns }),
  };
}

async function compare(
  parts: readonly string[],
  names: readonly string[],
  counter: TokenCounter,
  signal: AbortSignal | undefined,
): Promise<SideBySide[]> {
  const targets = [...new Set(names)].map(countingTarget);
  const encodings = [...new Set(targets.map(({ tokenizer }) => tokenizer.encoding))];
  const counts = new Map(
    await Promise.all(
      encodings.map(
        async (encoding) =>
          [encoding, (await countParts(counter, [parts], encoding, { signal, priority: 'visible' }))[0]!] as const,
      ),
    ),
  );
  return targets.map((target) => ({ target, count: countFor(target, counts.get(target.tokenizer.encoding)!) }));
}

async function largestLines(
  parts: readonly string[],
  countTexts: (texts: readonly string[]) => Promise<number[]>,
  options: PausingOptions,
): Promise<Explanation['lines']> {
  const candidates = await longestLines(parts, namedLines * 5, options);
  const counts = await countTexts(candidates.map((candidate) => candidate.text));
  return candidates
    .map((candidate, index) => ({ line: candidate.line, text: shorten(candidate.text), tokens: counts[index]! }))
    .filter(({ tokens }) => tokens > 0)
    .sort((a, b) => b.tokens - a.tokens || a.line - b.line)
    .slice(0, namedLines);
}

/** Tokens are nearly proportional to length, so only the longest lines can be the largest. */
async function longestLines(
  parts: readonly string[],
  wanted: number,
  options: PausingOptions,
): Promise<{ readonly line: number; readonly text: string }[]> {
  const longest: { readonly line: number; readonly part: string; readonly start: number; readonly end: number }[] = [];
  let line = 0;
  for (const [index, part] of parts.entries()) {
    const breaks = /\r\n|\n|\r|$/g;
    // Each part but the last ends with a line break, behind which the next part begins.
    const lastStart = index === parts.length - 1 ? part.length : part.length - 1;
    for (let start = 0; start <= lastStart; line++) {
      breaks.lastIndex = start;
      const found = breaks.exec(part)!;
      const end = found.index;
      const least = longest.length < wanted ? undefined : longest.at(-1)!;
      if (least === undefined || end - start > least.end - least.start) {
        const at = longest.findIndex((other) => other.end - other.start < end - start);
        longest.splice(at === -1 ? longest.length : at, 0, { line, part, start, end });
        longest.length = Math.min(longest.length, wanted);
      }
      start = end === part.length ? end + 1 : end + found[0].length;
      if (options.turns.isSpent) {
        await takeTurn(options, 'visible');
      }
    }
  }
  return longest.map(({ part, start, end, ...place }) => ({ line: place.line, text: part.slice(start, end) }));
}

function shorten(line: string): string {
  const trimmed = line.trim();
  return trimmed.length <= shownLineLength ? trimmed : `${trimmed.slice(0, shownLineLength - 1)}…`;
}
