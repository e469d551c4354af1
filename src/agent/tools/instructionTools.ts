import { z } from 'zod';
import { originalKeyOfTag, tagOfKey } from '../../core/cache/keys';
import type { CacheEntry } from '../../core/cache/model';
import { fromJson } from '../../core/cache/pythonJsonPrint';
import type { PythonObject } from '../../core/cache/pythonJson';
import type { AgentCache } from '../agentCache';
import { AgentError } from '../agentError';
import type { LibraryInstruction } from '../../core/cache/library';
import {
  isExpired,
  metadataInput,
  metadataOf,
  metadataOutput,
  newestFirst,
  pathOf,
  shorten,
  slice,
  sliceInput,
  sliceOutput,
  textOf,
  timesOf,
  timesOutput,
} from './shapes';
import { defineTool, reads, writes } from './tool';

const tagInput = z.string().min(1).max(243).describe('The tag of the instruction, such as "research".');
const origin = z.enum(['sandbox', 'library']);
/** A cache may hold any number of instructions, with descriptions of any length: an answer does not. */
const mostListed = 200;
const mostTagsNamed = 50;
const descriptionChars = 400;

export const listInstructions = defineTool({
  name: 'list_instructions',
  title: 'List instructions',
  description:
    'Lists the instructions that can be fetched with get_instruction: tag, description, size, and whether it has expired. Use when you do not know which instructions exist.',
  input: z.object({}),
  output: z.object({
    count: z.int(),
    /** How many more there are; absent when all are listed. */
    left_out: z.int().optional(),
    instructions: z.array(
      z.object({
        tag: z.string(),
        description: z.string(),
        path: z.string(),
        size_bytes: z.int(),
        ...timesOutput,
        is_expired: z.boolean(),
        origin,
      }),
    ),
  }),
  hints: reads,
  run: async (cache) => {
    const all = await availableInstructions(cache);
    const instructions = all.slice(0, mostListed).map((instruction) => ({
      ...instruction,
      description: shorten(instruction.description, descriptionChars),
    }));
    const leftOut = all.length - instructions.length;
    return { count: instructions.length, ...(leftOut === 0 ? {} : { left_out: leftOut }), instructions };
  },
});

export const getInstruction = defineTool({
  name: 'get_instruction',
  title: 'Get instruction',
  description:
    'Returns the instruction of a tag. Fetch it before you start a task that its description names. Long instructions come in slices: go on at next_offset.',
  input: z.object({ tag: tagInput, ...sliceInput }),
  output: z.object({
    tag: z.string(),
    content: z.string(),
    path: z.string(),
    ...timesOutput,
    size_bytes: z.int(),
    ...metadataOutput,
    origin,
    ...sliceOutput,
  }),
  hints: reads,
  run: async (cache, { tag, ...request }) => {
    const found = await findInstruction(cache, tag);
    const part = await slice(found.content, request, cache.counter);
    return { ...found, content: part.text, ...part.fields };
  },
});

export const putInstruction = defineTool({
  name: 'put_instruction',
  title: 'Put instruction',
  description: 'Stores an instruction under a tag in the sandbox, in place of one that is there.',
  input: z.object({
    tag: tagInput,
    content: z.string().describe('The instruction, as Markdown.'),
    metadata: metadataInput,
  }),
  output: z.object({
    message: z.string(),
    path: z.string(),
    key: z.string(),
    scope: z.literal('instructions'),
    size_bytes: z.int(),
  }),
  hints: writes,
  run: async (cache, { tag, content, metadata }) => {
    const { entry } = await cache.put({
      scope: 'instructions',
      originalKey: originalKeyOfTag(tag),
      bytes: Buffer.from(content, 'utf8'),
      contentType: 'text/markdown',
      metadata: fromJson(metadata ?? {}) as PythonObject,
    });
    return {
      message: `Instruction '${tag}' stored successfully`,
      path: pathOf(entry),
      key: originalKeyOfTag(tag),
      scope: 'instructions' as const,
      size_bytes: entry.sizeBytes,
    };
  },
});

interface FoundInstruction {
  readonly tag: string;
  readonly content: string;
  readonly path: string;
  readonly created_at: string | null;
  readonly expires_at: string | null;
  readonly size_bytes: number;
  readonly metadata: Record<string, z.core.util.JSONType>;
  readonly metadata_left_out?: string[];
  readonly origin: 'sandbox' | 'library';
}

/** The instruction of a tag from the place that comes first and has it, live. */
export async function findInstruction(cache: AgentCache, tag: string): Promise<FoundInstruction> {
  const lookUps: Record<typeof cache.precedence, () => Promise<FoundInstruction | undefined>> = {
    sandbox: async () => fromSandbox(cache, tag),
    library: async () => fromLibrary(cache, tag),
  };
  const second = cache.precedence === 'sandbox' ? 'library' : 'sandbox';
  let reason: AgentError | undefined;
  for (const place of [cache.precedence, second] as const) {
    try {
      const found = await lookUps[place]();
      if (found !== undefined) {
        return found;
      }
    } catch (error) {
      if (!(error instanceof AgentError)) {
        throw error;
      }
      // The other place may have it; what went wrong here is told when it has not.
      reason = error;
    }
  }
  if (reason !== undefined) {
    throw reason;
  }
  const tags = (await availableInstructions(cache)).map((instruction) => `'${instruction.tag}'`);
  const more = tags.length > mostTagsNamed ? `, and ${tags.length - mostTagsNamed} more` : '';
  const named = tags.slice(0, mostTagsNamed).join(', ');
  throw new AgentError('not-found', `Instruction '${tag}' not found. Available instructions: [${named}${more}]`);
}

async function fromSandbox(cache: AgentCache, tag: string): Promise<FoundInstruction | undefined> {
  if (!cache.hasSandbox) {
    return undefined;
  }
  try {
    const found = await cache.get('instructions', originalKeyOfTag(tag));
    const { entry } = found;
    return {
      tag,
      content: textOf(found),
      path: pathOf(entry),
      ...timesOf(entry),
      size_bytes: entry.sizeBytes,
      ...metadataOf(entry),
      origin: 'sandbox',
    };
  } catch (error) {
    if (error instanceof AgentError && error.code === 'not-found') {
      return undefined;
    }
    throw error instanceof AgentError && error.code === 'expired'
      ? new AgentError('expired', `Instruction '${tag}' has expired.`, 'Ask a person to seed the instructions again.')
      : error;
  }
}

async function fromLibrary(cache: AgentCache, tag: string): Promise<FoundInstruction | undefined> {
  const instruction = await cache.libraryInstruction(tag);
  return instruction === undefined
    ? undefined
    : {
        tag,
        content: Buffer.from(instruction.bytes).toString('utf8'),
        path: libraryPath(instruction),
        created_at: null,
        expires_at: null,
        size_bytes: instruction.bytes.byteLength,
        metadata: { description: instruction.description, filename: instruction.filename },
        origin: 'library',
      };
}

/** A library file as agents see it: they can't open it, so its name is enough. */
function libraryPath(instruction: LibraryInstruction): string {
  return `library:${instruction.filename}`;
}

/** Every tag once, from the place that comes first; the sandbox's newest first, then the library's. */
export async function availableInstructions(cache: AgentCache) {
  const cached = cache.hasSandbox ? await cachedInstructions(cache) : [];
  const library = (await cache.library()).instructions.map((instruction) => ({
    tag: instruction.tag,
    description: instruction.description,
    path: libraryPath(instruction),
    size_bytes: instruction.bytes.byteLength,
    created_at: null,
    expires_at: null,
    is_expired: false,
    origin: 'library' as const,
  }));
  const [first, second] = cache.precedence === 'sandbox' ? [cached, library] : [library, cached];
  const live = new Set(first.filter(({ is_expired }) => !is_expired).map(({ tag }) => tag));
  const others = second.filter(({ tag }) => !live.has(tag));
  const replaced = new Set(others.filter(({ is_expired }) => !is_expired).map(({ tag }) => tag));
  return [...first.filter(({ tag, is_expired }) => !is_expired || !replaced.has(tag)), ...others];
}

async function cachedInstructions(cache: AgentCache) {
  const { scopes } = await cache.snapshot();
  const entries = scopes.find(({ scope }) => scope === 'instructions')?.entries ?? [];
  return entries
    .filter((entry) => tagOf(entry) !== undefined && !entry.states.includes('orphan') && entry.fileBytes !== undefined)
    .toSorted(newestFirst)
    .map((entry) => ({
      tag: tagOf(entry)!,
      description: typeof entry.metadata['description'] === 'string' ? entry.metadata['description'] : '',
      path: pathOf(entry),
      size_bytes: entry.sizeBytes,
      ...timesOf(entry),
      is_expired: isExpired(entry),
      origin: 'sandbox' as const,
    }));
}

function tagOf(entry: CacheEntry): string | undefined {
  return tagOfKey(entry.originalKey);
}
