import { fingerprintOf, sha256Hex } from '../cache/fingerprint';
import { usableKey } from '../cache/keys';
import type { CacheEntry } from '../cache/model';
import { fingerprintOfFiles } from '../cache/summarySource';
import { UserError } from '../errors';
import { paragraphsOf } from './chunks';
import { isConversation, readConversation } from './conversation';
import type { SummaryKind, SummarySource } from './model';

/** A file as it was read. */
export interface SourceFile {
  /** Relative to the workspace and separated by `/`; any other name for a file outside of it. */
  readonly path: string;
  readonly bytes: Uint8Array;
  /** Whether the path leads to it again from the workspace. */
  readonly inWorkspace: boolean;
}

/** The text of a file; a file that holds a conversation as JSON is better read with `conversationSource`. */
export function fileSource(file: SourceFile): SummarySource {
  return sourceOfFile('file', file, paragraphsOf(textOf(file.path, file.bytes)));
}

/** A whole conversation; throws a `UserError` when the file holds none. */
export function conversationSource(file: SourceFile): SummarySource {
  return sourceOfFile('conversation', file, messagePieces(file.path, textOf(file.path, file.bytes)));
}

function messagePieces(label: string, text: string): string[] {
  return readConversation(label, text).map(
    (message) => `${message.role === undefined ? '' : `${message.role}: `}${message.text.trimEnd()}\n\n`,
  );
}

/** Every message that has an id, as the original writer sums them up: kept as `task/summary_<message id>`. */
export function messageSources(label: string, text: string): SummarySource[] {
  const named = readConversation(label, text).filter(({ id }) => id !== undefined);
  if (named.length === 0) {
    throw new UserError(`The messages of ${label} have no message_id.`, 'Sum up the conversation as a whole.');
  }
  return named.map((message) => ({
    kind: 'message',
    label: `message ${message.id!}`,
    scope: 'task',
    originalKey: keyOf(message.id!),
    fingerprint: fingerprintOf(Buffer.from(message.text)),
    pieces: paragraphsOf(message.text),
    place: {},
  }));
}

/** A passage, or a conversation as JSON, that is in no file: found again by its content alone. */
export function selectionSource(label: string, text: string): SummarySource {
  const isTalk = isConversation(text);
  const fingerprint = fingerprintOf(Buffer.from(text));
  return {
    kind: isTalk ? 'conversation' : 'selection',
    label,
    scope: 'task',
    originalKey: keyOf(`text_${fingerprint}`),
    fingerprint,
    pieces: isTalk ? messagePieces(label, text) : paragraphsOf(text),
    place: {},
  };
}

/** A value of the cache. */
export function entrySource(
  entry: Pick<CacheEntry, 'scope' | 'key' | 'originalKey'>,
  bytes: Uint8Array,
): SummarySource {
  const place = `${entry.scope}/${entry.key}`;
  return {
    kind: 'entry',
    label: place,
    scope: 'task',
    originalKey: keyOf(`entry_${shortName(entry.key)}_${shortHash(place)}`),
    fingerprint: fingerprintOf(bytes),
    pieces: paragraphsOf(textOf(place, bytes)),
    place: { entry: place },
  };
}

/** The project summary, `project/summary`, made of several files of the workspace; they are taken by their paths' order. */
export function projectSource(files: readonly Omit<SourceFile, 'inWorkspace'>[]): SummarySource {
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  const hashed = sorted.map(({ path, bytes }) => ({ path, sha256: sha256Hex(bytes) }));
  const [only] = hashed;
  if (only === undefined) {
    throw new UserError('There is no file to sum the project up from.', 'Name the files.');
  }
  return {
    kind: 'project',
    label: sorted.length === 1 ? only.path : `${sorted.length} files`,
    scope: 'project',
    originalKey: 'summary',
    // As the health check reckons it from the files alone.
    fingerprint: sorted.length === 1 ? only.sha256.slice(0, 16) : fingerprintOfFiles(hashed),
    pieces: sorted.flatMap(({ path, bytes }) => [`# File ${path}\n\n`, ...paragraphsOf(textOf(path, bytes)), '\n\n']),
    place: { files: sorted.map(({ path }) => path) },
  };
}

function sourceOfFile(
  kind: Extract<SummaryKind, 'file' | 'conversation'>,
  { path, bytes, inWorkspace }: SourceFile,
  pieces: readonly string[],
): SummarySource {
  const name = path.slice(path.replace(/\\/g, '/').lastIndexOf('/') + 1);
  return {
    kind,
    // The label is written into the cache, where nobody need read the folders of this machine.
    label: inWorkspace ? path : name,
    scope: 'task',
    originalKey: keyOf(`${kind}_${shortName(name)}_${shortHash(path)}`),
    fingerprint: fingerprintOf(bytes),
    pieces,
    place: inWorkspace ? { files: [path] } : {},
  };
}

function textOf(label: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new UserError(`${label} is not UTF-8 text.`, 'Only text can be summed up.', { cause });
  }
}

/** `summary_<id>`, checked: an id may come from a file of anybody. */
function keyOf(id: string): string {
  const key = `summary_${id}`;
  usableKey(key);
  return key;
}

/** Enough of a name to recognise it by. */
function shortName(name: string): string {
  return name
    .replace(/[^A-Za-z0-9_.-]+/g, '_')
    .replace(/\.{2,}/g, '.')
    .slice(0, 60);
}

function shortHash(text: string): string {
  return sha256Hex(Buffer.from(text)).slice(0, 12);
}
