import type { CountOptions, TokenCounter } from '../../tokens/counter';
import type { CompiledPiece, CompiledPrompt } from '../compile';
import type { MeasuredPrompt } from '../measure';
import { leastStable } from '../model';
import type { Stability } from '../model';
import { compiledDocument } from '../prefix/document';
import { survivingTokens } from '../prefix/survival';
import type { PrefixEnd } from '../prefix/survival';
import { placeholdersOf } from '../promptText';
import { minimumInEncoding, tokenizerFor } from '../providers';
import type { ModelRules, ProviderRules } from '../providers';
import { cumulativeTokens } from './cumulativeTokens';
import type { PrefixBreakPoint, PrefixSegment, ProviderPrefix, ReportPrefix } from './model';

/** Where requests part ways: the first part that is not equally stable, and the first thing in it that changes. */
interface Parting {
  /** Whole parts before it. */
  readonly parts: number;
  /** In the document's text. */
  readonly at: number;
}

/** The prefix of a variant as a request sends it, and what each provider's cache keeps of it. */
export async function measurePrefix(
  { prompt, encoding }: MeasuredPrompt,
  rules: readonly (ProviderRules | ModelRules)[],
  counter: TokenCounter,
  options: CountOptions = {},
): Promise<ReportPrefix> {
  const { text, parts } = compiledDocument(prompt);
  const pieces = parts.map(({ id }) => prompt.pieces.find((piece) => piece.id === id)!);
  const partingOf = (changing: readonly Stability[]): Parting => {
    const index = pieces.findIndex(({ stability }) => changing.includes(stability));
    return index === -1
      ? { parts: parts.length, at: text.length }
      : { parts: index, at: parts[index]!.start + firstChange(pieces[index]!, prompt, changing) };
  };
  const shared = partingOf(['session', 'turn']);
  const session = partingOf(['turn']);
  const places = [...parts.slice(1).map(({ start }) => start), shared.at, session.at];
  const ascending = [...new Set(places)].sort((left, right) => left - right);
  const { before, total } = await cumulativeTokens(text, ascending, counter, encoding, options);
  const tokensAt = (place: number): number => (place === 0 ? 0 : before[ascending.indexOf(place)]!);
  const ends = parts.map((_, index) => (index === parts.length - 1 ? total : tokensAt(parts[index + 1]!.start)));

  let stability: Stability = 'static';
  const segments = parts.map(({ id, zone, marker }, index): PrefixSegment => {
    stability = leastStable(stability, pieces[index]!.stability);
    return { id, zone, start: ends[index - 1] ?? 0, end: ends[index]!, stability, marker };
  });
  const marked = parts.flatMap(({ marker }, index): PrefixEnd[] =>
    marker ? [{ blocks: index + 1, tokens: ends[index]! }] : [],
  );
  const end: PrefixEnd = { blocks: parts.length, tokens: total };
  const survive = (provider: ProviderRules | ModelRules, parting: Parting): number =>
    survivingTokens(provider.cache, minimumInEncoding(provider), {
      commonTokens: tokensAt(parting.at),
      commonBlocks: parting.parts,
      stored: marked,
      asked: marked,
      storedEnd: end,
      askedEnd: end,
    });
  return {
    tokens: total,
    segments,
    breakPoint: breakPointOf(pieces, prompt, segments, shared, tokensAt(shared.at)),
    providers: rules.map((provider): ProviderPrefix => ({
      provider: provider.id,
      label: provider.label,
      model: 'model' in provider ? provider.model : null,
      minimumTokens: provider.cache.minimumTokens,
      method: tokenizerFor(provider).kind,
      isUncertain: 'uncertain' in provider && provider.uncertain.includes('minimumTokens'),
      sharedTokens: survive(provider, shared),
      sessionTokens: survive(provider, session),
    })),
  };
}

/** Where a piece's text first changes (UTF-16): at a variable that was left open, else at its start. */
function firstChange(piece: CompiledPiece, { manifest }: CompiledPrompt, changing: readonly Stability[]): number {
  const open = placeholdersOf(piece.text).find(({ name }) => {
    const kind = manifest.variables.get(name)?.kind;
    return kind !== undefined && changing.includes(kind);
  });
  return open?.start ?? 0;
}

function breakPointOf(
  pieces: readonly CompiledPiece[],
  { manifest }: CompiledPrompt,
  segments: readonly PrefixSegment[],
  { parts }: Parting,
  tokens: number,
): PrefixBreakPoint | null {
  const piece = pieces[parts];
  if (piece === undefined) {
    return null;
  }
  const changing = piece.variables.flatMap((name) => {
    const kind = manifest.variables.get(name)?.kind;
    return kind === undefined || kind === 'static' ? [] : [`{{${name}}} changes with each ${kind}`];
  });
  const lost = segments.filter((_, index) => index > parts && pieces[index]!.stability === 'static');
  return {
    id: piece.id,
    tokens,
    reason: piece.kind === 'conversation' ? 'the messages begin' : changing.join(', '),
    lostTokens: lost.reduce((sum, { start, end }) => sum + end - start, 0),
  };
}
