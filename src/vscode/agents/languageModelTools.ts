import { CancellationError, LanguageModelTextPart, LanguageModelToolResult, lm } from 'vscode';
import type { CancellationToken, LanguageModelTool, LanguageModelToolInvocationOptions } from 'vscode';
import { defaultSliceTokens } from '../../agent/slices';
import type { AgentTool, ToolContext } from '../../agent/tools/tool';
import { languageModelTools } from '../../contributions';
import type { LanguageModelToolName } from '../../contributions';
import { describeError, UserError } from '../../core/errors';
import type { Services } from '../services';
import { workspaceCache } from './workspaceCache';
import type { WorkspaceCacheParts } from './workspaceCache';

type ToolInput = Readonly<Record<string, unknown>>;

/** None of the editor's tools deletes, so none asks through the table; the editor asks before those that write. */
const context: ToolContext = { confirm: () => 'unavailable', allowWrites: false };

/** Hands the tools of the table to the editor's own agents. */
export function registerLanguageModelTools(services: Services, parts: WorkspaceCacheParts): void {
  const { registerTool } = lm as Partial<typeof lm>;
  if (registerTool === undefined) {
    services.log.info('This editor takes no tools from extensions.');
    return;
  }
  for (const name of languageModelTools) {
    services.own(registerTool(name, createTool(services, parts, name)));
  }
}

function createTool(
  services: Services,
  parts: WorkspaceCacheParts,
  name: LanguageModelToolName,
): LanguageModelTool<ToolInput> {
  return {
    prepareInvocation: async ({ input }) => {
      const tool = await loadTool(name);
      return {
        invocationMessage: `${tool.title}${nameIn(input)}`,
        ...(tool.hints.readOnlyHint
          ? {}
          : {
              confirmationMessages: {
                title: tool.title,
                message: `Store ${sizeOf(input)}${nameIn(input)} in the workspace's cache?`,
              },
            }),
      };
    },
    invoke: async (options, token) => {
      try {
        const tool = await loadTool(name);
        if (!tool.hints.readOnlyHint) {
          services.trust.require(tool.title);
        }
        const input = tool.input.safeParse(withBudget(options, 'tokens' in tool.input.shape));
        if (!input.success) {
          const [issue] = input.error.issues;
          throw new UserError(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'wrong'}.`, 'Correct the input.');
        }
        const result = await tool.run(await workspaceCache(services, parts), input.data, context);
        throwIfCancelled(token);
        return new LanguageModelToolResult([new LanguageModelTextPart(JSON.stringify(result, null, 2))]);
      } catch (error) {
        if (error instanceof CancellationError) {
          throw error;
        }
        services.log.info(`${name}: ${describeError(error)}`);
        // The message is what the model reads.
        throw new Error(describeError(error), { cause: error });
      }
    },
  };
}

/** The table comes with its schemas, which would make every start of the editor slower: it is loaded when it is used. */
async function loadTool(name: LanguageModelToolName): Promise<AgentTool> {
  const { editorTool } = await import('./editorTools');
  return editorTool(name);
}

/** A text is cut to the tokens that the request has room for. */
function withBudget(
  { input, tokenizationOptions }: LanguageModelToolInvocationOptions<ToolInput>,
  cuts: boolean,
): ToolInput {
  if (tokenizationOptions === undefined || !cuts) {
    return input;
  }
  const asked = typeof input['tokens'] === 'number' ? input['tokens'] : defaultSliceTokens;
  // The answer's other fields need some room, too.
  const room = Math.floor(tokenizationOptions.tokenBudget * 0.9);
  return { ...input, tokens: Math.max(1, Math.min(asked, room)) };
}

function throwIfCancelled(token: CancellationToken): void {
  if (token.isCancellationRequested) {
    throw new CancellationError();
  }
}

/** The tag, key or id that a call is about, in short. */
function nameIn(input: ToolInput): string {
  const name = input['tag'] ?? input['key'] ?? input['message_id'];
  return typeof name === 'string' ? ` '${name.replace(/[^\w.:-]/g, ' ').slice(0, 80)}'` : '';
}

function sizeOf({ value }: ToolInput): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value ?? '');
  return `${text.length} characters`;
}
