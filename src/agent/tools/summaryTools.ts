import { z } from 'zod';
import type { PythonObject } from '../../core/cache/pythonJson';
import { fromJson } from '../../core/cache/pythonJsonPrint';
import type { AgentCache, FoundValue } from '../agentCache';
import { AgentError } from '../agentError';
import {
  metadataInput,
  metadataOf,
  metadataOutput,
  pathOf,
  slice,
  sliceInput,
  sliceOutput,
  textOf,
  timesOf,
  timesOutput,
} from './shapes';
import { defineTool, reads, writes } from './tool';

const staleOutput = {
  stale: z.boolean().describe('Whether what it sums up has changed since: then read the source itself.'),
};

export const putProjectSummary = defineTool({
  name: 'put_project_summary',
  title: 'Put project summary',
  description: 'Stores the summary of the project for later sessions, in place of the one that is there.',
  input: z.object({ summary: z.string().min(1).describe('The summary, as Markdown.'), metadata: metadataInput }),
  output: z.object({ message: z.string(), path: z.string() }),
  hints: writes,
  run: async (cache, { summary, metadata }) => {
    const { entry } = await cache.put({
      scope: 'project',
      originalKey: 'summary',
      bytes: Buffer.from(summary, 'utf8'),
      contentType: 'text/markdown',
      metadata: fromJson(metadata ?? {}) as PythonObject,
    });
    return { message: 'Project summary stored successfully', path: pathOf(entry) };
  },
});

export const getProjectSummary = defineTool({
  name: 'get_project_summary',
  title: 'Get project summary',
  description:
    'Returns the summary of the project that an earlier session stored. Read it before you explore the project.',
  input: z.object({ ...sliceInput }),
  output: z.object({
    summary: z.string(),
    path: z.string(),
    ...timesOutput,
    ...staleOutput,
    ...metadataOutput,
    ...sliceOutput,
  }),
  hints: reads,
  run: async (cache, request) => {
    const found = await getOr(cache, 'project', 'summary', 'No project summary found');
    return { ...(await summaryOf(cache, found, request)) };
  },
});

export const getSummary = defineTool({
  name: 'get_summary',
  title: 'Get conversation summary',
  description: 'Returns the cached summary of a conversation message by the message id.',
  input: z.object({ message_id: z.string().min(1).max(247).describe('The id of the message.'), ...sliceInput }),
  output: z.object({
    message_id: z.string(),
    summary: z.string(),
    path: z.string(),
    ...timesOutput,
    ...staleOutput,
    ...metadataOutput,
    ...sliceOutput,
  }),
  hints: reads,
  run: async (cache, { message_id, ...request }) => {
    const missing = `No summary of message '${message_id}' found`;
    const found = await getOr(cache, 'task', `summary_${message_id}`, missing);
    return { message_id, ...(await summaryOf(cache, found, request)) };
  },
});

async function getOr(cache: AgentCache, scope: 'project' | 'task', key: string, missing: string): Promise<FoundValue> {
  try {
    return await cache.get(scope, key);
  } catch (error) {
    throw error instanceof AgentError && (error.code === 'not-found' || error.code === 'expired')
      ? new AgentError(error.code, error.code === 'expired' ? `${missing}: it has expired` : missing)
      : error;
  }
}

async function summaryOf(cache: AgentCache, found: FoundValue, request: Parameters<typeof slice>[1]) {
  const part = await slice(textOf(found), request, cache.counter);
  const { entry } = found;
  return {
    summary: part.text,
    path: pathOf(entry),
    ...timesOf(entry),
    stale: entry.states.includes('stale'),
    ...metadataOf(entry),
    ...part.fields,
  };
}
