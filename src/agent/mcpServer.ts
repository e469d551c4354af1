import { acceptedContent, CLIENT_CAPABILITIES_META_KEY, inputRequired, McpServer } from '@modelcontextprotocol/server';
import type { CallToolResult, InputRequiredResult, ServerContext } from '@modelcontextprotocol/server';
import { z } from 'zod';
import { sha256Hex } from '../core/cache/fingerprint';
import { describeError } from '../core/errors';
import type { Logger } from '../core/ports';
import type { AgentCache } from './agentCache';
import { registerResources } from './mcpResources';
import { agentTools } from './tools/table';
import type { AgentTool } from './tools/tool';

export interface McpServerSettings {
  readonly version: string;
  readonly allowWrites: boolean;
  readonly log: Logger;
}

/** The tool list never changes while the server runs; a day is as long as any client keeps it. */
const listLifetimeMs = 24 * 60 * 60 * 1000;

const serverInstructions =
  'Instructions and stored outputs are fetched on demand. Call get_instruction with a tag before a task that the tag covers; store outputs that are long with put_artifact and fetch slices with get_artifact.';

/** What is looked at of a client's capabilities. */
const capabilities = z.looseObject({ elicitation: z.looseObject({}).optional() });

const confirmation = z.object({ confirm: z.boolean().describe('Remove them?') });

/** An MCP server over the table of tools; one per connection. */
export function createMcpServer(cache: AgentCache, settings: McpServerSettings): McpServer {
  const server = new McpServer(
    { name: 'context-cache', title: 'Context Cache', version: settings.version },
    {
      instructions: serverInstructions,
      capabilities: { tools: {}, resources: {} },
      cacheHints: { 'tools/list': { ttlMs: listLifetimeMs, cacheScope: 'public' } },
    },
  );
  for (const tool of agentTools) {
    registerTool(server, cache, tool, settings);
  }
  registerResources(server, cache);
  return server;
}

function registerTool(server: McpServer, cache: AgentCache, tool: AgentTool, settings: McpServerSettings): void {
  server.registerTool(
    tool.name,
    {
      title: tool.title,
      description: tool.description,
      inputSchema: tool.input,
      outputSchema: tool.output,
      annotations: { title: tool.title, openWorldHint: false, ...tool.hints },
    },
    async (input, context) => callTool(server, cache, tool, input, context, settings),
  );
}

/** Thrown through a tool to make the client ask its person; the call comes again with the answer. */
class ConfirmationNeeded extends Error {
  readonly question: string;

  constructor(question: string) {
    super('A person is asked.');
    this.question = question;
  }
}

async function callTool(
  server: McpServer,
  cache: AgentCache,
  tool: AgentTool,
  input: Record<string, unknown>,
  context: ServerContext,
  settings: McpServerSettings,
): Promise<CallToolResult | InputRequiredResult> {
  try {
    const result = await tool.run(cache, input, {
      allowWrites: settings.allowWrites,
      confirm: (question) => confirm(server, context, question),
    });
    return { content: [{ type: 'text', text: JSON.stringify(result, null, 2) }], structuredContent: result };
  } catch (error) {
    if (error instanceof ConfirmationNeeded) {
      const { question } = error;
      const request = inputRequired.elicit({ message: question, requestedSchema: confirmation });
      return inputRequired({ inputRequests: { [answerKey(question)]: request } });
    }
    settings.log.info(`${tool.name}: ${describeError(error)}`);
    return { isError: true, content: [{ type: 'text', text: describeError(error) }] };
  }
}

/** The answer that came with this call, or a request to ask. An answer counts for the very question that was asked. */
function confirm(server: McpServer, context: ServerContext, question: string): 'yes' | 'no' | 'unavailable' {
  const key = answerKey(question);
  const responses = context.mcpReq.inputResponses;
  if (responses !== undefined && key in responses) {
    return acceptedContent(responses, key, confirmation)?.confirm === true ? 'yes' : 'no';
  }
  if (!canAsk(server, context)) {
    return 'unavailable';
  }
  throw new ConfirmationNeeded(question);
}

/** Whether the client said that it can put a question to its person. */
function canAsk(server: McpServer, context: ServerContext): boolean {
  const envelope: Readonly<Record<string, unknown>> = context.mcpReq.envelope ?? {};
  const declared = capabilities.safeParse(envelope[CLIENT_CAPABILITIES_META_KEY]);
  if (declared.success) {
    return declared.data.elicitation !== undefined;
  }
  // eslint-disable-next-line @typescript-eslint/no-deprecated -- clients of older revisions declare it only when they connect
  return server.server.getClientCapabilities()?.elicitation !== undefined;
}

function answerKey(question: string): string {
  return `confirm_${sha256Hex(Buffer.from(question)).slice(0, 16)}`;
}
