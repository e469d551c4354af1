import { UserError } from '../../errors';
import { markOfEntry } from '../changes';
import type { CachePlan } from '../changes';
import { putEntry } from '../entryEdits';
import type { ContentHistory, ContentVersion } from '../history';
import { decodeEntry } from '../indexFile';
import { parsePython, PythonNumber } from '../pythonJson';
import type { PythonObject, PythonValue } from '../pythonJson';
import { defaultContentType, isScopeName, rulesOf } from '../scopes';
import { findEntry, PlanBuilder, readerOf } from './planBuilder';
import type { PlanSource } from './planBuilder';

/**
 * Writes an earlier content of a key again, with the type, lifetime and metadata that it had; its lifetime begins anew.
 * Throws a `UserError` when the version is a deletion or its bytes are not kept any more.
 */
export async function planRestore(
  source: PlanSource,
  version: ContentVersion,
  history: ContentHistory,
): Promise<CachePlan> {
  const { scope, key, content } = version;
  if (!isScopeName(scope)) {
    throw new UserError(
      `There is no scope '${scope}' in ${source.tree.label}.`,
      'Choose a version of a sandbox cache.',
    );
  }
  if (content === undefined) {
    throw new UserError(
      `Version ${version.number} of ${scope}/${key} is a deletion.`,
      'Restore an earlier version, or invalidate the entry.',
    );
  }
  const bytes = content.sha256 === undefined ? undefined : await history.content(content.sha256);
  if (bytes === undefined) {
    throw new UserError(
      `The bytes of version ${version.number} of ${scope}/${key} are not kept any more.`,
      'Pin versions that must stay, or raise the limit of the version store.',
    );
  }
  const current = findEntry(source.snapshot, scope, key);
  const builder = new PlanBuilder(source);
  const unchanged = current?.contentSha256 === content.sha256 && current?.state === 'fresh';
  const described = decodeEntry(key, recordOf(content.entry) ?? current?.record ?? new Map());
  builder.add(
    {
      scope,
      key,
      action: unchanged ? 'unchanged' : current === undefined ? 'create' : 'update',
      reason: `version ${version.number}${version.label === undefined ? '' : `, ${version.label}`}`,
      selected: !unchanged,
      ...(current?.fileBytes === undefined
        ? {}
        : { before: readerOf(source.tree, scope, key), bytesBefore: current.fileBytes }),
      after: () => Promise.resolve(bytes),
      bytesAfter: bytes.byteLength,
    },
    unchanged
      ? undefined
      : {
          author: 'restored',
          expected: markOfEntry(current),
          value: () => Promise.resolve(bytes),
          checkQuota: true,
          entry: putEntry({
            scope,
            key,
            originalKey: described.originalKey ?? key,
            contentType: described.contentType ?? defaultContentType(scope, key),
            ttlHours: ttlOf(described.record.get('ttl_hours')) ?? rulesOf(scope).defaultTtlHours,
            metadata: described.metadata,
          }),
        },
  );
  return builder.build(`Restore version ${version.number} of ${scope}/${key} in ${source.tree.label}`);
}

function recordOf(entry: string | undefined): PythonObject | undefined {
  const value = entry === undefined ? undefined : parsePython(entry);
  return value instanceof Map ? value : undefined;
}

/** Keeps `24` and `24.0` apart. */
function ttlOf(value: PythonValue | undefined): PythonNumber | undefined {
  return value instanceof PythonNumber && value.value > 0 && Number.isFinite(value.value) ? value : undefined;
}
