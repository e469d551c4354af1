import { cacheBlocksOf } from './cacheBlocks';
import type { CompiledPiece } from './compile';
import type { MeasuredPiece, MeasuredPrompt } from './measure';
import type { Stability } from './model';

/** What a part is to the cached prefix: it ends what all requests share, or keeps static text behind it out. */
export interface PrefixBreak {
  readonly kind: 'ends' | 'breaks';
  /** Tokens behind the part that are the same for every request and still can't be shared. */
  readonly lostTokens: number;
}

/** One part of a compiled variant as the view, lenses and hovers show it. Tokens are those of the encoding. */
export interface PartRow {
  readonly piece: CompiledPiece;
  /** Of its own text. */
  readonly tokens: number;
  /** What it adds to the prompt, and where it begins in it. */
  readonly added: number;
  readonly offset: number;
  /** The cache block that holds it, from 1 in the order of the request; undefined for what is never cached. */
  readonly block: number | undefined;
  readonly stability: Stability;
  readonly prefixBreak: PrefixBreak | undefined;
}

/** The parts of a measured variant, in the order in which they are compiled. */
export function partRows({ prompt, pieces }: MeasuredPrompt): PartRow[] {
  const conversation = prompt.pieces.findIndex(({ kind }) => kind === 'conversation');
  const end = conversation === -1 ? prompt.pieces.length : conversation;
  const prefix = prompt.pieces.slice(0, end).filter(({ kind }) => kind !== 'tools');
  const blocks = blockNumbers(prompt.pieces, prefix);
  const breaker = prefix.find(({ stability }) => stability !== 'static');
  return pieces.map(({ piece, tokens, added, offset }) => ({
    piece,
    tokens,
    added,
    offset,
    block: blocks.get(piece.id),
    stability: piece.kind === 'tools' ? piece.stability : piece.prefixStability,
    prefixBreak: piece === breaker ? breakAt(breaker, prefix, pieces) : undefined,
  }));
}

/** Tools are sent first and form a block of their own; what changes with each turn is in no block. */
function blockNumbers(all: readonly CompiledPiece[], prefix: readonly CompiledPiece[]): Map<string, number> {
  const numbers = new Map<string, number>();
  let next = 1;
  const tools = all.filter(({ kind }) => kind === 'tools');
  for (const { id } of tools) {
    numbers.set(id, next);
  }
  next += tools.length > 0 ? 1 : 0;
  for (const { stability, pieceIds } of cacheBlocksOf(prefix)) {
    if (stability !== 'turn') {
      for (const id of pieceIds) {
        numbers.set(id, next);
      }
      next += 1;
    }
  }
  return numbers;
}

function breakAt(
  breaker: CompiledPiece,
  prefix: readonly CompiledPiece[],
  pieces: readonly MeasuredPiece[],
): PrefixBreak {
  const behind = new Set(prefix.slice(prefix.indexOf(breaker) + 1).filter(({ stability }) => stability === 'static'));
  const lostTokens = pieces.filter(({ piece }) => behind.has(piece)).reduce((sum, { added }) => sum + added, 0);
  return { kind: lostTokens > 0 ? 'breaks' : 'ends', lostTokens };
}

/** The block of a part in words. */
export function blockLabel({ block, stability }: PartRow): string {
  return block === undefined ? 'not cached' : `block ${block}, ${stability}`;
}
