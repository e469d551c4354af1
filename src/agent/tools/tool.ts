import { z } from 'zod';
import type { AgentCache } from '../agentCache';

/** What a tool may ask of the client that called it. */
export interface ToolContext {
  /**
   * The person's answer. Throws to have the question asked first: the call then comes again with the answer, so ask
   * before anything is changed. `unavailable` where the client can't ask: a tool that needs consent then refuses.
   */
  confirm(question: string): 'yes' | 'no' | 'unavailable';
  /** True when the server was started with leave to delete without asking. */
  readonly allowWrites: boolean;
}

/** Hints for clients, in the protocol's words. */
export interface ToolHints {
  readonly readOnlyHint: boolean;
  readonly destructiveHint: boolean;
  readonly idempotentHint: boolean;
}

/**
 * One tool, defined once for every door: the MCP server, the editor's language-model tools, the docs. Names,
 * descriptions and schemas are constant to the byte, because they stand in the cached prefix of every request.
 */
export interface AgentTool<Input extends z.ZodObject = z.ZodObject, Output extends z.ZodObject = z.ZodObject> {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly input: Input;
  readonly output: Output;
  readonly hints: ToolHints;
  /** Throws `AgentError`. */
  run(cache: AgentCache, input: z.output<Input>, context: ToolContext): Promise<z.input<Output>>;
}

/** What every answer says first, as the original's do. */
const success = z.object({ success: z.literal(true) });

/** Checks the types of one tool's input and output against its schemas; every answer says `success: true`. */
export function defineTool<Input extends z.ZodObject, Output extends z.ZodObject>(
  tool: AgentTool<Input, Output>,
): AgentTool {
  return {
    ...tool,
    output: success.extend(tool.output.shape),
    run: async (cache, input, context) => ({
      success: true,
      ...(await tool.run(cache, input as z.output<Input>, context)),
    }),
  };
}

export const reads: ToolHints = { readOnlyHint: true, destructiveHint: false, idempotentHint: true };
export const writes: ToolHints = { readOnlyHint: false, destructiveHint: false, idempotentHint: true };
export const deletes: ToolHints = { readOnlyHint: false, destructiveHint: true, idempotentHint: true };
