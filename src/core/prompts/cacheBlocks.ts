import type { CompiledPiece, CompiledPrompt } from './compile';
import type { Stability } from './model';
import type { ToolSchema } from './tools';

/** Consecutive pieces that stay the same equally long: what one cache marker can keep. */
export interface CacheBlock {
  readonly stability: Stability;
  readonly text: string;
  readonly pieceIds: readonly string[];
}

/** A compiled prompt in the order in which providers build their prefix: tools, system, conversation, the rest. */
export interface RequestLayout {
  readonly tools: readonly ToolSchema[];
  readonly system: readonly CacheBlock[];
  readonly hasConversation: boolean;
  /** What follows the conversation; it is never cached. */
  readonly tail: string | undefined;
}

export function layoutOf(prompt: CompiledPrompt): RequestLayout {
  const conversation = prompt.pieces.findIndex(({ kind }) => kind === 'conversation');
  const before = conversation === -1 ? prompt.pieces : prompt.pieces.slice(0, conversation);
  const after = conversation === -1 ? [] : prompt.pieces.slice(conversation + 1);
  const toolPieces = prompt.pieces.filter(({ kind }) => kind === 'tools');
  const tail = after.filter(({ kind }) => kind !== 'tools');
  return {
    tools: toolPieces
      .flatMap(({ tools }) => tools)
      .sort((left, right) => (left.name < right.name ? -1 : left.name > right.name ? 1 : 0)),
    system: cacheBlocksOf(before.filter(({ kind }) => kind !== 'tools')),
    hasConversation: conversation !== -1,
    tail: tail.length === 0 ? undefined : tail.map(({ text }) => text).join('\n\n'),
  };
}

/** A static piece behind a session piece shares its fate, since a prefix is cached as a whole. */
export function cacheBlocksOf(pieces: readonly CompiledPiece[]): CacheBlock[] {
  const blocks: { stability: Stability; texts: string[]; pieceIds: string[] }[] = [];
  for (const piece of pieces) {
    const last = blocks.at(-1);
    if (last?.stability === piece.prefixStability) {
      last.texts.push(piece.text);
      last.pieceIds.push(piece.id);
    } else {
      blocks.push({ stability: piece.prefixStability, texts: [piece.text], pieceIds: [piece.id] });
    }
  }
  return blocks.map(({ stability, texts, pieceIds }) => ({ stability, text: texts.join('\n\n'), pieceIds }));
}
