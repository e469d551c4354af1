import type { CacheEntry, CacheSnapshot } from '../cache/model';
import { originalKeyOfTag, usableKey } from '../cache/keys';
import { fingerprintOf } from '../cache/fingerprint';
import type { Finding, TextRange } from '../findings';
import type { EncodingName, TokenCounter } from '../tokens/counter';
import type { WorkOptions } from '../ports';
import type { CompiledPrompt } from './compile';
import type { ResolvedPrompt } from './resolve';
import { normalText, ruleUnitsOf } from './ruleUnits';

/** What an agent gets when it fetches one tag that the streamlined prompt mentions. */
export interface FetchedInstruction {
  readonly tag: string;
  readonly state: 'fresh' | 'expiring' | 'expired' | 'stale' | 'missing' | 'corrupt' | 'not-seeded' | 'not-checked';
  /** Tokens of what is fetched; of the library's file when no sandbox was given. */
  readonly tokens: number;
  readonly expiresAt: string | null | undefined;
}

/** A statement of the full prompt that an agent with the streamlined one can't get. */
export interface LostRule {
  readonly text: string;
  /** The piece of the full prompt that states it. */
  readonly pieceId: string;
  /** From 0, within that piece. */
  readonly line: number;
}

export interface Verification {
  /** True when the streamlined prompt can be served as it is. */
  readonly servable: boolean;
  readonly instructions: readonly FetchedInstruction[];
  /** Tokens of the streamlined prompt together with everything that it can fetch. */
  readonly tokensWithAllFetched: number;
  readonly lost: readonly LostRule[];
  readonly findings: readonly Finding[];
}

/** The sandbox that serves the instructions. */
export interface FetchSource {
  readonly snapshot: CacheSnapshot;
  /** The bytes of an instruction entry; undefined when it has none. */
  readonly read: (key: string) => Promise<Uint8Array | undefined>;
}

/**
 * Checks that a streamlined prompt (or a profile) loses nothing: each tag that it mentions can be fetched, fresh and
 * within budget, and every statement of the full prompt stands in it or in what can be fetched. Without a source the
 * library's files stand in for what is fetched, and nothing is said about seeding.
 */
export async function verifyPrompt(
  input: {
    readonly prompt: ResolvedPrompt;
    readonly full: CompiledPrompt;
    readonly streamlined: CompiledPrompt;
    readonly source?: FetchSource | undefined;
    readonly counter: TokenCounter;
    readonly encoding: EncodingName;
    /** Absolute path or URI of the manifest, for the findings. */
    readonly location: string;
  },
  options: WorkOptions = {},
): Promise<Verification> {
  const { prompt, full, streamlined, source, counter, encoding, location } = input;
  const findings: Finding[] = [];
  const instructions: FetchedInstruction[] = [];
  const texts: string[] = [];
  for (const tag of streamlined.pieces.flatMap(({ onDemand }) => onDemand)) {
    const resolved = prompt.parts.find(({ instruction }) => instruction?.tag === tag)!;
    const byPath = resolved.part.kind === 'instruction' && resolved.part.fetch === 'path';
    const library = resolved.instruction!.text;
    const fetched =
      source === undefined || byPath
        ? { text: library, state: 'not-checked' as const, entry: undefined }
        : await fetchFrom(source, tag, library);
    texts.push(fetched.text ?? '');
    const tokens = await counter.count(fetched.text ?? '', encoding, options);
    instructions.push({ tag, state: fetched.state, tokens, expiresAt: fetched.entry?.expiresAt });
    const problem = problemOf(tag, fetched.state);
    if (problem !== undefined) {
      findings.push({ ...problem, path: location, range: resolved.part.range });
    }
  }
  const ownTokens = await counter.count(streamlined.text, encoding, options);
  findings.push(...budgetFindings(input, ownTokens, prompt.parts[0]?.part.range));
  const lost = lostRules(full, [streamlined.text, ...texts]);
  if (lost.length > 0) {
    findings.push({
      id: 'lost-in-streamlining',
      severity: 'warning',
      message: `${lost.length} statement(s) of the full prompt are neither in '${streamlined.variant}' nor in what it fetches, such as "${shorten(lost[0]!.text)}".`,
      fix: 'Add them to a part that both variants have, or to an instruction.',
      path: location,
    });
  }
  return {
    servable: instructions.every(({ state }) => ['fresh', 'expiring', 'stale', 'not-checked'].includes(state)),
    instructions,
    tokensWithAllFetched: ownTokens + instructions.reduce((sum, { tokens }) => sum + tokens, 0),
    lost,
    findings,
  };
}

async function fetchFrom(
  source: FetchSource,
  tag: string,
  library: string,
): Promise<{ text: string | undefined; state: FetchedInstruction['state']; entry: CacheEntry | undefined }> {
  const key = usableKey(originalKeyOfTag(tag));
  const scope = source.snapshot.scopes.find(({ scope: name }) => name === 'instructions');
  const entry = scope?.entries.find((candidate) => candidate.key === key);
  // Agents read through the index: a file without an entry is not found by them.
  if (entry === undefined || entry.states.includes('orphan')) {
    return { text: undefined, state: 'not-seeded', entry };
  }
  const bytes = entry.states.includes('missing') ? undefined : await source.read(key);
  if (bytes === undefined) {
    return { text: undefined, state: 'missing', entry };
  }
  const text = new TextDecoder().decode(bytes);
  if (entry.fingerprint !== undefined && fingerprintOf(bytes) !== entry.fingerprint) {
    return { text, state: 'corrupt', entry };
  }
  if (entry.states.includes('expired')) {
    return { text: undefined, state: 'expired', entry };
  }
  const stale = text !== library;
  return { text, state: stale ? 'stale' : entry.states.includes('expiring') ? 'expiring' : 'fresh', entry };
}

function problemOf(tag: string, state: FetchedInstruction['state']): Omit<Finding, 'path' | 'range'> | undefined {
  const seed = 'Seed the instructions into the sandbox.';
  switch (state) {
    case 'not-seeded':
      return { id: 'not-seeded', severity: 'error', message: `\`${tag}\` is not in the sandbox.`, fix: seed };
    case 'missing':
      return { id: 'missing', severity: 'error', message: `\`${tag}\` is indexed, but its file is gone.`, fix: seed };
    case 'corrupt':
      return { id: 'corrupt', severity: 'error', message: `\`${tag}\` is damaged in the sandbox.`, fix: seed };
    case 'expired':
      return { id: 'expired', severity: 'error', message: `\`${tag}\` has expired in the sandbox.`, fix: seed };
    case 'stale': {
      const message = `\`${tag}\` in the sandbox differs from the library's file.`;
      return { id: 'stale', severity: 'warning', message, fix: 'Compare the two, and seed again.' };
    }
    case 'expiring': {
      const message = `\`${tag}\` expires soon in the sandbox.`;
      return { id: 'expiring', severity: 'information', message, fix: seed };
    }
    case 'fresh':
    case 'not-checked':
      return undefined;
  }
}

function budgetFindings(
  input: { readonly full: CompiledPrompt; readonly streamlined: CompiledPrompt; readonly location: string },
  tokens: number,
  range: TextRange | undefined,
): Finding[] {
  const { manifest, variant } = input.streamlined;
  const budget = manifest.budgets.get(variant);
  return budget === undefined || tokens <= budget
    ? []
    : [
        {
          id: 'prompt-budget',
          severity: 'error',
          message: `'${variant}' has ${tokens} tokens; its budget is ${budget}.`,
          fix: 'Move parts to instructions on demand, or raise `budget:`.',
          path: input.location,
          ...(range === undefined ? {} : { range }),
        },
      ];
}

/** Statements of the full prompt that none of the texts makes. */
function lostRules(full: CompiledPrompt, texts: readonly string[]): LostRule[] {
  const kept = new Set(texts.flatMap(ruleUnitsOf).map(({ normal }) => normal));
  const everything = texts.map(normalText);
  return full.pieces
    .filter(({ kind }) => kind !== 'tools' && kind !== 'conversation' && kind !== 'index')
    .flatMap((piece) =>
      ruleUnitsOf(piece.text)
        // A sentence may have moved into a longer one, or stand where a fence that is never closed makes code of it.
        .filter(({ normal }) => !kept.has(normal) && !everything.some((whole) => whole.includes(normal)))
        .map(({ text, line }) => ({ text, pieceId: piece.id, line })),
    );
}

function shorten(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`;
}
