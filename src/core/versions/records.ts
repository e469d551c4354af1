import { versionAuthors } from '../cache/history';
import type { SeenContent, VersionAuthor } from '../cache/history';

/**
 * The events of a source's history as they stand in its journal. Every record has an identity (`id`, or what it says
 * of the version `of`), so that reading one twice changes nothing.
 */
export type HistoryRecord = VersionRecord | LabelRecord | PinRecord | SourceRecord;

/** A content was seen or written, or a key was found gone (no content). */
export interface VersionRecord {
  readonly type: 'version';
  readonly id: string;
  readonly number: number;
  readonly scope: string;
  readonly key: string;
  readonly seenMs: number;
  readonly author: VersionAuthor;
  readonly content?: SeenContent;
  readonly operationId?: string;
}

export interface LabelRecord {
  readonly type: 'label';
  readonly of: string;
  readonly label: string | null;
  /** Later marks of the same version win; counts up per source. */
  readonly turn: number;
}

export interface PinRecord {
  readonly type: 'pin';
  readonly of: string;
  readonly pinned: boolean;
  readonly turn: number;
}

/** Which source the journal belongs to. */
export interface SourceRecord {
  readonly type: 'source';
  readonly sourceId: string;
}

/** Whether a line of a journal is a record of a kind that this version knows; others are skipped. */
export function isHistoryRecord(value: unknown): value is HistoryRecord {
  if (!isObject(value)) {
    return false;
  }
  switch (value['type']) {
    case 'version':
      return isVersionRecord(value);
    case 'label':
      return (
        typeof value['of'] === 'string' &&
        (value['label'] === null || typeof value['label'] === 'string') &&
        typeof value['turn'] === 'number'
      );
    case 'pin':
      return (
        typeof value['of'] === 'string' && typeof value['pinned'] === 'boolean' && typeof value['turn'] === 'number'
      );
    case 'source':
      return typeof value['sourceId'] === 'string';
    default:
      return false;
  }
}

function isVersionRecord(value: Readonly<Record<string, unknown>>): boolean {
  return (
    typeof value['id'] === 'string' &&
    Number.isSafeInteger(value['number']) &&
    typeof value['scope'] === 'string' &&
    typeof value['key'] === 'string' &&
    typeof value['seenMs'] === 'number' &&
    versionAuthors.some((author) => author === value['author']) &&
    (value['operationId'] === undefined || typeof value['operationId'] === 'string') &&
    (value['content'] === undefined || isSeenContent(value['content']))
  );
}

function isSeenContent(value: unknown): boolean {
  return (
    isObject(value) &&
    typeof value['fingerprint'] === 'string' &&
    typeof value['sizeBytes'] === 'number' &&
    (value['sha256'] === undefined || typeof value['sha256'] === 'string') &&
    (value['entry'] === undefined || typeof value['entry'] === 'string')
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
