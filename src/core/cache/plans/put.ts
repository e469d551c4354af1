import { UserError } from '../../errors';
import { markOfEntry } from '../changes';
import type { CachePlan } from '../changes';
import { assertTtlHours, putEntry } from '../entryEdits';
import { fingerprintOf } from '../fingerprint';
import { usableKey } from '../keys';
import type { VersionAuthor } from '../history';
import type { ScopeName } from '../model';
import { PythonNumber } from '../pythonJson';
import type { PythonObject } from '../pythonJson';
import { defaultContentType, rulesOf } from '../scopes';
import { findEntry, PlanBuilder, readerOf } from './planBuilder';
import type { PlanSource } from './planBuilder';

export interface PutRequest {
  readonly scope: ScopeName;
  /** As the caller names it; the file's name is derived. */
  readonly originalKey: string;
  readonly bytes: Uint8Array;
  /** The scope's own unless given. */
  readonly ttlHours?: number | PythonNumber;
  readonly contentType?: string;
  readonly metadata?: PythonObject;
  readonly tags?: readonly string[];
  /** Who the history says wrote it. Default `put`. */
  readonly author?: VersionAuthor;
}

/** Writes one value under one key, as the original writer's put does. */
export function planPut(source: PlanSource, request: PutRequest): CachePlan {
  const { scope, originalKey, bytes } = request;
  const key = usableKey(originalKey);
  const ttlHours = request.ttlHours ?? rulesOf(scope).defaultTtlHours;
  assertTtlHours(ttlHours instanceof PythonNumber ? ttlHours.value : ttlHours, source.snapshot.takenMs);
  const entry = findEntry(source.snapshot, scope, key);
  if (entry !== undefined && !entry.states.includes('orphan') && entry.originalKey !== originalKey) {
    throw new UserError(
      `${scope}/${key} belongs to the key ${JSON.stringify(entry.originalKey)}, and ${JSON.stringify(originalKey)} would be the same file.`,
      'Use another key, or put it under the key that is there.',
    );
  }
  const builder = new PlanBuilder(source);
  const same = entry?.fingerprint === fingerprintOf(bytes) && !entry.states.includes('orphan');
  builder.add(
    {
      scope,
      key,
      action: entry === undefined ? 'create' : 'update',
      reason: entry === undefined ? 'new' : same ? 'the same value with a new lifetime' : 'replaces the value',
      selected: true,
      ...(entry?.fileBytes === undefined
        ? {}
        : { before: readerOf(source.tree, scope, key), bytesBefore: entry.fileBytes }),
      after: () => Promise.resolve(bytes),
      bytesAfter: bytes.byteLength,
    },
    {
      author: request.author ?? 'put',
      expected: markOfEntry(entry),
      value: () => Promise.resolve(bytes),
      checkQuota: true,
      entry: putEntry({
        scope,
        key,
        originalKey,
        contentType: request.contentType ?? defaultContentType(scope, key),
        ttlHours,
        metadata: request.metadata ?? new Map(),
        ...(request.tags === undefined ? {} : { tags: request.tags }),
      }),
    },
  );
  return builder.build(`Put ${scope}/${key} into ${source.tree.label}`);
}
