import { ProtocolError, ProtocolErrorCode, ResourceTemplate } from '@modelcontextprotocol/server';
import type { McpServer, ReadResourceResult, Resource } from '@modelcontextprotocol/server';
import { describeError } from '../core/errors';
import type { CacheEntry } from '../core/cache/model';
import type { AgentCache, FoundValue } from './agentCache';
import { AgentError } from './agentError';
import { maxSliceTokens, sliceText } from './slices';
import { availableInstructions, findInstruction } from './tools/instructionTools';
import { isExpired, newestFirst, textOf } from './tools/shapes';

/** What a library file may be kept for: a person can edit it at any time. */
const libraryLifetimeMs = 60_000;
const summaryPrefix = 'summary_';
const mimeType = 'text/markdown';

interface LiveText {
  readonly text: string;
  readonly expiresMs: number | undefined;
}

/** Instructions and summaries as resources, each with the time for which a client may keep it. */
export function registerResources(server: McpServer, cache: AgentCache): void {
  server.registerResource(
    'instruction',
    new ResourceTemplate('context-cache://instructions/{tag}', { list: async () => listInstructions(cache) }),
    { title: 'Instruction', description: 'An instruction by its tag.', mimeType },
    async (uri, { tag }) =>
      read(cache, uri, async () => {
        const { content, expires_at } = await findInstruction(cache, decodeURIComponent(String(tag)));
        return { text: content, expiresMs: expires_at === null ? undefined : Date.parse(`${expires_at}Z`) };
      }),
  );
  server.registerResource(
    'conversation-summary',
    new ResourceTemplate('context-cache://summaries/{id}', { list: async () => listSummaries(cache) }),
    { title: 'Conversation summary', description: 'The cached summary of a message by its id.', mimeType },
    async (uri, { id }) =>
      read(cache, uri, async () => live(await cache.get('task', `${summaryPrefix}${decodeURIComponent(String(id))}`))),
  );
  server.registerResource(
    'project-summary',
    'context-cache://project/summary',
    { title: 'Project summary', description: 'The summary of the project.', mimeType },
    async (uri) => read(cache, uri, async () => live(await cache.get('project', 'summary'))),
  );
}

async function listInstructions(cache: AgentCache): Promise<{ resources: Resource[] }> {
  const instructions = await availableInstructions(cache);
  return {
    resources: instructions
      .filter(({ is_expired }) => !is_expired)
      .map(({ tag, description, size_bytes }) => ({
        uri: `context-cache://instructions/${encodeURIComponent(tag)}`,
        name: tag,
        description,
        mimeType,
        size: size_bytes,
      })),
  };
}

async function listSummaries(cache: AgentCache): Promise<{ resources: Resource[] }> {
  if (!cache.hasSandbox) {
    return { resources: [] };
  }
  const { scopes } = await cache.snapshot();
  const entries = scopes.find(({ scope }) => scope === 'task')?.entries ?? [];
  return {
    resources: entries
      .filter((entry) => entry.originalKey.startsWith(summaryPrefix) && !isExpired(entry) && isThere(entry))
      .toSorted(newestFirst)
      .map((entry) => {
        const id = entry.originalKey.slice(summaryPrefix.length);
        return {
          uri: `context-cache://summaries/${encodeURIComponent(id)}`,
          name: id,
          description: 'Summary of a message',
          mimeType,
          size: entry.sizeBytes,
        };
      }),
  };
}

function isThere({ states }: CacheEntry): boolean {
  return !states.includes('orphan') && !states.includes('missing');
}

function live(found: FoundValue): LiveText {
  return { text: textOf(found), expiresMs: found.entry.expiresMs ?? undefined };
}

/** A resource's text, bounded as every answer is, with its `ttlMs`. */
async function read(cache: AgentCache, uri: URL, get: () => Promise<LiveText>): Promise<ReadResourceResult> {
  try {
    const { text, expiresMs } = await get();
    const slice = await sliceText(text, { tokens: maxSliceTokens }, cache.counter);
    const rest =
      slice.nextOffset === undefined
        ? ''
        : `\n\n[${text.length - slice.nextOffset} more characters: fetch them with the tools.]`;
    const left = expiresMs === undefined ? libraryLifetimeMs : Math.max(0, Math.floor(expiresMs - cache.clock.now()));
    return {
      contents: [{ uri: uri.href, mimeType, text: slice.text + rest }],
      ttlMs: left,
      cacheScope: 'private',
    };
  } catch (error) {
    if (error instanceof AgentError) {
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, describeError(error), { uri: uri.href });
    }
    throw error;
  }
}
