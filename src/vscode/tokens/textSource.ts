import { FileSystemError, workspace } from 'vscode';
import type { Range, TextDocument, Uri } from 'vscode';
import { UserError, describeError, throwIfCancelled } from '../../core/errors';
import { takeTurn } from '../../core/turns';
import type { TurnOptions } from '../../core/turns';
import { TextParts, bytesOf } from '../../core/tokens/textParts';
import { linesOf } from './linesOf';
import { takeText } from './textInSlices';
import type { LinedText } from './textInSlices';

/** A text as it stands in the editor, or on disk, in parts whose tokens add up; or why there is none. */
export type ReadText =
  | { readonly kind: 'text'; readonly parts: readonly string[]; readonly bytes: number }
  | { readonly kind: 'binary' }
  | { readonly kind: 'too-large'; readonly bytes: number }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unavailable'; readonly reason: string };

/** Files beyond this are not read for counting. */
const maxTextBytes = 64 * 1024 * 1024;

/** UTF-8 bytes that are decoded at once: a fraction of a millisecond. */
const decodedAtOnce = 64 * 1024;

/** Reads a text; an open document's goes before the file's, since that is what a person sees. */
export async function readText(uri: Uri, options: TurnOptions): Promise<ReadText> {
  const open = workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  if (open !== undefined) {
    const parts = await partsOf(open, options);
    return { kind: 'text', parts, bytes: await bytesOf(parts, options) };
  }
  try {
    const { size } = await workspace.fs.stat(uri);
    if (size > maxTextBytes) {
      return { kind: 'too-large', bytes: size };
    }
    const bytes = await workspace.fs.readFile(uri);
    if (looksBinary(bytes)) {
      return { kind: 'binary' };
    }
    return { kind: 'text', parts: await decode(bytes, options), bytes: bytes.byteLength };
  } catch (error) {
    throwIfCancelled(options.signal);
    return error instanceof FileSystemError && error.code === 'FileNotFound'
      ? { kind: 'missing' }
      : { kind: 'unavailable', reason: describeError(error) };
  }
}

/** The text of a document in parts whose tokens add up. */
async function partsOf(document: TextDocument, options: TurnOptions): Promise<readonly string[]> {
  return gather(linesOf(document), async () => takeTurn(options, 'visible'));
}

/**
 * The texts of ranges of a document, each in parts whose tokens add up.
 * @throws UserError when the document changes meanwhile: the ranges are others then
 */
export async function partsOfRanges(
  document: TextDocument,
  ranges: readonly Range[],
  options: TurnOptions,
): Promise<readonly (readonly string[])[]> {
  const { version } = document;
  const pause = async (): Promise<void> => {
    await takeTurn(options, 'visible');
    if (document.version !== version) {
      throw new UserError('The document changed while its selections were read.', 'Run the command again.');
    }
  };
  const texts: (readonly string[])[] = [];
  for (const range of ranges) {
    texts.push(await gather(linesOf(document, range), pause));
  }
  return texts;
}

async function gather(document: LinedText, pause: () => Promise<void>): Promise<readonly string[]> {
  const text = new TextParts();
  await takeText(document, text, pause);
  return text.parts;
}

async function decode(bytes: Uint8Array, options: TurnOptions): Promise<readonly string[]> {
  // The editor shows a document without its byte order mark, and so does the decoder.
  const decoder = new TextDecoder();
  const text = new TextParts();
  for (let start = 0; start < bytes.length; start += decodedAtOnce) {
    await takeTurn(options, 'visible');
    const end = start + decodedAtOnce;
    text.add(decoder.decode(bytes.subarray(start, end), { stream: end < bytes.length }));
  }
  return text.parts;
}

/** A NUL in the first 8,000 bytes, as Git tells binary files. */
function looksBinary(bytes: Uint8Array): boolean {
  return bytes.subarray(0, 8000).includes(0);
}
