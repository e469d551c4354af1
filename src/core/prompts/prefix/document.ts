import { cacheBlocksOf } from '../cacheBlocks';
import type { CompiledPiece, CompiledPrompt } from '../compile';
import type { RequestFormat } from '../providers';

/** Where a part stands in a request; providers build their prefix in this order. */
export type PrefixZone = 'tools' | 'system' | 'messages';

/** One block of what is sent: a tool, a system text, a message's content. */
export interface PrefixPart {
  /** A piece's id, or a path such as `messages[2].content[0]`. */
  readonly id: string;
  readonly zone: PrefixZone;
  /** In the document's text (UTF-16); the parts follow one another without gaps. */
  readonly start: number;
  readonly end: number;
  /** The cache is told to keep everything up to the end of this part. */
  readonly marker: boolean;
}

/** What is sent to a model, in the order in which its prefix is cached. */
export interface PrefixDocument {
  readonly label: string;
  readonly text: string;
  readonly parts: readonly PrefixPart[];
  /**
   * True when the whole text is tokenised as one; in a recorded request the provider puts marks of its own between the
   * parts, so each part is tokenised by itself.
   */
  readonly joint: boolean;
  readonly format: RequestFormat | undefined;
  readonly model: string | undefined;
  /** Fields of a request that invalidate its messages at Anthropic: tool choice, thinking. */
  readonly messageSettings: string | undefined;
}

/** A file or a saved text: one part, kept as a whole. */
export function textDocument(label: string, text: string): PrefixDocument {
  const parts: PrefixPart[] = [{ id: label, zone: 'system', start: 0, end: text.length, marker: true }];
  return { label, text, parts, joint: true, format: undefined, model: undefined, messageSettings: undefined };
}

/** A compiled prompt: its pieces, tools first; markers where the compiler places them. */
export function compiledDocument(prompt: CompiledPrompt): PrefixDocument {
  const isTools = ({ kind }: CompiledPiece): boolean => kind === 'tools';
  const pieces = [...prompt.pieces.filter(isTools), ...prompt.pieces.filter((piece) => !isTools(piece))];
  const rest = prompt.pieces.filter((piece) => !isTools(piece));
  const markedIds = new Set(
    cacheBlocksOf(rest)
      .filter(({ stability }) => stability !== 'turn')
      .map(({ pieceIds }) => pieceIds.at(-1)!),
  );
  const lastTools = pieces.filter(isTools).at(-1);
  let text = '';
  let behindConversation = false;
  const parts = pieces.map((piece, index): PrefixPart => {
    const start = text.length;
    text += piece.text + (index === pieces.length - 1 ? '\n' : '\n\n');
    behindConversation ||= piece.kind === 'conversation';
    const zone = isTools(piece) ? 'tools' : behindConversation ? 'messages' : 'system';
    const marker = zone !== 'messages' && (piece === lastTools || markedIds.has(piece.id));
    return { id: piece.id, zone, start, end: text.length, marker };
  });
  const label = `${prompt.name} (${prompt.variant})`;
  return { label, text, parts, joint: true, format: undefined, model: undefined, messageSettings: undefined };
}

/** The part that holds an offset; the last one for offsets at the end. */
export function partAt(document: PrefixDocument, offset: number): PrefixPart | undefined {
  return document.parts.find(({ end }) => offset < end) ?? document.parts.at(-1);
}
