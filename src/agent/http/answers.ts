import type { z } from 'zod';
import type { CacheEntry, JsonValue, ScopeName } from '../../core/cache/model';
import { objectToDisplayJson } from '../../core/cache/pythonJsonPrint';
import { isScopeName } from '../../core/cache/scopes';
import { scopeNames } from '../../core/cache/model';
import { AgentError } from '../agentError';
import type { AgentErrorCode } from '../agentError';
import { isExpired, pathOf } from '../tools/shapes';

/** Answers in the names and shapes of the original API. */

const statuses: Readonly<Record<AgentErrorCode, 400 | 403 | 404 | 409 | 503 | 507>> = {
  'not-found': 404,
  expired: 404,
  invalid: 400,
  refused: 403,
  quota: 507,
  unavailable: 503,
  failed: 409,
};

export function statusOf(error: AgentError): (typeof statuses)[AgentErrorCode] {
  return statuses[error.code];
}

/** The scope of that name; the original's sentence when there is none. */
export function scopeOf(name: string): ScopeName {
  if (!isScopeName(name)) {
    const known = scopeNames.map((scope) => `'${scope}'`).join(', ');
    throw new AgentError('invalid', `Invalid scope '${name}'. Must be one of: [${known}]`);
  }
  return name;
}

/** One key as `GET /keys` lists it. */
export function listedKey(entry: CacheEntry) {
  return {
    key: entry.originalKey,
    sanitized_key: entry.key,
    scope: entry.scope,
    path: pathOf(entry),
    content_type: entry.contentType,
    size_bytes: entry.sizeBytes,
    created_at: entry.createdAt ?? null,
    updated_at: entry.updatedAt ?? null,
    expires_at: entry.expiresAt ?? null,
    ttl_hours: entry.ttlHours ?? null,
    is_expired: isExpired(entry),
    metadata: entry.metadata,
    tags: entry.tags,
  };
}

/** The index entry as `GET /value` returns it, with its derived path. */
export function entryMetadata(entry: CacheEntry): Readonly<Record<string, JsonValue>> {
  return {
    ...objectToDisplayJson(entry.record ?? new Map()),
    path: pathOf(entry),
    scope: entry.scope,
    key: entry.originalKey,
  };
}

/** What is wrong with a request, in the shape that clients of the original parse. */
export function validationDetail(place: 'query' | 'body', error: z.ZodError) {
  return error.issues.map((issue) => ({
    type: issue.code === 'invalid_type' && issue.input === undefined ? 'missing' : issue.code,
    loc: [place, ...issue.path.map(String)],
    msg: issue.message,
  }));
}
