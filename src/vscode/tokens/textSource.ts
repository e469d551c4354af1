import { FileSystemError, workspace } from 'vscode';
import type { TextDocument, Uri } from 'vscode';
import { describeError } from '../../core/errors';
import { takeTurn } from '../../core/turns';
import type { Turns } from '../../core/turns';
import { linesOf } from './linesOf';
import { takeText } from './textInSlices';

/** A text as it stands in the editor, or on disk; or why there is none. */
export type ReadText =
  | { readonly kind: 'text'; readonly text: string; readonly bytes: number; readonly unsaved: boolean }
  | { readonly kind: 'binary' }
  | { readonly kind: 'too-large'; readonly bytes: number }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unavailable'; readonly reason: string };

/** Files beyond this are not read for counting. */
const maxTextBytes = 64 * 1024 * 1024;

/** Reads a text, an open document in turns where they are given; an open document's text goes before the file's, since that is what a person sees. */
export async function readText(uri: Uri, turns?: Turns): Promise<ReadText> {
  const open = workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  if (open !== undefined) {
    const text = await textOf(open, turns);
    return { kind: 'text', text, bytes: Buffer.byteLength(text), unsaved: open.isDirty };
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
    // The editor shows a document without its byte order mark, and so does the decoder.
    return { kind: 'text', text: new TextDecoder().decode(bytes), bytes: bytes.byteLength, unsaved: false };
  } catch (error) {
    return error instanceof FileSystemError && error.code === 'FileNotFound'
      ? { kind: 'missing' }
      : { kind: 'unavailable', reason: describeError(error) };
  }
}

async function textOf(document: TextDocument, turns: Turns | undefined): Promise<string> {
  let parts: string[] = [];
  const taker = {
    begin: () => {
      parts = [];
    },
    add: (part: string) => {
      parts.push(part);
    },
  };
  await takeText(linesOf(document), taker, async () => takeTurn({ turns }, 'visible'));
  return parts.join('');
}

/** A NUL in the first 8,000 bytes, as Git tells binary files. */
function looksBinary(bytes: Uint8Array): boolean {
  return bytes.subarray(0, 8000).includes(0);
}
