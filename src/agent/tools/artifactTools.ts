import { z } from 'zod';
import { fingerprintOf } from '../../core/cache/fingerprint';
import type { CacheEntry, CacheSnapshot } from '../../core/cache/model';
import type { PythonObject } from '../../core/cache/pythonJson';
import { fromJson, printPython } from '../../core/cache/pythonJsonPrint';
import { rulesOf } from '../../core/cache/scopes';
import type { AgentCache, FoundValue } from '../agentCache';
import { AgentError } from '../agentError';
import { maxSliceTokens } from '../slices';
import {
  decode,
  isExpired,
  metadataInput,
  metadataOf,
  newestFirst,
  parsedObject,
  pathOf,
  shorten,
  slice,
  sliceInput,
  sliceOutput,
  timesOf,
  timesOutput,
} from './shapes';
import { defineTool, reads, writes } from './tool';

const msPerHour = 3_600_000;
const previewChars = 200;
const summaryChars = 400;
/** Base64 costs about one token per two bytes. */
const binaryBytesPerAnswer = maxSliceTokens * 2;

const referenceOutput = z.object({
  key: z.string(),
  scope: z.literal('artifacts'),
  content_type: z.string(),
  size_bytes: z.int(),
  size_chars: z.int(),
  size_tokens: z.int(),
  preview: z.string(),
  summary: z.string(),
  expires_at: z.string().nullable(),
  hint: z.string(),
});

export const putArtifact = defineTool({
  name: 'put_artifact',
  title: 'Put artifact',
  description:
    'Stores a large output (text, or a JSON object) outside the context and returns a short reference to it. Use for tool outputs that you may need again but not in full. Without a key, equal contents are stored once.',
  input: z.object({
    key: z
      .string()
      .min(1)
      .max(255)
      .optional()
      .describe('The name to fetch it by. Derived from the content when left out.'),
    value: z.union([z.string(), z.record(z.string(), z.json())]).describe('A text, or a JSON object.'),
    ttl_hours: z
      .number()
      .positive()
      .max(24 * 365)
      .optional()
      .describe('Hours until it expires. 48 when left out.'),
    metadata: metadataInput,
  }),
  output: z.object({
    message: z.string(),
    path: z.string(),
    key: z.string(),
    scope: z.literal('artifacts'),
    /** Another key that holds the same bytes. */
    duplicate_of: z.string().optional(),
    reference: referenceOutput,
  }),
  hints: writes,
  run: async (cache, { key, value, ttl_hours, metadata }) => {
    const text = typeof value === 'string' ? value : printPython(fromJson(value), { indent: 2 });
    const bytes = Buffer.from(text, 'utf8');
    const there =
      key === undefined && metadata === undefined ? await storedAlready(cache, bytes, ttl_hours) : undefined;
    if (there !== undefined) {
      return {
        message: `Artifact '${there.originalKey}' holds the same content already`,
        path: pathOf(there),
        key: there.originalKey,
        scope: 'artifacts' as const,
        reference: await referenceTo(cache, there, text),
      };
    }
    const originalKey = key ?? `artifact_${fingerprintOf(bytes)}`;
    const { entry, snapshot } = await cache.put({
      scope: 'artifacts',
      originalKey,
      bytes,
      contentType: typeof value === 'string' ? 'text/plain' : 'application/json',
      ...(ttl_hours === undefined ? {} : { ttlHours: ttl_hours }),
      metadata: fromJson(metadata ?? {}) as PythonObject,
    });
    const twin = identicalArtifact(snapshot, bytes, originalKey);
    return {
      message: `Artifact '${originalKey}' stored successfully`,
      path: pathOf(entry),
      key: originalKey,
      scope: 'artifacts' as const,
      ...(twin === undefined ? {} : { duplicate_of: twin.originalKey }),
      reference: await referenceTo(cache, entry, text),
    };
  },
});

export const getArtifact = defineTool({
  name: 'get_artifact',
  title: 'Get artifact',
  description:
    'Returns an artifact by its key. Fetch only the slice that you need: offset, limit and tokens; go on at next_offset. Bytes that are not text come as base64, and then offset and limit count bytes.',
  input: z.object({ key: z.string().min(1).max(255).describe('The key of the artifact.'), ...sliceInput }),
  output: z.object({
    key: z.string(),
    /** The object that was stored, when it is returned whole; otherwise text. */
    value: z.union([z.string(), z.record(z.string(), z.json())]),
    encoding: z.enum(['text', 'json', 'base64']),
    path: z.string(),
    ...timesOutput,
    size_bytes: z.int(),
    ...sliceOutput,
  }),
  hints: reads,
  run: async (cache, { key, ...request }) => {
    const found = await getOrSay(cache, key);
    const { entry } = found;
    const base = { key, path: pathOf(entry), ...timesOf(entry), size_bytes: entry.sizeBytes };
    const text = decode(found.bytes);
    if (text === undefined) {
      return { ...base, encoding: 'base64' as const, ...binarySlice(found, request) };
    }
    const part = await slice(text, request, cache.counter);
    const whole = part.fields.offset === 0 && part.fields.next_offset === undefined;
    const object = whole && entry.contentType === 'application/json' ? parsedObject(text) : undefined;
    return object === undefined
      ? { ...base, encoding: 'text' as const, value: part.text, ...part.fields }
      : { ...base, encoding: 'json' as const, value: object as Record<string, z.core.util.JSONType>, ...part.fields };
  },
});

export const listArtifacts = defineTool({
  name: 'list_artifacts',
  title: 'List artifacts',
  description: 'Lists stored artifacts, newest first: key, size, age and a preview. Use to find a key again.',
  input: z.object({
    contains: z.string().optional().describe('Only keys that contain this text.'),
    offset: z.int().min(0).optional().describe('Leave out this many of the newest.'),
    limit: z.int().min(1).max(200).optional().describe('The most artifacts to return. 50 when left out.'),
  }),
  output: z.object({
    total: z.int(),
    count: z.int(),
    artifacts: z.array(
      z.object({
        key: z.string(),
        content_type: z.string(),
        size_bytes: z.int(),
        ...timesOutput,
        is_expired: z.boolean(),
        preview: z.string().optional(),
        metadata_names: z.array(z.string()),
      }),
    ),
    next_offset: z.int().optional(),
  }),
  hints: reads,
  run: async (cache, { contains, offset = 0, limit = 50 }) => {
    const all = artifactsOf(await cache.snapshot()).filter(({ originalKey }) => originalKey.includes(contains ?? ''));
    const page = all.slice(offset, offset + limit);
    return {
      total: all.length,
      count: page.length,
      artifacts: page.map((entry) => ({
        key: entry.originalKey,
        content_type: entry.contentType,
        size_bytes: entry.sizeBytes,
        ...timesOf(entry),
        is_expired: isExpired(entry),
        ...(typeof entry.metadata['preview'] === 'string'
          ? { preview: entry.metadata['preview'].slice(0, previewChars) }
          : {}),
        metadata_names: Object.keys(metadataOf(entry).metadata),
      })),
      ...(offset + limit < all.length ? { next_offset: offset + limit } : {}),
    };
  },
});

async function getOrSay(cache: AgentCache, key: string): Promise<FoundValue> {
  try {
    return await cache.get('artifacts', key);
  } catch (error) {
    throw error instanceof AgentError && (error.code === 'not-found' || error.code === 'expired')
      ? new AgentError(error.code, `Artifact '${key}' not found or expired`)
      : error;
  }
}

function artifactsOf({ scopes }: CacheSnapshot): CacheEntry[] {
  return (scopes.find(({ scope }) => scope === 'artifacts')?.entries ?? [])
    .filter(({ states }) => !states.includes('orphan') && !states.includes('missing'))
    .toSorted(newestFirst);
}

function identicalArtifact(snapshot: CacheSnapshot, bytes: Uint8Array, key: string): CacheEntry | undefined {
  const fingerprint = fingerprintOf(bytes);
  return artifactsOf(snapshot).find(
    (entry) =>
      entry.fingerprint === fingerprint &&
      entry.sizeBytes === bytes.byteLength &&
      entry.originalKey !== key &&
      !isExpired(entry),
  );
}

/** An artifact with the same bytes that lives as long as a new one would: what its index says is not believed. */
async function storedAlready(
  cache: AgentCache,
  bytes: Uint8Array,
  ttlHours: number = rulesOf('artifacts').defaultTtlHours,
): Promise<CacheEntry | undefined> {
  const twin = identicalArtifact(await cache.snapshot(), bytes, '');
  const untilMs = cache.clock.now() + ttlHours * msPerHour;
  if (twin === undefined || (twin.expiresMs !== null && (twin.expiresMs === undefined || twin.expiresMs < untilMs))) {
    return undefined;
  }
  try {
    const found = await cache.get('artifacts', twin.originalKey);
    return Buffer.compare(found.bytes, bytes) === 0 ? found.entry : undefined;
  } catch (error) {
    if (error instanceof AgentError) {
      return undefined; // It went since it was looked for, or can't be read: then it is stored once more.
    }
    throw error;
  }
}

/** What stands in the context instead of the output. */
async function referenceTo(
  cache: AgentCache,
  entry: CacheEntry,
  text: string,
): Promise<z.input<typeof referenceOutput>> {
  const flat = text.replace(/\s+/g, ' ').trim();
  return {
    key: entry.originalKey,
    scope: 'artifacts',
    content_type: entry.contentType,
    size_bytes: entry.sizeBytes,
    size_chars: text.length,
    size_tokens: await cache.counter.count(text, 'cl100k_base'),
    preview: shorten(text, previewChars),
    summary: shorten(flat, summaryChars),
    expires_at: entry.expiresAt ?? null,
    hint: `Fetch it with get_artifact(key=${JSON.stringify(entry.originalKey)}); use offset, limit or tokens for a part.`,
  };
}

function binarySlice(
  { bytes }: FoundValue,
  request: { readonly offset?: number | undefined; readonly limit?: number | undefined },
) {
  const offset = Math.min(request.offset ?? 0, bytes.byteLength);
  const end = Math.min(
    bytes.byteLength,
    offset + Math.min(request.limit ?? binaryBytesPerAnswer, binaryBytesPerAnswer),
  );
  const value = Buffer.from(bytes.subarray(offset, end)).toString('base64');
  return {
    value,
    offset,
    total_chars: bytes.byteLength,
    // Base64 of arbitrary bytes: near enough to bound an answer, and said to be no count of text.
    tokens: Math.ceil(value.length / 1.5),
    ...(end < bytes.byteLength ? { next_offset: end } : {}),
  };
}
