import { TextLines } from '../../instructions/textLines';
import type { PrefixDocument } from './document';
import { partAt } from './document';

/** The place in one document at which two part ways. */
export interface DivergencePoint {
  /** The part that holds it; undefined in an empty document. */
  readonly partId: string | undefined;
  /** Line and character (UTF-16) in the document's text, from 0. */
  readonly line: number;
  readonly character: number;
  /** Line within the part, from 0. */
  readonly partLine: number;
  /** The rest of the line, at most 80 characters; empty at the end of the text. */
  readonly excerpt: string;
}

export interface Divergence {
  /** Bytes (UTF-8) that both begin with. */
  readonly commonBytes: number;
  /** The same in UTF-16 units, without the half of a character that both may share. */
  readonly commonLength: number;
  readonly left: DivergencePoint;
  readonly right: DivergencePoint;
}

/** Where two documents part ways; undefined when their texts are equal. */
export function findDivergence(left: PrefixDocument, right: PrefixDocument): Divergence | undefined {
  if (left.text === right.text) {
    return undefined;
  }
  const commonLength = commonPrefixLength(left.text, right.text);
  return {
    commonBytes: commonByteLength(left.text, right.text, commonLength),
    commonLength,
    left: pointIn(left, commonLength),
    right: pointIn(right, commonLength),
  };
}

/** UTF-16 units that two texts begin with alike; never ends within a surrogate pair. */
function commonPrefixLength(left: string, right: string): number {
  const most = Math.min(left.length, right.length);
  let length = 0;
  while (length < most && left.charCodeAt(length) === right.charCodeAt(length)) {
    length++;
  }
  return length > 0 && isHighSurrogate(left.charCodeAt(length - 1)) ? length - 1 : length;
}

/** Different characters may begin with the same bytes. */
function commonByteLength(left: string, right: string, commonLength: number): number {
  const utf8 = new TextEncoder();
  const a = utf8.encode(characterAt(left, commonLength));
  const b = utf8.encode(characterAt(right, commonLength));
  let shared = 0;
  while (shared < a.length && shared < b.length && a[shared] === b[shared]) {
    shared++;
  }
  return utf8.encode(left.slice(0, commonLength)).length + shared;
}

function characterAt(text: string, at: number): string {
  return at < text.length ? String.fromCodePoint(text.codePointAt(at)!) : '';
}

function pointIn(document: PrefixDocument, offset: number): DivergencePoint {
  const lines = new TextLines(document.text);
  const { line, character } = lines.position(offset);
  const part = partAt(document, offset);
  return {
    partId: part?.id,
    line,
    character,
    partLine: part === undefined ? 0 : line - lines.position(part.start).line,
    excerpt: /^[^\r\n]{0,80}/.exec(document.text.slice(offset, offset + 100))![0],
  };
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
