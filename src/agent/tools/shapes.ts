import { z } from 'zod';
import type { CacheEntry, JsonValue } from '../../core/cache/model';
import { scopeNames } from '../../core/cache/model';
import { derivedPath } from '../../core/cache/scopes';
import type { TokenCounter } from '../../core/tokens/counter';
import type { FoundValue } from '../agentCache';
import { AgentError } from '../agentError';
import { defaultSliceTokens, maxSliceTokens, sliceText } from '../slices';
import type { SliceRequest } from '../slices';

/** Input and output pieces that several tools share. */

export const scopeInput = z.enum(scopeNames).optional().describe('Only this scope. All scopes when left out.');

export const sliceInput = {
  offset: z
    .int()
    .min(0)
    .optional()
    .describe('Start at this character. Use next_offset of the previous answer to go on.'),
  limit: z.int().min(1).optional().describe('The most characters to return.'),
  tokens: z
    .int()
    .min(1)
    .max(maxSliceTokens)
    .optional()
    .describe(`The most tokens to return. ${defaultSliceTokens} when left out.`),
};

export const sliceOutput = {
  offset: z.int(),
  total_chars: z.int(),
  tokens: z.int(),
  /** Absent at the end. */
  next_offset: z.int().optional(),
};

export const metadataInput = z.record(z.string(), z.json()).optional().describe('Free data to keep with the entry.');
export const metadataOutput = {
  metadata: z.record(z.string(), z.json()),
  /** Names of what is too long to be returned; absent when nothing is. */
  metadata_left_out: z.array(z.string()).optional(),
};

/** Metadata is the writer's, and may be as long as an index can be: no answer has more of it than this. */
const mostMetadataChars = 4000;

/** An entry's metadata, as much of it as fits, and the names of the rest. */
export function metadataOf({ metadata }: Pick<CacheEntry, 'metadata'>): {
  metadata: Record<string, z.core.util.JSONType>;
  metadata_left_out?: string[];
} {
  const kept: [string, z.core.util.JSONType][] = [];
  const leftOut: string[] = [];
  let room = mostMetadataChars;
  for (const [name, value] of Object.entries(metadata)) {
    const chars = name.length + JSON.stringify(value).length;
    if (chars <= room) {
      room -= chars;
      kept.push([name, value as z.core.util.JSONType]);
    } else if (leftOut.length < mostNamesLeftOut) {
      leftOut.push(name.slice(0, 100));
    }
  }
  return { metadata: Object.fromEntries(kept), ...(leftOut.length === 0 ? {} : { metadata_left_out: leftOut }) };
}

const mostNamesLeftOut = 20;

export const timesOutput = {
  created_at: z.string().nullable(),
  expires_at: z.string().nullable(),
};

export function timesOf(entry: CacheEntry): { created_at: string | null; expires_at: string | null } {
  return { created_at: entry.createdAt ?? null, expires_at: entry.expiresAt ?? null };
}

/** The path that agents see inside the sandbox. */
export function pathOf(entry: CacheEntry): string {
  return derivedPath(entry.scope, entry.key);
}

export function isExpired(entry: CacheEntry): boolean {
  return entry.states.includes('expired');
}

/** Text of a value; `invalid` when it is none. */
export function textOf({ entry, bytes }: FoundValue): string {
  const text = decode(bytes);
  if (text === undefined) {
    throw new AgentError('invalid', `'${entry.originalKey}' is not text.`, 'Fetch it as an artifact.');
  }
  return text;
}

/** undefined when the bytes are not UTF-8. A byte order mark is part of the text. */
export function decode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

export interface SlicedOutput {
  offset: number;
  total_chars: number;
  tokens: number;
  next_offset?: number;
}

/** A slice of a text with the fields of `sliceOutput`. */
export async function slice(
  text: string,
  request: SliceRequest,
  counter: TokenCounter,
): Promise<{ readonly text: string; readonly fields: SlicedOutput }> {
  const part = await sliceText(text, request, counter);
  return {
    text: part.text,
    fields: {
      offset: part.offset,
      total_chars: part.totalChars,
      tokens: part.tokens,
      ...(part.nextOffset === undefined ? {} : { next_offset: part.nextOffset }),
    },
  };
}

/** Parsed JSON of an object's text, for values that were stored as objects; undefined otherwise. */
export function parsedObject(text: string): Record<string, JsonValue> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, JsonValue>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** The beginning of a text, with an ellipsis where it goes on. */
export function shorten(text: string, chars: number): string {
  const points = Array.from(text.slice(0, chars * 2));
  return text.length <= chars ? text : `${points.slice(0, chars - 1).join('')}…`;
}

/** Newest first, as the original lists. */
export function newestFirst(a: CacheEntry, b: CacheEntry): number {
  const [left, right] = [a.createdAt ?? '', b.createdAt ?? ''];
  return left < right ? 1 : left > right ? -1 : 0;
}
